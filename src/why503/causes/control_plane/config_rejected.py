"""Rejected configuration: a proxy refused a piece of it, and the former one is in force.

## What happens
Envoy checks each resource that the control plane sends. One that it cannot use is answered with a
NACK and the former version stays (for a new proxy: none at all, so a port has no listener, a host
no route). One bad object is enough: an EnvoyFilter that makes two listeners share an address, a
Wasm or TLS setting that the proxy's version does not know, a route with an invalid regular
expression. All later changes that travel with it are held up too, so the failing service may have
nothing to do with it.

## How to tell
* The proxy's log: `gRPC config for type.googleapis.com/envoy.config.listener.v3.Listener
  rejected: Error adding/updating listener(s) ...: <reason>`, again at every push.
* istiod's log: `ADS:LDS: ACK ERROR <node> Internal:Error adding/updating ...`; counters
  `pilot_total_xds_rejects`, `pilot_xds_lds_reject` (CDS, EDS, RDS); the proxy's
  `listener_manager.lds.update_rejected`, `cluster_manager.cds.update_rejected`.
* `istioctl proxy-status` does not show SYNCED for the type (ERROR from Istio 1.24 on).
* `kubectl apply` refused by the webhook: then the old object is in force.

## What to do
Read the reason, find the object that brings it in (often an EnvoyFilter), take it back or mend
it. The proxies accept the next push by themselves.

## References
* Envoy xDS protocol: ACK/NACK, the former version stays.
* Istio `ads.go`: `ACK ERROR`; metrics `pilot_total_xds_rejects`.
"""

import re
from collections.abc import Iterable, Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, not_taken
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Rule,
    Severity,
    Weight,
)
from why503.diagnosis.scenario import Act, Call, Cure, Load, Scenario, Side, Step, View
from why503.diagnosis.scenario_part import beta_to_subset, route_to, subsets
from why503.facts import ProxyEvent, ProxyEventKind
from why503.mesh.address import short_name
from why503.mesh.armed.envoy_filter import idle_operations, relative_without_anchor
from why503.mesh.armed.regular_expression import invalid_expressions
from why503.mesh.failure import Family
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded import rejected
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, telling_pod
from why503.mesh.sync import refusing, spelled
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "config-rejected"
TITLE = _("A proxy refused a piece of its configuration, so the former one, or none, is in force")
READS = frozenset({"EnvoyFilter", "ProxyEvent", "ProxySync", "RejectedConfig"})
SIGNS = frozenset({"gRPC config rejected", "Error adding/updating listener", "NACK", "ACK ERROR"})
AT = At.CONTROL_PLANE
ALERT = not_taken(limits=Limits(least=1, window="15m", holds="0m"))
_NEW = "outbound|{port}|v2|{host}"
SCENARIO = Scenario(
    summary="The caller's proxy refuses a new cluster, and the route to it is in force.",
    hop=Place.CONTROL_PLANE,
    load=Load(calls=(Call(), Call(path="{path}/beta")), requests=40),
    steps=(
        Step(
            at=0.2,
            act=Act.CHANGE,
            side=Side.CALLER,
            overlay={
                "clusters": [{"name": _NEW, "lb_policy": "CLUSTER_PROVIDED"}],
                "routes": [route_to("beta", "{path}/beta", _NEW)],
            },
        ),
    ),
    objects=(subsets("v1", "v2"), beta_to_subset()),
    modest={View.CALLER: "It shows a cluster that is not there, not that it was refused."},
    also=frozenset({"no-cluster", "missing-subset"}),
    cure=Cure(steps=()),
)

REJECTED = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy refused configuration: {text}"),
)
REASON = Clue(
    Weight.HINTS,
    _("The refusal names what it is about: {what}."),
)
HELD_BACK = Clue(
    Weight.PROVES,
    _("The proxy {proxy} has refused the {kind} {name} and keeps the former one: {text}"),
)
HELD_BACK_ELSEWHERE = Clue(
    Weight.HINTS,
    _("The proxy {proxy} has refused the {kind} {name}, which is not known to matter here: {text}"),
)
AGAIN = Clue(
    Weight.HINTS,
    _("It was refused {count:time|times}: the former configuration stays in force."),
)
ABOUT_HOST = Clue(
    Weight.SPEAKS_FOR,
    _("What was refused belongs to {host}, for which the requests failed."),
)
ERROR_SHOWN = Clue(
    Weight.SPEAKS_FOR,
    _("istioctl proxy-status shows that {proxy} refused what it was sent: {text}."),
)
FILTERS = Clue(
    Weight.HINTS,
    _(
        "{filter} changes what Istio generates, which is where refused "
        "configuration usually comes from."
    ),
)
ELSEWHERE = Clue(
    Weight.SPEAKS_AGAINST,
    _("The requests found their route and upstream, and failed there."),
)

