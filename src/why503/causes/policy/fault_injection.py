"""Fault injection: a rule made the error or the delay on purpose.

## What happens
A VirtualService's `fault` (or Envoy Gateway's `faultInjection`, or `x-envoy-fault-...` headers
where a filter honours them) makes the caller's proxy answer a share of requests by itself
(`abort`: flag FI, details `fault_filter_abort`, body `fault filter abort`, 18 bytes) or hold them
(`delay`: flag DI). The upstream never sees an aborted request. A rule like that is put in for an
experiment and forgotten, or its `match` takes more requests than was meant.

## How to tell
* FI, or the body; a steady share of requests, duration 0 (or the delay), no upstream host.
* DI with DC (`0 DI,DC`): the caller gave up while the filter still held its request. The route's
  timeout and retries do not count in that time.
* The status is the one the rule writes; retries of the same route do not help.
* Counters `http.*.fault.aborts_injected`, `fault.delays_injected`.

## What to do
Remove the rule, or narrow its `match` and `percentage`. An experiment should carry its own end.

## References
* Istio VirtualService API `HTTPFaultInjection`; Envoy HTTP filter `fault`.
* `FI`, `DI,FI` and `0 DI,DC` measured on Envoy 1.40.0.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, Urgency, flagged
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
from why503.diagnosis.field_edit import dropped_at
from why503.diagnosis.scenario import Cure, Knob, Load, Scenario
from why503.diagnosis.scenario_part import virtual_service
from why503.diagnosis.standing_object import ROUTE_SETTERS, edit_command
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_route import faults_loaded
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name
from why503.mesh.route import faults, http_rules
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.written import as_written
from why503.support.text import _

ID = "fault-injection"
TITLE = _("A fault rule made the error or the delay on purpose")
READS = frozenset(
    {"BackendTrafficPolicy", "GRPCRoute", "HTTPRoute", "LoadedRoute", "Service"}
    | {"VirtualService"}
)
SIGNS = frozenset({"FI", "DI", "fault_filter_abort", "fault filter abort"})
AT = At.PROXY
ALERT = flagged("FI", "DI", limits=Limits(urgency=Urgency.INFO))
_STATUS = Knob(name="status", choices=(500, 503))
_SHARE = Knob(name="share", low=20, high=60, whole=True)
SCENARIO = Scenario(
    summary="A VirtualService injects an abort into a share of the requests.",
    hop=Place.DOWNSTREAM_PROXY,
    load=Load(requests=40),
    caller={
        "route": {
            "typed_per_filter_config": {
                "envoy.filters.http.fault": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
                    "abort": {"http_status": _STATUS, "percentage": {"numerator": _SHARE}},
                }
            }
        }
    },
    objects=(
        virtual_service(
            """
            - fault:
                abort:
                  httpStatus: {status}
                  percentage:
                    value: {share}
              route:
              - destination:
                  host: {host}
            """
        ),
    ),
    cure=Cure(caller={"route": {"typed_per_filter_config": None}}),
)

ABORTED = Clue(
    Weight.PROVES,
    _("{count:request was|requests were} aborted by a fault filter on purpose (FI)."),
)
HELD = Clue(
    Weight.PROVES,
    _(
        "{count:caller|callers} gave up while a fault filter held the request on purpose, before "
        "it had chosen an upstream (DI)."
    ),
)
DELAYED = Clue(
    Weight.SPEAKS_FOR,
    _("A filter delayed {count:request|requests} on purpose (DI)."),
)
BY_LENGTH = Clue(
    Weight.HINTS,
    _(
        "{count:answer has|answers have} exactly the length of Envoy's `fault filter abort` (18 "
        "bytes)."
    ),
)
RULE = Clue(Weight.SPEAKS_FOR, _("{by} injects a fault: {fault}."))
DELAY_RULE = Clue(
    Weight.HINTS,
    _("{by} holds requests on purpose ({fault}): callers with less patience give up."),
)
SAME_STATUS = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy answered {status} without asking an upstream, as the rule says."),
)

BODY_LENGTH = 18
"""Bytes of `fault filter abort`."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """FI, DI, the filter's body, and the rule."""
    rules = faults(mesh, hop.host) if hop.host else _all_faults(mesh)
    aborted = hop.having(Ending.FAULT_ABORT)
    held = tuple(filter(_was_held, hop.having(Ending.CLIENT_GONE)))
    delayed = tuple(f for f in hop.failures if "DI" in (f.teller.flags or ()) and f not in held)
    guessed = tuple(filter(_may_be_abort, hop.having(Ending.VIA_UPSTREAM, Ending.UNKNOWN)))
    if aborted:
        yield ABORTED.hit(*hop.sources(aborted), count=len(aborted))
    if held:
        yield HELD.hit(*hop.sources(held), count=len(held))
    if delayed and not aborted:
        yield DELAYED.hit(*hop.sources(delayed), count=len(delayed))
    if guessed:
        yield BY_LENGTH.hit(*hop.sources(guessed), count=len(guessed))
    same = tuple(f for f in hop.having(Ending.UNKNOWN) if _has_status(f, rules))
    if same:
        yield SAME_STATUS.hit(*hop.sources(same), status=same[0].teller.code)
    if not hop.failures:
        held_up = [rule for rule in rules if mapping_of(mapping_of(rule.value).get("delay"))]
        rules = tuple(rule for rule in rules if _status(rule.value) is not None)
        for rule in held_up[:1] if not rules else ():
            sources = [rule.source] if rule.source else []
            yield DELAY_RULE.hit(*sources, by=rule.by, fault=_spelled(rule))
    if aborted or held or delayed or guessed or same or not hop.failures:
        for rule in rules[:1]:
            sources = [rule.source] if rule.source else []
            yield RULE.hit(*sources, by=rule.by, fault=_spelled(rule))


