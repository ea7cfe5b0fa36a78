"""Retries exhausted: every try failed, and nothing shows what failed the single tries.

## What happens
A route repeats a request that failed in a way its policy names. When the last try fails too, the
proxy hands that failure on and adds the flag URX. URX is a companion: it says that there was a
policy, not what went wrong. With UF, UC or UT beside it, that flag's cause is the one to mend. Left
over are answers of the upstream itself (`503 URX`, `via_upstream`) and tries that were all too slow
(`504 URX,UT`, `upstream_per_try_timeout`). Each retry is a request more for a service that is in
trouble already: two retries at each of three levels make 27 requests of one.

## How to tell
* URX with details `via_upstream`: the last answer came from the upstream and its code is one that
  the policy repeats (503 in Istio 1.1-1.23 by default; not since 1.24).
* URX,UT with `upstream_per_try_timeout`: each try ran into `perTryTimeout`.
* The server's proxy has attempts + 1 lines with one x-request-id. If those name UF or UC, that is
  the cause, not this.
* `attempts` counts retries: `attempts: 3` is up to four requests. Istio's default is 2.
* Counters `upstream_rq_retry`, `upstream_rq_retry_limit_exceeded`.

## What to do
Find what fails the single tries: the server's proxy log and the application's log at those times.
Until then keep retries few, at one level only, and a try's timeout above the usual answer time.
Repeat only requests that may run twice: a try that timed out may have done its work.

## References
* Istio `route/retry/retry.go` 1.1-1.31; release note 50506 (503 left out from 1.24).
* Envoy router documentation: `x-envoy-retry-on`, flag URX since 1.10.
* Retry behaviour measured on Envoy 1.40.0.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import only_flagged
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
from why503.diagnosis.route_edit import longer_try, one_retry, twice
from why503.diagnosis.scenario import Answer, Cure, Knob, Load, Scenario, Seconds, Server, Times
from why503.diagnosis.scenario_part import virtual_service
from why503.diagnosis.standing_object import ROUTE_SETTERS, edit_command, edit_route
from why503.mesh.armed.retry_rule import (
    amplified,
    no_status_named,
    repeated_writes,
    status_is_no_reset,
)
from why503.mesh.ending import Ending, outcome_of
from why503.mesh.failure import FAMILY_OF, Failure, Family
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name
from why503.mesh.route import http_rules, per_try_timeout, retry_policy
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.written import as_written
from why503.support.duration import spell
from why503.support.text import _

ID = "retry-exhausted"
TITLE = _("Every retry failed as well, and nothing shows what failed the single tries")
READS = frozenset(
    {"BackendTrafficPolicy", "GRPCRoute", "HTTPRoute", "IstioOperator", "LoadedRoute"}
    | {"MeshConfig", "VirtualService", "fragment"}
)
SIGNS = frozenset({"URX", "upstream_per_try_timeout", "retried and the latest reset reason"})
AT = At.CALLER
ALERT = only_flagged("URX", "URX,UT", "UT,URX")
_TRY = Knob(name="try", low=0.1, high=0.2, seconds=True)
SCENARIO = Scenario(
    summary="Every try takes longer than a single try may, and the retries are used up.",
    hop=Place.DOWNSTREAM_PROXY,
    servers=(
        Server(answers=(Answer(share=0.6, delay=Times(of=_TRY, factor=3)), Answer(delay=0.01))),
    ),
    load=Load(requests=20, workers=2),
    caller={
        "route": {
            "route": {
                "retry_policy": {
                    "retry_on": "5xx",
                    "num_retries": 1,
                    "per_try_timeout": Seconds(_TRY),
                    "retry_back_off": {"base_interval": "0.01s"},
                }
            }
        }
    },
    objects=(
        virtual_service(
            """
            - route:
              - destination:
                  host: {host}
              retries:
                attempts: 1
                perTryTimeout: {try}s
                retryOn: 5xx
            """
        ),
    ),
    cure=Cure(caller={"route": None}),
)

USED_UP = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:request|requests} ended with URX: the proxy tried again until its retries were "
        "used up."
    ),
)
SEVERAL_TRIES = Clue(
    Weight.SPEAKS_FOR,
    _("The server's proxy saw one request {tries:time|times}, and none of the tries went well."),
)
TOO_SLOW = Clue(
    Weight.HINTS,
    _("The last try, and by the flag each before it, ran into the timeout of a single try."),
)
TRY_LIMIT = Clue(Weight.SPEAKS_FOR, _("{by} gives a single try {timeout}."))
POLICY_SET = Clue(Weight.HINTS, _("{by} allows {attempts} retries on {on}."))
TRIES_TELL = Clue(
    Weight.SPEAKS_AGAINST,
    _("The server's proxy tells why the single tries failed: {reason}."),
)

MANY = 5
"""Retries from which on a policy multiplies the load dangerously."""
_OPEN = (Ending.VIA_UPSTREAM, Ending.PER_TRY_TIMEOUT, Ending.UNKNOWN)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """URX where no other flag names the failure, the tries behind it, and the policy."""
    failures = tuple(filter(_used_up, hop.having(*_OPEN)))
    if not failures:
        return
    yield USED_UP.hit(*hop.sources(failures), count=len(failures))
    yield from _tries(failures)
    policy = retry_policy(mesh, hop.host)
    if policy is not None:
        sources = [policy.source] if policy.source else []
        attempts = word_of(policy.value.get("attempts", policy.value.get("numRetries"))) or "2"
        on = word_of(policy.value.get("retryOn")) or _("the default conditions")
        yield POLICY_SET.hit(*sources, by=policy.by, attempts=attempts, on=on)
    if not hop.having(Ending.PER_TRY_TIMEOUT):
        return
    yield TOO_SLOW.hit(*hop.sources(hop.having(Ending.PER_TRY_TIMEOUT)))
    limit = per_try_timeout(mesh, hop.host)
    if limit is not None and limit.source is not None:
        yield TRY_LIMIT.hit(limit.source, by=limit.by, timeout=spell(limit.value))


def _used_up(failure: Failure) -> bool:
    told = failure.downstream.flags if failure.downstream is not None else None
    return failure.outcome.retried or "URX" in (told or ())


def _tries(failures: tuple[Failure, ...]) -> Iterator[Hit]:
    """What the server's proxy tells of the single tries."""
    for failure in failures:
        endings = [outcome_of(account).ending for account in failure.upstream]
        reason = next((e for e in endings if FAMILY_OF.get(e) is Family.CONNECTION), None)
        if reason is not None:
            yield TRIES_TELL.hit(failure.upstream[0].source, reason=reason.value)
            return
    tried = [failure for failure in failures if len(failure.upstream) > 1]
    if tried:
        sources = [account.source for account in tried[0].upstream[:3]]
        yield SEVERAL_TRIES.hit(*sources, tries=len(tried[0].upstream))


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The other side's account and the application's log: what failed the single tries."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "upstream-returned-5xx", "route-timeout"),
        question.server_app_log(hop, mesh, ID, "upstream-returned-5xx", "upstream-overloaded"),
        question.istio_objects(hop, mesh, "VirtualService", decides=(ID, "route-timeout")),
    )


