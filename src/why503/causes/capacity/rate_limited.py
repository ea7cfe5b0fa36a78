"""Rate limited: a rate limit answered instead of the application.

## What happens
A rate limit filter stands in a proxy's chain. The local one counts in the proxy itself (a token
bucket for each proxy), the global one asks a rate limit service. Over the limit the filter answers
at once: `429 RL`, or whatever status it was given, 503 among them. If the service of the global
limit cannot be asked, the filter lets the request pass, unless `failure_mode_deny` is set: then it
answers 500 with RLSE. Istio has no API for either; somebody put the filter there with an
EnvoyFilter (or, in Envoy Gateway, a BackendTrafficPolicy).

## How to tell
* Flag RL with details `local_rate_limited` (body of the same word, 18 bytes) or
  `request_rate_limited`; flag RLSE with `rate_limiter_error` where the service could not be asked.
* Duration 0 or 1 ms, no upstream host; requests below the limit go well.
* A limit at the server's sidecar shows at the caller's proxy only as an answer of its upstream.
* Counters `http_local_rate_limiter.*.rate_limited`, `ratelimit.*.over_limit`, `ratelimit.*.error`.

## What to do
Ask whether the limit is meant. A local limit holds for each proxy: with n replicas the service
takes n times as much, and a new replica changes the sum. Callers have to slow down at 429, not to
repeat at once. For RLSE repair the rate limit service, or let requests pass while it is away.

## References
* Envoy documentation, HTTP filters `local_rate_limit` and `ratelimit` (`failure_mode_deny`).
* Istio documentation, "Enabling Rate Limits using Envoy" (EnvoyFilter).
* Flags and texts measured on Envoy 1.40.0.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import ANYBODY, flagged
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
from why503.diagnosis.limit_edit import buckets_doubled, denial_off
from why503.diagnosis.scenario import Cure, Knob, Load, Scenario
from why503.facts import ProxyEvent, ProxyEventKind
from why503.mesh.ending import Ending
from why503.mesh.envoy_setting import envoy_settings, http_filters
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_route import http_filters_loaded
from why503.mesh.mesh import Mesh
from why503.mesh.naming import failing_namespace, service_name
from why503.support.text import _

ID = "rate-limited"
TITLE = _("A rate limit answered in place of the application")
READS = frozenset({"EnvoyFilter", "LoadedListener", "ProxyEvent", "fragment"})
SIGNS = frozenset(
    {"RL", "RLSE", "local_rate_limited", "request_rate_limited", "rate_limiter_error"}
)
AT = At.PROXY
ALERT = flagged("RL", "RLSE", code="429", teller=ANYBODY)
SCENARIO = Scenario(
    summary="A local rate limit at the server's proxy: a small bucket, refilled slowly.",
    hop=Place.UPSTREAM_PROXY,
    load=Load(requests=40, gap=0.005),
    callee={
        "http_filters": [
            {
                "name": "envoy.filters.http.local_ratelimit",
                "typed_config": {
                    "@type": "type.googleapis.com/"
                    "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
                    "stat_prefix": "http_local_rate_limiter",
                    "token_bucket": {
                        "max_tokens": Knob(name="tokens", low=4, high=12, whole=True),
                        "fill_interval": "60s",
                    },
                    "filter_enabled": {"default_value": {"numerator": 100}},
                    "filter_enforced": {"default_value": {"numerator": 100}},
                },
            }
        ]
    },
    cure=Cure(callee={"http_filters": None}),
)

OVER_LIMIT = Clue(
    Weight.PROVES,
    _("{count:request was|requests were} answered by a rate limit of this proxy (RL)."),
)
SERVICE_FAILED = Clue(
    Weight.PROVES,
    _(
        "For {count:request|requests} the rate limit service could not be asked, and the filter "
        "denied."
    ),
)
BEHIND = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:answer|answers} 429 from behind came at once, with exactly the length of a local "
        "rate limit's body (18 bytes)."
    ),
)
BY_LENGTH = Clue(
    Weight.HINTS,
    _(
        "{count:answer has|answers have} exactly the length of Envoy's `local_rate_limited` (18 "
        "bytes)."
    ),
)
TOO_MANY = Clue(
    Weight.HINTS,
    _("{count:answer was|answers were} 429, and nothing says who in the path said so."),
)
FILTER_SET = Clue(Weight.SPEAKS_FOR, _("{by} puts a rate limit filter into the chain."))
SERVICE_EVENT = Clue(Weight.HINTS, _("The proxy logged trouble with its rate limit: {text}."))

_TOO_MANY = 429
BODY_LENGTH = 18
"""Bytes of `local_rate_limited`."""
_WORD = "ratelimit"


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """RL and RLSE; else the length of the body together with a filter that was set."""
    told = tuple(_told(hop))
    yield from told
    if hop.failures and not told:
        return
    if hop.failures:
        tellers = {failure.teller.teller for failure in hop.failures}
        for limit in (*http_filters_loaded(mesh, tellers, _WORD), *http_filters(mesh, _WORD))[:1]:
            sources = [limit.source] if limit.source else []
            yield FILTER_SET.hit(*sources, by=limit.by)
    for event in mesh.facts(ProxyEvent):
        if event.kind is ProxyEventKind.RATE_LIMIT_ERROR:
            yield SERVICE_EVENT.hit(event.source, text=event.text)
            return


def _told(hop: Hop) -> Iterator[Hit]:
    """What the failures themselves tell."""
    denied = hop.having(Ending.RATE_LIMITED)
    unknown = hop.having(Ending.UNKNOWN)
    for clue, found in (
        (OVER_LIMIT, [failure for failure in denied if not failure.outcome.surmised]),
        (SERVICE_FAILED, hop.having(Ending.RATE_LIMIT_ERROR)),
        (BEHIND, [failure for failure in denied if failure.outcome.surmised]),
        (BY_LENGTH, list(filter(_may_be_limited, (*hop.having(Ending.VIA_UPSTREAM), *unknown)))),
        (TOO_MANY, [failure for failure in unknown if failure.teller.code == _TOO_MANY]),
    ):
        if found:
            yield clue.hit(*hop.sources(found), count=len(found))


def _may_be_limited(failure: Failure) -> bool:
    told = failure.teller
    return told.bytes_sent == BODY_LENGTH and told.code in {429, 503} and not told.flags


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The filter that sets the limit, and the server's proxy where the caller's tells."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "upstream-returned-5xx"),
        question.istio_objects(hop, mesh, "EnvoyFilter", decides=(ID,)),
    )


FAILS_CLOSED = Rule(
    "fails-closed",
    Severity.WARNING,
    _("{by} denies every request while the rate limit service is away."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Global limits that deny while their service is away."""
    for setting in envoy_settings(mesh, "failure_mode_deny"):
        if setting.value is True and setting.source is not None:
            yield FAILS_CLOSED.at(setting.source, by=setting.by)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Slow the callers down, set the limit to what the service bears, mend the limit's service."""
    name, namespace = service_name(hop), failing_namespace(hop, mesh)
    filters = http_filters(mesh, _WORD)
    where = filters[0].by if filters else _("the EnvoyFilter that limits {service}")
    yield Remedy(
        title=_("Let the callers of {service} wait and back off at 429").format(service=name),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.OUTSIDE_MESH,
        risks=(_("Repeating at once keeps the bucket empty."),),
    )
    if hop.having(Ending.RATE_LIMIT_ERROR):
        yield Remedy(
            title=_("Repair the rate limit service; set `failure_mode_deny: false` until then"),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            edits=denial_off(mesh),
            commands=("kubectl get envoyfilters -A -o yaml | grep -n -B3 failure_mode_deny",),
            risks=(_("Without the denial nothing is limited while the service is away."),),
            verify=_("Lines with RLSE stop; the counter `ratelimit.*.error` stands still."),
        )
        return
    doubled = buckets_doubled(mesh)
    yield Remedy(
        title=_("Raise the limit in {where} to what one replica bears").format(
            where=where.format(service=name)
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=doubled.edits,
        commands=(f"kubectl -n {namespace} get envoyfilters -o yaml",),
        derived=doubled.derived,
        risks=(
            _("The limit protects the service, and a local one holds for each replica by itself."),
        ),
        verify=_("The counter `rate_limited` of the filter stops growing under usual load."),
    )
