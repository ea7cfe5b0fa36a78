"""Follows one request: from the proxy where it starts to the application that answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from why503.facts import Source
from why503.mesh.address import BLACK_HOLE, PASSTHROUGH
from why503.mesh.traced import outcome, telling
from why503.mesh.traced.asked import Asked
from why503.mesh.traced.backend import Backend
from why503.mesh.traced.beyond import ambient_told, is_ambient
from why503.mesh.traced.call import Call, Tls, Way
from why503.mesh.traced.config import Made, ProxyConfig
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.envoy import Passage, pass_through
from why503.mesh.traced.fault import WHOLE, abort_of, delay_told
from why503.mesh.traced.gateway_listener import gateway_config
from why503.mesh.traced.gateway_secret import secrets_assumed
from why503.mesh.traced.outbound import outbound_config
from why503.mesh.traced.outbound_route import BLOCK_ALL
from why503.mesh.traced.proxy import Proxy, proxy_named, targets_of
from why503.mesh.traced.push import Push
from why503.mesh.traced.refused_host import refused_told
from why503.mesh.traced.resolve import Resolved, resolve, spellings
from why503.mesh.traced.serving import Sent, at_gateway, denied, served, with_policies
from why503.mesh.traced.step import Branch, Outcome, Step, StepKind, Traced
from why503.mesh.traced.unanswered import elsewhere, no_name, no_port
from why503.mesh.traced.upstream import SPECIAL, Upstream, upstream_of
from why503.support.text import _, ngettext


class View(Protocol):
    """Where a proxy's configuration is taken from."""

    def config(self, port: int) -> ProxyConfig:
        """Its listeners and routes, as far as ``port`` needs them."""

    def upstream(self, name: str) -> Upstream:
        """One of its clusters."""


class OfYaml:
    """The configuration that istiod would make of YAML."""

    def __init__(self, push: Push, proxy: Proxy) -> None:
        """``proxy``: whose."""
        self.push = push
        self.proxy = proxy

    def config(self, port: int) -> ProxyConfig:
        """Listeners and routes of a gateway, or of a sidecar towards ``port``."""
        if self.proxy.gateway:
            return gateway_config(self.push, self.proxy)
        return outbound_config(self.push, self.proxy, port)

    def upstream(self, name: str) -> Upstream:
        """The cluster of this name."""
        return upstream_of(self.push, self.proxy, name)


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
    port = asked.port
    if proxy.gateway:
        inside = [one.number for one in targets_of(push, proxy) if one.port.number == port]
        port = next(iter(inside), port)
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


def trace(push: Push, proxy: Proxy, asked: Asked, view: View) -> Traced:
    """What would happen; ``view``: the configuration of the first proxy."""
    call, resolved = first_call(push, proxy, asked, view)
    assumed = [resolved.assumed] if resolved.assumed and not asked.address else []
    unnamed = resolved.unknown and resolved.service is None and not asked.address
    if unnamed and not proxy.gateway and isinstance(view, OfYaml):
        lost = no_name(push, asked.host, proxy.namespace)
        if lost is not None:
            return Traced(steps=(), branches=(Branch(share=WHOLE, steps=(), outcome=lost),))
    if proxy.has_proxy is False or not asked.source:
        return _without_proxy(push, proxy, call, resolved, assumed)
    if proxy.has_proxy is None:
        text = _("{name} is taken to have a sidecar; nothing given says so.")
        assumed.append(text.format(name=proxy.name))
    unseen = proxy.gateway and proxy.workload is None and not proxy.teller
    if unseen:
        labels = ", ".join(f"{key}={value}" for key, value in proxy.labels.items())
        text = _("The pods of {name} are taken to have the labels {labels}.")
        assumed.append(text.format(name=proxy.name, labels=labels or "-"))
    if is_ambient(push, proxy):
        assumed.append(ambient_told(proxy))
    found = _Walk(push, proxy, view, call).traced(assumed)
    return found if proxy.labels or not unseen else _unsure(found)


def _unsure(found: Traced) -> Traced:
    branches = (replace(one, outcome=replace(one.outcome, sure=False)) for one in found.branches)
    return replace(found, branches=tuple(branches))


def view_of(push: Push, proxy: Proxy) -> View:
    """What the proxy has loaded, where its dump is given; else what YAML makes of it."""
    dump = Dump(push, proxy.teller)
    return dump if proxy.teller and dump.shown else OfYaml(push, proxy)


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
    walk = _Walk(push, proxy, OfYaml(push, proxy), call)
    branches = tuple(walk.behind(up, WHOLE))
    return Traced(steps=(), branches=branches, assumed=(*assumed, *walk.assumed))


