"""A passage through one proxy as steps with sentences."""

from collections.abc import Iterator

from why503.facts import Source
from why503.mesh.traced.call import Call
from why503.mesh.traced.config import Made, Route
from why503.mesh.traced.destination_rule import spelled
from why503.mesh.traced.envoy import Passage, Stop
from why503.mesh.traced.outcome import wire
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.step import Applied, Outcome, Step, StepKind
from why503.support.text import _

_NOT_UNDERSTOOD = frozenset({Stop.TLS_ERROR, Stop.MTLS_ERROR, Stop.PROTOCOL_ERROR})


def steps_of(passage: Passage, call: Call, proxy: Proxy) -> Iterator[Step]:
    """Listener, filter chain, virtual host and route, as far as it came."""
    if passage.listener is not None:
        text = _("takes connections for {address}:{port}")
        yield _step(
            proxy,
            call,
            (StepKind.LISTENER, passage.listener.name),
            passage.listener.made,
            text.format(address=call.address, port=call.port),
        )
    if passage.chain is not None:
        chain = passage.chain
        text = _("takes {wire}") if chain.tls is None else _("takes {wire} and ends it")
        if passage.stop in _NOT_UNDERSTOOD:
            text = _("is chosen, and cannot take {wire}")
        name = chain.name or (f"HTTP {chain.routes}" if chain.http else "TCP")
        yield _step(
            proxy, call, (StepKind.FILTER_CHAIN, name), chain.made, text.format(wire=wire(call))
        )
    if passage.host is not None:
        text = _("is for the host {host}").format(host=call.host or "-")
        name = f"{passage.config_name or passage.host.name}"
        if passage.config_name:
            name = f"{passage.config_name} / {passage.host.name}"
        yield _step(proxy, call, (StepKind.VIRTUAL_HOST, name), passage.host.made, text)
    if passage.route is not None:
        yield _route(passage, passage.route, call, proxy)


def _step(
    proxy: Proxy,
    call: Call,
    what: tuple[StepKind, str],
    made: Made,
    text: str,
    applied: tuple[Applied, ...] = (),
) -> Step:
    return Step(
        proxy=proxy.name,
        way=call.way.value,
        kind=what[0],
        name=what[1],
        made=made,
        text=text,
        applied=applied,
    )


def _route(passage: Passage, route: Route, call: Call, proxy: Proxy) -> Step:
    names = ", ".join(
        name if len(route.clusters) == 1 else f"{name} ({weight})"
        for name, weight in route.clusters
    )
    if route.redirect is not None:
        text = _("redirects with status {status}").format(status=route.redirect)
    elif route.answer is not None:
        text = _("is answered by the proxy with status {status}").format(status=route.answer)
    else:
        text = _("sends {method} {path} to {clusters}").format(
            method=call.method, path=call.path, clusters=names or "-"
        )
    if passage.doubts:
        text += " " + _("(unless an earlier route takes it, which cannot be told)")
    what = (StepKind.ROUTE, route.name)
    return _step(proxy, call, what, route.made, text, tuple(_applied(route)))


def _applied(route: Route) -> Iterator[Applied]:
    answers = route.redirect is not None or route.answer is not None
    if route.timeout is not None and not answers:
        seconds = route.timeout.value
        says = _("timeout: {seconds} s").format(seconds=f"{seconds:g}")
        if not seconds:
            says = _("timeout: none")
        yield Applied(object=route.timeout.by, says=says, source=route.timeout.source)
    if route.retries is not None and not answers:
        says = f"retries: {spelled(route.retries.value)}"
        yield Applied(object=route.retries.by, says=says, source=route.retries.source)
    if route.fault is not None:
        says = f"fault: {spelled(route.fault.value)}"
        yield Applied(object=route.fault.by, says=says, source=route.fault.source)
    for mirror in route.mirrors:
        says = _("a copy of {share} % of the requests goes to {cluster}").format(
            share=f"{mirror.share:g}", cluster=mirror.cluster
        )
        yield Applied(object=route.made.by, says=says, source=mirror.source)


def source_of(passage: Passage) -> Source | None:
    """The line that decided last."""
    for made in (
        passage.route.made if passage.route is not None else None,
        passage.host.made if passage.host is not None else None,
        passage.chain.made if passage.chain is not None else None,
        passage.listener.made if passage.listener is not None else None,
    ):
        if made is not None and made.source is not None:
            return made.source
    return None


def place_of(passage: Passage, number: int) -> Source | None:
    """The line that names the destination of this number, else the one that decided last."""
    places = passage.route.places if passage.route is not None else ()
    found = places[number] if number < len(places) else None
    return found or source_of(passage)


def refusal_of(passage: Passage, number: int) -> str:
    """A sentence why the destination of this number is no valid one; ``""`` where it is."""
    taken = passage.route or passage.chain
    told = taken.refusals if taken is not None else ()
    return told[number] if number < len(told) else ""


def fault(status: int | None, source: Source | None) -> Outcome:
    """A fault that is made on purpose ends it."""
    return Outcome(
        id="fault-abort",
        text=_("The route aborts requests on purpose (`fault.abort`)."),
        status=status or 500,
        flag="FI",
        details="fault_filter_abort",
        source=source,
    )
