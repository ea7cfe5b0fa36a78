"""The way of a request from one proxy on, and through the gateways that it meets."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from why503.facts import Source
from why503.mesh.address import BLACK_HOLE, PASSTHROUGH, split_host
from why503.mesh.traced import outcome, telling
from why503.mesh.traced.authorization import Caller
from why503.mesh.traced.backend import Backend
from why503.mesh.traced.beyond import waypoint_told
from why503.mesh.traced.call import Call, Tls
from why503.mesh.traced.config import Made
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.envoy import Passage, pass_through
from why503.mesh.traced.fault import WHOLE, abort_of, delay_told
from why503.mesh.traced.gateway_secret import secrets_assumed
from why503.mesh.traced.host import is_wild
from why503.mesh.traced.outbound_route import BLOCK_ALL
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.refused_host import refused_told
from why503.mesh.traced.serving import (
    OUTSIDE,
    Compared,
    Sent,
    at_gateway,
    caller_of,
    denied,
    served,
    to_gateway,
    with_policies,
)
from why503.mesh.traced.step import Branch, Outcome, Step, StepKind, Traced
from why503.mesh.traced.unanswered import no_port
from why503.mesh.traced.upstream import SPECIAL, Upstream, upstream_of
from why503.mesh.traced.view import OfYaml, View, view_of
from why503.mesh.traced.visibility import with_scope
from why503.support.text import _, ngettext

_MOST = 4
"""Endpoints that are named."""


class Walk:
    """On the way from one proxy."""

    def __init__(
        self,
        push: Push,
        proxy: Proxy,
        view: View,
        call: Call,
        *,
        caller: Caller = OUTSIDE,
        met: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """``view``: the proxy's configuration; ``caller``: as a gateway sees who comes.

        ``met``: proxies that it came through before, by namespace and name.
        """
        self.caller = caller
        self.met = (*met, (proxy.namespace, proxy.name))
        self.push = push
        self.proxy = proxy
        self.view = view
        self.call = call
        self.http = call.is_http and call.tls is Tls.NONE
        self.assumed: list[str] = []
        self.compared: list[Compared] = []

    def traced(self, assumed: list[str]) -> Traced:
        """The whole way."""
        passage = pass_through(self.view.config(self.call.port), self.call)
        self.http = passage.chain is not None and passage.chain.http
        steps = tuple(telling.steps_of(passage, self.call, self.proxy))
        if isinstance(self.view, OfYaml):
            steps = with_scope(self.push, self.proxy, steps, split_host(self.call.host)[0])
        judged = None
        if self.http:
            judged = at_gateway(self.push, self.proxy, self.call, self.caller)
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
            why = telling.refusal_of(passage, number)
            part = share * weight / whole
            if why:
                status = self._missing(passage)
                ended = outcome.no_cluster(why, status=status, sure=True, source=source)
                yield Branch(share=part, steps=(), outcome=ended)
            else:
                yield from self._to(name, part, passage, source)
        if not passage.clusters:
            text = _("The rule names no destination.")
            source = telling.source_of(passage)
            ended = outcome.no_cluster(
                text, status=self._missing(passage), sure=False, source=source
            )
            yield Branch(share=share, steps=(), outcome=ended)

    def _missing(self, passage: Passage) -> int | None:
        """Status of an answer where the cluster does not exist."""
        if not self.http:
            return None
        return passage.route.not_found if passage.route is not None else 503

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
            sure, status = up.sure and not passage.doubts, self._missing(passage)
            ended = outcome.no_cluster(up.text, status=status, sure=sure, source=source)
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
        found = tuple(self._called(one) for one in up.backends.found)
        if up.by_address:
            found = tuple(one for one in found if one.address == self.call.address) or found
        if not found and not up.backends.known:
            found = self._of_yaml(up)
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
        hop = waypoint_told(self.push, up.name)
        self.assumed += hop
        for group in _by_workload(found):
            first = group[0]
            part = share * len(group) / len(found)
            endpoint = self._endpoint(group, up)
            sent = Sent(call=self.call, proxy=self.proxy, up=up, backend=first, http=self.http)
            if first.proxy is not None and first.proxy.gateway:
                yield from self._through(first.proxy, sent, part, (step, endpoint))
                continue
            reached_at = served(self.push, sent)
            self.assumed += reached_at.assumed
            if reached_at.compared is not None:
                self.compared.append(reached_at.compared)
            sure = reached_at.outcome.sure and (up.backends.known or up.by_address) and not hop
            yield Branch(
                share=part,
                steps=(step, endpoint, *reached_at.steps),
                outcome=replace(reached_at.outcome, sure=sure),
            )

    def _through(
        self, gateway: Proxy, sent: Sent, share: float, steps: tuple[Step, ...]
    ) -> Iterator[Branch]:
        """On through a gateway that is the endpoint."""
        if (gateway.namespace, gateway.name) in self.met:
            text = _("It comes to {name} again, and again: the route leads in a circle.")
            ended = Outcome(id="unknown", text=text.format(name=gateway.name), sure=False)
            yield Branch(share=share, steps=steps, outcome=ended)
            return
        call = to_gateway(self.push, sent)
        view = view_of(self.push, gateway)
        caller = caller_of(sent, call)
        walk = Walk(self.push, gateway, view, call, caller=caller, met=self.met)
        found = walk.traced([])
        self.assumed += found.assumed
        self.compared += walk.compared
        direct = sent.up.tls is None and self.proxy.has_proxy is not True
        for one in found.branches:
            ended = one.outcome
            yield Branch(
                share=share * one.share / WHOLE,
                steps=(*steps, *found.steps, *one.steps),
                outcome=ended if direct else outcome.behind_gateway(ended, http=self.http),
            )

    def _of_yaml(self, up: Upstream) -> tuple[Backend, ...]:
        """Endpoints as YAML has them, for a dump that holds none."""
        if not isinstance(self.view, Dump):
            return ()
        other = upstream_of(self.push, self.proxy, up.name).backends
        found = other.found if other is not None else ()
        if found:
            text = _("The endpoints of {name} are taken from YAML; the dump holds none.")
            self.assumed.append(text.format(name=up.name))
        return found

    def _called(self, backend: Backend) -> Backend:
        """With the name that the request asks for where the endpoint is any of a wildcard's."""
        if not is_wild(backend.address):
            return backend
        name = self.call.sni if self.call.tls is not Tls.NONE else split_host(self.call.host)[0]
        return replace(backend, address=name or backend.address)

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

    def _endpoint(self, group: Sequence[Backend], up: Upstream) -> Step:
        backend, count = group[0], len(group)
        names = [f"{one.address}:{one.port}" for one in group]
        name = names[0]
        who = backend.proxy.name if backend.proxy is not None else ""
        if who:
            text = ngettext("{count} endpoint of {who}.", "{count} endpoints of {who}.", count)
        else:
            text = ngettext("{count} endpoint: {names}.", "{count} endpoints: {names}.", count)
        text = text.format(count=count, who=who, names=", ".join(names[:_MOST]))
        return Step(
            proxy=self.proxy.name,
            way=self.call.way.value,
            kind=StepKind.ENDPOINT,
            name=name,
            made=Made(who or up.made.by, backend.source),
            text=text,
        )


def _by_workload(found: tuple[Backend, ...]) -> list[list[Backend]]:
    """Endpoints by kind of workload."""
    groups: dict[tuple[str, str], list[Backend]] = {}
    for one in found:
        labels = one.proxy.labels if one.proxy is not None else {}
        namespace = one.proxy.namespace if one.proxy is not None else ""
        key = (namespace, repr(sorted(labels.items())))
        groups.setdefault(key, []).append(one)
    return list(groups.values())