def _was_held(failure: Failure) -> bool:
    told = failure.teller
    return "DI" in (told.flags or ()) and told.upstream_host == ""


def _may_be_abort(failure: Failure) -> bool:
    told = failure.teller
    alone = not told.upstream_host and told.upstream_service_time is None
    return told.bytes_sent == BODY_LENGTH and alone and not told.flags and not told.details


def _has_status(failure: Failure, rules: tuple[Setting[Any], ...]) -> bool:
    """True where a proxy answered by itself with the status of a rule's abort."""
    code = failure.teller.code
    alone = not failure.teller.upstream_host and failure.teller.upstream_service_time is None
    return alone and code is not None and any(_status(rule.value) == code for rule in rules)


def _status(fault: object) -> int | None:
    return whole_number(mapping_of(mapping_of(fault).get("abort")).get("httpStatus"))


def _share_of(block: Mapping[str, Any], *, unsaid: str) -> str:
    """Percent of the requests as written; ``unsaid`` where nothing is."""
    share = block.get("percentage", block.get("percent"))
    if isinstance(share, Mapping):
        return word_of(share.get("value", 0))
    return word_of(share) or unsaid


def _unsaid(rule: Setting[Any]) -> str:
    """Percent where none is written: nobody in a VirtualService, everybody in Envoy Gateway."""
    return "0" if rule.by.startswith("VirtualService ") else "100"


def _hits_nobody(rule: Setting[Any]) -> bool:
    parts = [mapping_of(mapping_of(rule.value).get(name)) for name in ("abort", "delay")]
    shares = [_share_of(part, unsaid=_unsaid(rule)) for part in parts if part]
    return all(not share.strip("0.") for share in shares)


def _spelled(rule: Setting[Any]) -> str:
    """`abort 503 for 20 %, delay 5s for 10 %`."""
    fault, unsaid = rule.value, _unsaid(rule)
    parts = []
    for name, field in (("abort", "httpStatus"), ("delay", "fixedDelay")):
        block = mapping_of(mapping_of(fault).get(name))
        if not block:
            continue
        value = _share_of(block, unsaid=unsaid)
        what = word_of(block.get(field)) or word_of(block.get("grpcStatus"))
        parts.append(f"{name} {what} ({value} %)")
    return ", ".join(parts)


def _all_faults(mesh: Mesh) -> tuple[Setting[Any], ...]:
    """Faults of every loaded route and VirtualService, where no request names a host."""
    if (loaded := faults_loaded(mesh)) is not None:
        return tuple(setting for setting in loaded if setting.value)
    return tuple(
        rule.setting(rule.fields["fault"], "fault")
        for service in mesh.manifests("VirtualService")
        for rule in http_rules(service)
        if mapping_of(rule.fields.get("fault"))
    )


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The rule."""
    yield from question.given(question.istio_objects(hop, mesh, "VirtualService", decides=(ID,)))


FAULT_RULE = Rule("fault-rule", Severity.WARNING, _("{by} injects a fault on purpose: {fault}."))


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Every fault rule: it makes errors as soon as a request matches."""
    for rule in _all_faults(mesh):
        if rule.source is not None and not _hits_nobody(rule):
            yield FAULT_RULE.at(rule.source, by=rule.by, fault=_spelled(rule))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Remove the rule; let experiments end by themselves."""
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    rules = faults(as_written(mesh), hop.host) or faults(mesh, hop.host)
    rules = rules if hop.host else _all_faults(mesh)
    where = rules[0].by if rules else _("the VirtualService of {service}").format(service=name)
    yield Remedy(
        title=_("Remove `fault` from {where}").format(where=where),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=tuple(dropped_at(mesh, (rule.source for rule in rules), ROUTE_SETTERS, "fault")),
        commands=(edit_command(mesh, ROUTE_SETTERS, (rule.by for rule in rules), namespace),),
        risks=(_("Somebody may be running an experiment: ask before."),),
        verify=_("`fault.aborts_injected` stops growing, and lines with FI stop."),
        undo=_("Put the `fault` block back."),
    )
    yield Remedy(
        title=_("Match a header of the experiment's own requests in every fault rule"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
    )
