"""Follows one request: from the proxy where it starts to the application that answers."""

from collections.abc import Callable
from dataclasses import replace

from why503.mesh.traced import outcome
from why503.mesh.traced.asked import Asked
from why503.mesh.traced.beyond import ambient_told, is_ambient
from why503.mesh.traced.call import Call, Tls, Way
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.envoy import Passage, pass_through
from why503.mesh.traced.fault import WHOLE
from why503.mesh.traced.front_port import FrontPort, front_port
from why503.mesh.traced.grpc_answer import as_grpc, is_grpc
from why503.mesh.traced.proxy import Proxy, elsewhere_told, proxy_named
from why503.mesh.traced.push import Push
from why503.mesh.traced.resolve import Resolved, resolve, spellings
from why503.mesh.traced.serving import Compared
from why503.mesh.traced.step import Branch, Outcome, Traced
from why503.mesh.traced.unanswered import elsewhere, no_name, no_port
from why503.mesh.traced.upstream import upstream_of
from why503.mesh.traced.view import OfYaml, View
from why503.mesh.traced.walk import Walk
from why503.support.text import _


def start(push: Push, asked: Asked) -> Proxy:
    """The proxy where a request starts; one without a proxy for a client outside the mesh."""
    if asked.source:
        return proxy_named(push, asked.source)
    return Proxy(mesh=push.mesh, name=_("the client"), namespace=push.namespace)


def first_call(push: Push, proxy: Proxy, asked: Asked, view: View) -> tuple[Call, Resolved]:
    """The request as the first proxy meets it."""
    resolved = resolve(push, proxy, asked.host)
    if resolved.unknown and isinstance(view, Dump):
        names = tuple(spellings(asked.host.lower(), proxy.namespace))
        address = view.address_of(names, asked.port) or resolved.address
        resolved = Resolved(address, resolved.service)
    unlisted = resolved.unknown and resolved.service is not None
    if asked.address and not (unlisted and isinstance(view, OfYaml)):
        resolved = Resolved(asked.address, resolved.service)
    port = front_port(push, proxy, view, asked.port).number if proxy.gateway else asked.port
    return (
        Call(
            way=Way.GATEWAY if proxy.gateway else Way.OUTBOUND,
            address=resolved.address,
            port=port,
            speech=asked.speech,
            tls=asked.tls,
            host=asked.headers.get("host", asked.host),
            path=asked.path,
            method=asked.method,
            headers=asked.headers,
            query=asked.query,
            sni=asked.sni or (asked.host if asked.tls is not Tls.NONE else ""),
        ),
        resolved,
    )


def trace(
    push: Push, proxy: Proxy, asked: Asked, view: View, compared: list[Compared] | None = None
) -> Traced:
    """What would happen; ``view``: the configuration of the first proxy.

    ``compared``: takes the passages at servers whose dumps are given.
    """
    call, resolved = first_call(push, proxy, asked, view)
    assumed = [resolved.assumed] if resolved.assumed and not asked.address else []
    assumed += elsewhere_told(push, proxy, asked.source)
    if is_ambient(push, proxy):
        assumed.append(ambient_told(proxy))
    unnamed = resolved.unknown and resolved.service is None and not asked.address
    if unnamed and not proxy.gateway and isinstance(view, OfYaml):
        lost = no_name(push, asked.host, proxy.namespace)
        if lost is not None:
            return Traced(steps=(), branches=(Branch(share=WHOLE, steps=(), outcome=lost),))
    if proxy.has_proxy is False or not asked.source:
        return _without_proxy(push, proxy, call, resolved, assumed)
    unseen = proxy.gateway and proxy.workload is None and not proxy.teller
    assumed += _unseen_told(proxy, gateway=unseen)
    front = FrontPort(call.port)
    if proxy.gateway:
        front = front_port(push, proxy, view, asked.port)
        assumed += [front.assumed] if front.assumed else []
    walk = Walk(push, proxy, view, call)
    found = walk.traced(assumed)
    if compared is not None:
        compared += walk.compared
    if is_grpc(call):
        found = _each(found, as_grpc)
    return found if front.sure and (proxy.labels or not unseen) else _each(found, _unsure)


def _unseen_told(proxy: Proxy, *, gateway: bool) -> list[str]:
    """What is taken for granted of a proxy whose workload, or whose injection, is not given."""
    if gateway:
        labels = ", ".join(f"{key}={value}" for key, value in proxy.labels.items())
        text = _("The pods of {name} are taken to have the labels {labels}.")
        return [text.format(name=proxy.name, labels=labels or "-")]
    if proxy.has_proxy is not None:
        return []
    if proxy.workload is None:
        text = _("{name} is not in what was given: it is taken to have a sidecar, no labels.")
    else:
        text = _("{name} is taken to have a sidecar; nothing given says so.")
    return [text.format(name=proxy.name)]


def _unsure(found: Outcome) -> Outcome:
    return replace(found, sure=False)


def _each(found: Traced, change: Callable[[Outcome], Outcome]) -> Traced:
    branches = (replace(one, outcome=change(one.outcome)) for one in found.branches)
    return replace(found, branches=tuple(branches))


def passage_of(push: Push, proxy: Proxy, asked: Asked, view: View) -> Passage:
    """How far it comes at the first proxy."""
    call, _resolved = first_call(push, proxy, asked, view)
    return pass_through(view.config(call.port), call)


def _without_proxy(
    push: Push, proxy: Proxy, call: Call, resolved: Resolved, assumed: list[str]
) -> Traced:
    """A client without a proxy reaches the server's port straight away."""
    service = resolved.service
    port = service.port(call.port) if service is not None else None
    if service is None or port is None:
        lost = no_port(push, call, http=False)
        ended = elsewhere(push, call) if lost is None else replace(lost, flag="")
        return Traced(steps=(), branches=(Branch(share=WHOLE, steps=(), outcome=ended),))
    name = f"outbound|{call.port}||{service.host}"
    up = upstream_of(push, proxy, name)
    up = replace(up, applied=(), tls=None, name=f"{service.host}:{call.port}")
    walk = Walk(push, proxy, OfYaml(push, proxy), call)
    branches = tuple(walk.behind(up, WHOLE))
    found = Traced(steps=(), branches=branches, assumed=(*assumed, *walk.assumed))
    return _each(found, as_grpc) if is_grpc(call) else found


def overall(branches: tuple[Branch, ...]) -> Outcome:
    """The outcome of the whole: the common one, or that it depends."""
    ends = {(one.outcome.id, one.outcome.status, one.outcome.details) for one in branches}
    if len(ends) == 1:
        sure = all(one.outcome.sure for one in branches)
        return replace(branches[0].outcome, sure=sure)
    failing = sum(one.share for one in branches if not one.outcome.passes)
    text = _("{share} % of the requests fail, the others arrive.").format(share=f"{failing:g}")
    if all(one.outcome.passes for one in branches):
        return outcome.passing(_("It arrives, on different ways."))
    if not any(one.outcome.passes for one in branches):
        text = _("Every request fails, on different ways.")
    worst = next(one.outcome for one in branches if not one.outcome.passes)
    sure = all(one.outcome.sure for one in branches)
    return Outcome(id="depends", text=text, sure=sure, source=worst.source)
