"""What the server's own proxy makes of a request that the caller's proxy sends."""

from dataclasses import replace
from typing import NamedTuple

from why503.facts import Source
from why503.mesh.address import cluster_name, split_host
from why503.mesh.setting import Setting
from why503.mesh.traced import outcome, telling
from why503.mesh.traced.authorization import Caller, Verdict, verdict
from why503.mesh.traced.backend import Backend
from why503.mesh.traced.beyond import ambient_told, is_ambient
from why503.mesh.traced.call import Call, Speech, Tls, Way
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.envoy import Passage, pass_through
from why503.mesh.traced.inbound import inbound_config
from why503.mesh.traced.peer import peer_modes
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.step import Applied, Outcome, Step, StepKind
from why503.mesh.traced.upstream import Upstream
from why503.support.dataclass import dataclass
from why503.support.text import _

_DENIED = 403
_MOST = 3
"""Policies that are named."""


class Sent(NamedTuple):
    """A request on its way to one endpoint."""

    call: Call
    """As the first proxy met it."""
    proxy: Proxy
    """The first proxy."""
    up: Upstream
    backend: Backend
    http: bool
    """Whether the first proxy saw HTTP."""


class Compared(NamedTuple):
    """A server's proxy whose dump is given."""

    server: Proxy
    loaded: Passage
    wanted: Passage
    """What YAML asks for."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """How it ends at the server."""

    steps: tuple[Step, ...]
    outcome: Outcome
    assumed: tuple[str, ...] = ()
    compared: Compared | None = None
    """None where the dump of the server's proxy is not given."""


def served(push: Push, sent: Sent) -> Served:
    """Through the server's proxy to its application; straight there where it has no proxy."""
    server = sent.backend.proxy
    at = f"{sent.backend.address}:{sent.backend.port}"
    mode = _mode(push, sent)
    if server is not None and is_ambient(push, server):
        text = _("It reaches {at}, in ambient mode.").format(at=at)
        ended = outcome.passing(text, sure=False, source=sent.backend.source)
        return Served(steps=(), outcome=ended, assumed=(ambient_told(server),))
    if server is None or server.has_proxy is False:
        return _plain(sent, mode, at)
    call = _onward(sent, mode.value)
    dump = Dump(push, server.teller)
    loaded = bool(server.teller) and dump.shown
    config = dump.config(call.port) if loaded else inbound_config(push, server)
    passage = pass_through(config, call)
    wanted = pass_through(inbound_config(push, server), call) if loaded else passage
    compared = Compared(server, passage, wanted) if loaded else None
    peer = peer_modes(push, server).at(call.port)
    steps = _with_peer(tuple(telling.steps_of(passage, call, server)), mode, peer)
    if passage.stop is not None:
        source = mode.source or peer.source or telling.source_of(passage)
        found = Served(steps=steps, outcome=_refused(passage, call, sent, source=source))
    else:
        judged = verdict(push, server, call, caller_of(sent, call))
        steps = with_policies(steps, judged)
        found = Served(steps=steps, outcome=_ended(judged, sent, at))
    found = replace(found, compared=compared)
    return found if server.has_proxy else _assuming(found, server, mode)


def _assuming(found: Served, server: Proxy, mode: Setting[str]) -> Served:
    """What holds only if the server has a sidecar, of which nothing tells."""
    text = _("{name} is taken to have a sidecar; nothing given says so.")
    sure = found.outcome.sure and found.outcome.passes and (mode.default or mode.value != "MESH")
    return replace(
        found,
        outcome=replace(found.outcome, sure=sure),
        assumed=(text.format(name=server.name),),
    )


def _refused(passage: Passage, call: Call, sent: Sent, *, source: Source | None) -> Outcome:
    if sent.up.tls is None and sent.proxy.has_proxy is not True:
        return outcome.stopped(passage, call, http=call.is_http, source=source)
    return outcome.refused_by_server(passage, call, http=sent.http, source=source)


def _mode(push: Push, sent: Sent) -> Setting[str]:
    """What the caller's proxy puts around the request: NONE, TLS or MESH, and who says so."""
    told = sent.up.tls
    server = sent.backend.proxy
    if told is None:
        return Setting(value="NONE", source=None, default=True, by="")
    if told.value in ("SIMPLE", "MUTUAL"):
        return replace(told, value="TLS" if told.value == "SIMPLE" else "MUTUAL")
    if told.value == "ISTIO_MUTUAL":
        return replace(told, value="MESH")
    if told.value == "DISABLE" or server is None or server.has_proxy is False or sent.up.external:
        return replace(told, value="NONE")
    if server.gateway:
        return replace(told, value="NONE")  # gateways' pods are not marked for auto mTLS
    peer = peer_modes(push, server).at(sent.backend.port)
    return replace(told, value="NONE" if peer.value == "DISABLE" else "MESH")


def _plain(sent: Sent, mode: Setting[str], at: str) -> Served:
    """An endpoint without a proxy of the mesh."""
    if mode.value == "MESH" and sent.backend.proxy is not None:
        ended = outcome.tls_to_plain(http=sent.http, source=mode.source)
        return Served(steps=(), outcome=ended)
    text = _("It reaches {at}.").format(at=at)
    return Served(steps=(), outcome=outcome.passing(text, source=sent.backend.source))