class _Walk:
    """On the way from one proxy."""

    def __init__(self, push: Push, proxy: Proxy, view: View, call: Call) -> None:
        self.push = push
        self.proxy = proxy
        self.view = view
        self.call = call
        self.http = call.is_http and call.tls is Tls.NONE
        self.assumed: list[str] = []

    def traced(self, assumed: list[str]) -> Traced:
        """The whole way."""
        passage = pass_through(self.view.config(self.call.port), self.call)
        self.http = passage.chain is not None and passage.chain.http
        steps = tuple(telling.steps_of(passage, self.call, self.proxy))
        judged = at_gateway(self.push, self.proxy, self.call) if self.http else None
        if judged is not None:
            steps = with_policies(steps, judged)
        if judged is not None and judged.allowed is False:
            ended = denied(judged, http=True)
            branches: tuple[Branch, ...] = (Branch(share=WHOLE, steps=(), outcome=ended),)
        elif passage.stop is not None:
            ended = outcome.stopped(
                passage, self.call, http=self.http, source=telling.source_of(passage)
            )
            if passage.host is not None and passage.host.name == BLOCK_ALL:
                ended = replace(ended, text=refused_told(self.push, self.proxy, self.call))
            branches = (Branch(share=WHOLE, steps=(), outcome=ended),)
        else:
            branches = tuple(self._branches(passage))
        if self.proxy.gateway and isinstance(self.view, OfYaml):
            self.assumed += secrets_assumed(self.push, self.proxy, passage.chain)
        return Traced(
            steps=steps,
            branches=branches,
            assumed=tuple(dict.fromkeys(assumed + self.assumed)),
            remark=delay_told(passage.route),
        )

    def _branches(self, passage: Passage) -> Iterator[Branch]:
        share = WHOLE
        aborted, status = abort_of(passage.route)
        if aborted > 0 and passage.route is not None and passage.route.fault is not None:
            ended = telling.fault(status, passage.route.fault.source)
            yield Branch(share=aborted, steps=(), outcome=ended)
            share -= aborted
        whole = sum(weight for _name, weight in passage.clusters) or 1
        for number, (name, weight) in enumerate(passage.clusters if share > 0 else ()):
            source = telling.place_of(passage, number)
            yield from self._to(name, share * weight / whole, passage, source)
        if not passage.clusters:
            text = _("The rule names no destination.")
            source = telling.source_of(passage)
            ended = outcome.no_cluster(text, http=self.http, sure=False, source=source)
            yield Branch(share=share, steps=(), outcome=ended)

    def _to(
        self, name: str, share: float, passage: Passage, source: Source | None
    ) -> Iterator[Branch]:
        if name == BLACK_HOLE:
            told = refused_told(self.push, self.proxy, self.call)
            ended = outcome.black_hole(told, source=source)
            yield Branch(share=share, steps=(), outcome=ended)
            return
        up = self.view.upstream(name)
        if not up.exists:
            step = self._step(up)
            ended = outcome.no_cluster(
                up.text, http=self.http, sure=up.sure and not passage.doubts, source=source
            )
            yield Branch(share=share, steps=(step,), outcome=ended)
            return
        for branch in self.behind(up, share):
            unsure = replace(branch.outcome, sure=branch.outcome.sure and not passage.doubts)
            yield replace(branch, outcome=unsure)

    def behind(self, up: Upstream, share: float) -> Iterator[Branch]:
        """What happens behind a cluster, told apart by the workloads of its endpoints."""
        step = self._step(up)
        if up.name in SPECIAL or up.backends is None:
            lost = no_port(self.push, self.call, http=self.http)
            if up.name == PASSTHROUGH and lost is not None:
                yield Branch(share=share, steps=(step,), outcome=lost)
                return
            where = f"{self.call.address}:{self.call.port}"
            text = _("It goes on to {where} as it is.").format(where=where)
            reached = outcome.passing(text, sure=up.name != PASSTHROUGH, source=up.made.source)
            yield Branch(share=share, steps=(step,), outcome=reached)
            return
        found = up.backends.found
        if up.by_address:
            found = tuple(one for one in found if one.address == self.call.address) or found
        if not found and up.backends.known:
            ended = outcome.no_endpoint(http=self.http, sure=True, source=up.backends.source)
            yield Branch(share=share, steps=(step,), outcome=ended)
            return
        if not found:
            text = _("The endpoints of {name} are taken to be there; none is given.")
            self.assumed.append(text.format(name=up.name))
            reached = outcome.passing(_("It goes to an endpoint of {name}.").format(name=up.name))
            yield Branch(share=share, steps=(step,), outcome=replace(reached, sure=False))
            return
        for first, count in _by_workload(found):
            part = share * count / len(found)
            endpoint = self._endpoint(first, count)
            sent = Sent(call=self.call, proxy=self.proxy, up=up, backend=first, http=self.http)
            reached_at = served(self.push, sent)
            self.assumed += reached_at.assumed
            sure = reached_at.outcome.sure and (up.backends.known or up.by_address)
            yield Branch(
                share=part,
                steps=(step, endpoint, *reached_at.steps),
                outcome=replace(reached_at.outcome, sure=sure),
            )

    def _step(self, up: Upstream) -> Step:
        return Step(
            proxy=self.proxy.name,
            way=self.call.way.value,
            kind=StepKind.CLUSTER,
            name=up.name,
            made=up.made,
            text=up.text,
            applied=up.applied,
        )

    def _endpoint(self, backend: Backend, count: int) -> Step:
        name = f"{backend.address}:{backend.port}"
        who = backend.proxy.name if backend.proxy is not None else name
        text = ngettext("{count} endpoint of {who}.", "{count} endpoints of {who}.", count)
        text = text.format(count=count, who=who)
        return Step(
            proxy=self.proxy.name,
            way=self.call.way.value,
            kind=StepKind.ENDPOINT,
            name=name,
            made=Made(who, backend.source),
            text=text,
        )


def _by_workload(found: tuple[Backend, ...]) -> list[tuple[Backend, int]]:
    """The first endpoint of each kind of workload, with how many there are."""
    groups: dict[tuple[str, str], list[Backend]] = {}
    for one in found:
        labels = one.proxy.labels if one.proxy is not None else {}
        namespace = one.proxy.namespace if one.proxy is not None else ""
        key = (namespace, repr(sorted(labels.items())))
        groups.setdefault(key, []).append(one)
    return [(group[0], len(group)) for group in groups.values()]


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