_ABOUT = lazy_re(
    r"(?:adding/updating (?P<kind>\w{1,20})(?:\(s\))? (?P<name>[^\s:,]{1,200})"
    r"|config\.(?P<type>\w{1,30})\.v3\.\w{1,40})"
)
_ROUTED = frozenset({Family.CONNECTION, Family.ANSWER, Family.TIME, Family.LIMIT})


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Refusals in the logs of proxies and of the control plane, and in istioctl's table."""
    for row in refusing(hop, mesh)[:1]:
        yield ERROR_SHOWN.hit(row.source, proxy=row.proxy, text=spelled(row))
    yield from _dumped(hop, mesh)
    events = mesh.events(ProxyEvent, ProxyEventKind.CONFIG_REJECTED)
    if mesh.events(ProxyEvent, ProxyEventKind.SECRET_MISSING):
        events = tuple(event for event in events if not _is_secret(event))
    if not events:
        return
    first = events[0]
    yield REJECTED.hit(first.source, text=first.text[:240], observation="refused")
    about = _ABOUT.search(first.text)
    if about is not None:
        yield REASON.hit(first.source, what=about["name"] or about["type"])
    if len(events) > 1:
        yield AGAIN.hit(events[-1].source, count=len(events))
    if hop.failures and hop.host and _mentions(events, hop.host):
        yield ABOUT_HOST.hit(first.source, host=hop.host)
    elif hop.family in _ROUTED:
        yield ELSEWHERE.hit(*hop.sources(most=1))
    for patch in mesh.manifests("EnvoyFilter")[:1]:
        yield FILTERS.hit(patch.source, filter=patch.full_name)


def _dumped(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What a dump shows as refused; proof where it is about the host, or leaves no route to it."""
    telling = {failure.teller.teller for failure in hop.failures}
    for found in rejected(mesh):
        if telling and found.teller not in telling:
            continue
        named = _names(f"{found.resource} {found.details}", hop.host)
        matters = not hop.failures or (named and hop.family is Family.ROUTING)
        yield (HELD_BACK if matters else HELD_BACK_ELSEWHERE).hit(
            found.source,
            proxy=found.teller,
            kind=found.kind,
            name=found.resource,
            text=found.details[:240],
            observation="refused",
        )
        return


def _is_secret(event: ProxyEvent) -> bool:
    """True for the refusal of a Secret, which is an empty one where it is missing."""
    return "tls.v3.Secret" in event.text


def _mentions(events: Iterable[ProxyEvent], host: str) -> bool:
    return any(_names(text, host) for text in {event.text for event in events})


def _names(text: str, host: str) -> bool:
    """Whether a sentence has the short name of a host in it."""
    name = short_name(host)[0]
    if not name or name not in text:
        return False
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """Whether it still refuses, what the control plane saw, which EnvoyFilters there are."""
    yield Missing(
        what=_("whether the proxies are in sync with the control plane"),
        command="istioctl proxy-status",
        decides=(ID, "xds-stale"),
    )
    told = mesh.events(ProxyEvent, ProxyEventKind.CONFIG_REJECTED)
    if all("ACK ERROR" in event.raw for event in told):
        namespace, pod = telling_pod(hop, mesh)
        yield Missing(
            what=_("what the proxy's own log says of refused configuration"),
            command=f"kubectl -n {namespace} logs {pod} -c istio-proxy --since=1h "
            "| grep -i rejected",
            decides=(ID, "xds-stale"),
        )
    if not any("ACK ERROR" in event.raw for event in told):
        yield Missing(
            what=_("what istiod's log says of refused configuration"),
            command="kubectl -n istio-system logs deploy/istiod --since=1h "
            "| grep -i -e NACK -e 'ACK ERROR' -e rejected",
            decides=(ID, "xds-stale"),
        )
    yield from question.given(
        question.istio_objects(hop, mesh, "EnvoyFilter", decides=(ID, "filter-broken"))
    )


IDLE_OPERATION = Rule(
    "idle-operation",
    Severity.WARNING,
    _("{operation} does nothing for {target} in {filter}."),
    ("IST0152", "IST0153", "IST0154"),
)
NO_ANCHOR = Rule(
    "no-anchor",
    Severity.WARNING,
    _(
        "{filter} says {operation} and names no filter to go by: it is put where nobody "
        "expects it, or left out."
    ),
    ("IST0151", "IST0155"),
)
INVALID_REGEX = Rule(
    "invalid-regex",
    Severity.ERROR,
    _("{object} has the regular expression `{expression}`, which is refused: {problem}."),
    ("IST0106", "IST0122"),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """EnvoyFilter operations that do nothing where they are applied; bad regular expressions."""
    yield from INVALID_REGEX.each(invalid_expressions(mesh))
    yield from IDLE_OPERATION.each(idle_operations(mesh))
    yield from NO_ANCHOR.each(relative_without_anchor(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Take the refused object back; check before applying; watch rejects."""
    filters = mesh.manifests("EnvoyFilter")
    name = filters[0].name if filters else "<object>"
    kind = "envoyfilter" if filters else "<kind>"
    namespace = (filters[0].namespace if filters else "") or namespace_of(hop, mesh)
    yield Remedy(
        title=_("Take back or mend the object that the refusal is about"),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            "kubectl -n istio-system logs -l app=istiod --since=1h | grep -E 'ACK ERROR|rejected'",
            f"kubectl -n {namespace} get {kind} {name} -o yaml",
        ),
        risks=(_("Once it is accepted, all changes that were held up take effect at once."),),
        verify=_("`istioctl proxy-status` shows SYNCED; `update_rejected` stops growing."),
        undo=f"kubectl apply -f <{name}.yaml>",
    )
    yield Remedy(
        title=_("Alert on pilot_total_xds_rejects, and try EnvoyFilters on one workload first"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        commands=("istioctl analyze -A",),
    )