MANY_ATTEMPTS = Rule(
    "many-attempts",
    Severity.WARNING,
    _(
        "{by} repeats a failing request {attempts} times: a service in "
        "trouble gets {tries} requests for each one."
    ),
)
NO_RESET = Rule(
    "status-is-no-reset",
    Severity.NOTE,
    _(
        "{route} repeats a 503 that the server sent ({words}), not one that the proxy makes "
        "of a reset: add `reset` where that is safe."
    ),
)
NO_STATUS = Rule(
    "no-status-named",
    Severity.NOTE,
    _(
        "{route} repeats on retriable-status-codes and names no code: nothing is repeated for "
        "it; add the codes, as in `503`."
    ),
)
WRITES_TWICE = Rule(
    "repeats-writes",
    Severity.WARNING,
    _("{route} repeats {method} on {words}: the first one may have been done already."),
)
AMPLIFIES = Rule(
    "amplified",
    Severity.WARNING,
    _("{route} and {other} both retry: one request may become {requests}."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Routes that repeat a request many times."""
    for service in mesh.manifests("VirtualService"):
        for rule in http_rules(service):
            attempts = whole_number(mapping_of(rule.fields.get("retries")).get("attempts"))
            if attempts is not None and attempts >= MANY:
                yield MANY_ATTEMPTS.at(
                    service.where(*rule.path, "retries", "attempts"),
                    attempts=attempts,
                    by=service.full_name,
                    tries=attempts + 1,
                )
    yield from NO_RESET.each(status_is_no_reset(mesh))
    yield from NO_STATUS.each(no_status_named(mesh))
    yield from WRITES_TWICE.each(repeated_writes(mesh))
    yield from AMPLIFIES.each(amplified(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Fewer retries while the service recovers; then mend what fails the single tries."""
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    objects = as_written(mesh)
    policy = retry_policy(objects, hop.host) or retry_policy(mesh, hop.host)
    where = policy.by if policy is not None else _("the VirtualService of {service}")
    yield Remedy(
        title=_("Lower the retries in {where} while {service} is in trouble").format(
            where=where.format(service=name), service=name
        ),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            edit_command(mesh, ROUTE_SETTERS, (policy.by,), namespace)
            if policy is not None
            else edit_route(hop, mesh),
        ),
        edits=one_retry(mesh, policy),
        risks=(_("Callers see single failures that a retry would have hidden."),),
        verify=_("`upstream_rq_retry` falls, and the server's load with it."),
        undo=_("Set the former number of attempts again."),
    )
    limit = per_try_timeout(objects, hop.host) if hop.having(Ending.PER_TRY_TIMEOUT) else None
    if edits := longer_try(mesh, limit):
        yield Remedy(
            title=_("Give each try longer than the answer takes: raise perTryTimeout"),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            edits=edits,
            derived=twice(limit),
            risks=(_("All tries together have to fit into the route's own timeout."),),
            verify=_("Lines with upstream_per_try_timeout stop."),
            undo=_("Set the former perTryTimeout again."),
        )
    yield Remedy(
        title=_("Find in the logs of {service} why the single tries fail, and mend that").format(
            service=name
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        verify=_("`upstream_rq_retry_limit_exceeded` stops growing."),
    )
    yield Remedy(
        title=_("Retry at one level only, few times, and only requests that are safe to repeat"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
    )