def _onward(sent: Sent, mode: str) -> Call:
    """The request as the server's proxy meets it."""
    speech = sent.call.speech
    tls = sent.call.tls
    if sent.http:
        speech = Speech.HTTP2 if sent.up.speaks_h2 else speech
        tls = Tls.NONE
    wrapped = {"MESH": Tls.MESH, "TLS": Tls.TLS, "MUTUAL": Tls.MUTUAL}.get(mode)
    alpn = ""
    if wrapped is Tls.MESH and not sent.http:
        speech, alpn = Speech.TCP, "istio"
    return replace(
        sent.call,
        way=Way.INBOUND,
        address=sent.backend.address,
        port=sent.backend.port,
        speech=speech,
        tls=wrapped or tls,
        alpn=alpn,
    )


def to_gateway(push: Push, sent: Sent) -> Call:
    """The request as a gateway meets it that is the endpoint."""
    call = replace(_onward(sent, _mode(push, sent).value), way=Way.GATEWAY)
    parts = cluster_name(sent.up.name)
    if call.tls is Tls.NONE or call.tls is sent.call.tls:
        return call
    own = sent.up.sni
    if not own and call.tls is Tls.MESH and parts is not None:
        own = f"outbound_.{parts.port}_.{parts.subset}_.{parts.host}"
    return replace(call, sni=own or split_host(call.host)[0])


def caller_of(sent: Sent, call: Call) -> Caller:
    """Who asks, as the next proxy sees it."""
    known = sent.proxy.workload is not None
    return Caller(
        namespace=sent.proxy.namespace,
        account=sent.proxy.account if known else "",
        mesh=call.tls is Tls.MESH,
        address=next(iter(sent.proxy.addresses), ""),
    )


def _with_peer(steps: tuple[Step, ...], mode: Setting[str], peer: Setting[str]) -> tuple[Step, ...]:
    """The mTLS mode told at the filter chain, or at the listener that has none."""
    names = {step.kind for step in steps}
    at = StepKind.FILTER_CHAIN if StepKind.FILTER_CHAIN in names else StepKind.LISTENER
    told = [
        Applied(
            object=peer.by,
            says=_("the server takes mTLS: {mode}").format(mode=peer.value),
            source=peer.source,
        )
    ]
    if mode.by:
        words = {
            "NONE": _("the caller's proxy adds no TLS"),
            "MESH": _("the caller's proxy speaks mutual TLS"),
        }
        says = words.get(mode.value, _("the caller's proxy speaks TLS of its own"))
        told.insert(0, Applied(object=mode.by, says=says, source=mode.source))
    return tuple(
        replace(step, applied=(*told, *step.applied)) if step.kind is at else step for step in steps
    )


OUTSIDE = Caller(namespace="", account="", mesh=False)
"""A client that is no part of the mesh."""


def at_gateway(push: Push, proxy: Proxy, call: Call, caller: Caller = OUTSIDE) -> Verdict | None:
    """What the policies for a gateway say of who comes; None for a sidecar."""
    return verdict(push, proxy, call, caller) if proxy.gateway else None


def denied(judged: Verdict, *, http: bool) -> Outcome:
    """Turned away at the first proxy: by a DENY rule, or for no ALLOW rule takes it."""
    allowing = [one for one in judged.judged if one.action == "ALLOW"]
    if judged.by is not None:
        by, text = judged.by, _("A rule of AuthorizationPolicy {name} denies it.")
    else:
        by, text = allowing[0], _("AuthorizationPolicy {name} lets in only what its rules take.")
    names = [by] if judged.by is not None else allowing[:_MOST]
    told = text.format(
        name=", ".join(one.policy.full_name.removeprefix("AuthorizationPolicy ") for one in names)
    )
    return Outcome(
        id="denied",
        text=told,
        status=_DENIED if http else None,
        details=judged.details,
        source=by.source,
    )


def with_policies(steps: tuple[Step, ...], judged: Verdict) -> tuple[Step, ...]:
    """The AuthorizationPolicies told at the last step."""
    if not steps or not judged.judged:
        return steps
    words = {
        True: _("{action}: a rule takes it"),
        False: _("{action}: no rule takes it"),
        None: _("{action}: cannot be told"),
    }
    told = tuple(
        Applied(
            object=one.policy.full_name,
            says=words[one.holds].format(action=one.action),
            source=one.source,
        )
        for one in judged.judged
    )
    last = steps[-1]
    return (*steps[:-1], replace(last, applied=(*last.applied, *told)))


def _ended(judged: Verdict, sent: Sent, at: str) -> Outcome:
    if judged.allowed is False:
        http = sent.http or (sent.call.is_http and sent.call.tls is Tls.NONE)
        ended = denied(judged, http=http)
        if sent.up.tls is not None and http:
            ended = replace(ended, details="via_upstream")
        return replace(ended, far=judged.details)
    text = _("The application behind {at} gets it.").format(at=at)
    return outcome.passing(text, sure=judged.allowed is True, source=sent.backend.source)
