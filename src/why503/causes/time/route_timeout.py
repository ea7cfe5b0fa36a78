"""Route timeout: the time that the route gives a request ran out before the answer was complete.

## What happens
The caller's proxy (or the gateway) starts a clock when the request has been received in full. When
it reaches the route's timeout without a complete answer, the proxy answers `504 UT`,
`response_timeout`, body `upstream request timeout`, and resets the stream to the upstream, which
works on in vain. If headers were out already, the answer is cut off and its code stays (`200 UT`);
a gRPC caller gets code 200 with `grpc-status: 14` (4 only where a runtime guard of Envoy 1.38 and
later says so). Istio gives routes no timeout unless a
VirtualService or HTTPRoute sets one (true since 1.0); plain Envoy gives 15 s. Callers can ask for
less with `x-envoy-upstream-rq-timeout-ms`.

## How to tell
* UT requests all took the same time: the timeout. 15,000 ms points at Envoy's own default where the
  clusters are not Istio's (`outbound|...`).
* The server's proxy logs `0 DC` for the same request at that moment: the application was still at
  work.
* If the server's proxy never saw the requests while others went through, they were written to dead
  connections: that is a stale connection, and the timeout only made it visible.
* `upstream_per_try_timeout` is the timeout of a single try (`perTryTimeout`).
* Counters `upstream_rq_timeout`, `upstream_rq_per_try_timeout`.

## What to do
Compare the timeout with the time that good answers take. Raise it for the slow paths only, set the
caller's own timeout above it, or make the answer faster. Streams and long polls need `timeout: 0s`.

## References
* Istio `route/route.go` 1.0-1.31 (timeout 0 unless set); Envoy `route_components.proto` (15 s).
* Envoy router documentation: `x-envoy-upstream-rq-timeout-ms`, `per_try_timeout`.
* `504 UT` with `0 DC` at the server's proxy measured on Envoy 1.40.0.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import flagged
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.route_edit import longer_timeout, twice
from why503.diagnosis.scenario import Answer, Cure, Knob, Scenario, Seconds
from why503.diagnosis.scenario_part import slow_half, virtual_service
from why503.diagnosis.standing_object import ROUTE_SETTERS, edit, edit_command, routing_service
from why503.facts import AppEvent, AppEventKind, LoadedRoute, Request
from why503.mesh.address import cluster_name
from why503.mesh.dead_connection import did_arrive
from why503.mesh.ending import Ending
from why503.mesh.envoy_setting import envoy_settings
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name, telling_pod
from why503.mesh.route import http_rules, per_try_timeout, route_timeout
from why503.mesh.setting import Setting, mapping_of, whole_number
from why503.mesh.teller import tellers_of
from why503.mesh.timing import bunched_at, durations
from why503.mesh.written import as_written, behind
from why503.support.duration import seconds_of, spell
from why503.support.text import _

ID = "route-timeout"
TITLE = _("The timeout of the route ran out before the answer was complete")
READS = frozenset(
    {"AppEvent", "BackendTrafficPolicy", "EnvoyFilter", "GRPCRoute", "HTTPRoute"}
    | {"LoadedRoute", "Service", "VirtualService", "fragment"}
)
SIGNS = frozenset(
    {"UT", "response_timeout", "upstream_per_try_timeout", "upstream request timeout"}
)
AT = At.PROXY
ALERT = flagged("UT", code="504")
_LIMIT = Knob(name="limit", low=0.2, high=0.5, seconds=True)
SCENARIO = Scenario(
    summary="The route's timeout is shorter than what some answers take.",
    hop=Place.DOWNSTREAM_PROXY,
    **slow_half("report", _LIMIT, 2, others=Answer(delay=0.01)),
    caller={"route": {"route": {"timeout": Seconds(_LIMIT)}}},
    objects=(
        virtual_service(
            """
            - route:
              - destination:
                  host: {host}
              timeout: {limit}s
            """
        ),
    ),
    cure=Cure(caller={"route": {"route": {"timeout": "0s"}}}),
)

RAN_OUT = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:request was|requests were} ended by the proxy's clock: no complete answer in time "
        "(UT)."
    ),
)
BY_LENGTH = Clue(
    Weight.HINTS,
    _(
        "{count:answer has|answers have} code 504 and exactly the length of Envoy's `upstream "
        "request timeout`."
    ),
)
LIKE_THE_SETTING = Clue(
    Weight.PROVES,
    _("They were ended after {duration}, which is the timeout that {by} sets ({timeout})."),
)
MAYBE_ON_THE_WAY = Clue(
    Weight.SPEAKS_FOR,
    _(
        "They were ended after {duration}, which is the timeout that {by} sets ({timeout}); "
        "that the server had them is not shown."
    ),
)
SETTING_NEAR = Clue(
    Weight.HINTS,
    _("{by} sets a timeout of {timeout}."),
)
ENVOY_DEFAULT = Clue(
    Weight.SPEAKS_FOR,
    _("They were ended after {duration}: Envoy gives a route 15 s where nothing is set."),
)
SAME_TIME = Clue(
    Weight.HINTS,
    _("They were all ended after about {duration}, as by one clock."),
)
ROUND_TIME = Clue(
    Weight.HINTS,
    _("It was ended after {duration}, a round time, as timeouts are set."),
)
STILL_AT_WORK = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The server's proxy had {count} of these and saw the caller leave while the application "
        "was still at work."
    ),
)
HAD_BEGUN = Clue(
    Weight.HINTS,
    _("The answer had begun when the clock ran out: the upstream was alive and sending."),
)
NEVER_ARRIVED = Clue(
    Weight.SPEAKS_AGAINST,
    _(
        "The server's proxy has no line of {count} of these requests: they got lost on the way, "
        "and the timeout only made it visible."
    ),
)
APP_OVERLOADED = Clue(
    Weight.SPEAKS_AGAINST,
    _("The application says that it was saturated: {text}."),
)

ENVOY_TIMEOUT = 15.0
"""Seconds: Envoy's default for a route that sets none."""
_NEAR = 0.02
_LEAST_SLACK = 0.05
"""Seconds, besides a share of the timeout, by which a timer and a log may differ."""
_BY_CHANCE = 0.01
"""Seconds by which the clock of a route is late."""
_HALF = 0.5
_MOST = 0.6


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UT, its duration against the timeouts that are set, and the server's side of it."""
    failures = hop.having(Ending.RESPONSE_TIMEOUT, Ending.PER_TRY_TIMEOUT)
    if not failures:
        return
    surmised = all(failure.outcome.surmised for failure in failures)
    ran_out = BY_LENGTH if surmised else RAN_OUT
    yield ran_out.hit(
        *hop.sources(failures), count=len(failures), observation="" if surmised else "clock"
    )
    lost = [failure for failure in failures if failure.server_silent]
    doubtful = len(lost) >= _HALF * len(failures)
    if doubtful:
        yield NEVER_ARRIVED.hit(*hop.sources(lost), count=len(lost))
    saturated = _saturated(hop, mesh)
    if saturated is not None:
        yield APP_OVERLOADED.hit(saturated.source, text=saturated.text)
    yield from _duration(hop, mesh, failures, proves=not doubtful and saturated is None)
    yield from _other_side(hop, failures)


def _saturated(hop: Hop, mesh: Mesh) -> AppEvent | None:
    """The server's application saying that it had too much to do."""
    told = mesh.events(AppEvent, AppEventKind.OVERLOADED)
    servers = tellers_of(mesh, hop.host) if told else frozenset()
    return next((event for event in told if event.teller in servers), None)


def _duration(
    hop: Hop, mesh: Mesh, failures: tuple[Failure, ...], *, proves: bool
) -> Iterator[Hit]:
    """How long the requests took, against the timeouts that are set."""
    took = [f.teller.duration / 1000 for f in failures if f.teller.duration is not None]
    usual = bunched_at(took, _NEAR) or (sorted(took)[len(took) // 2] if took else None)
    settings = _settings(hop, mesh)
    for setting in settings:
        if took and _share_near(took, setting.value) >= _MOST and usual is not None:
            here = LIKE_THE_SETTING if did_arrive(hop, failures) else MAYBE_ON_THE_WAY
            clue = here if proves else SETTING_NEAR
            yield clue.hit(
                *hop.sources(failures),
                *([setting.source] if setting.source else []),
                duration=spell(usual),
                by=setting.by,
                timeout=spell(setting.value),
                observation="duration",
            )
            return
    if usual is None:
        for setting in settings[:1]:
            sources = [setting.source] if setting.source else []
            yield SETTING_NEAR.hit(*sources, by=setting.by, timeout=spell(setting.value))
        return
    if _share_near(took, ENVOY_TIMEOUT) >= _MOST and not _made_by_istio(failures):
        clue = ENVOY_DEFAULT
    elif len(took) > 1 and bunched_at(took, _NEAR) is not None:
        clue = SAME_TIME
    elif proves and _is_round(usual):
        clue = ROUND_TIME
    else:
        return
    # The flag tells of a clock already; where it is only surmised, the time adds to it.
    told = any(not f.outcome.surmised for f in failures) and clue is not ENVOY_DEFAULT
    yield clue.hit(
        *hop.sources(failures),
        duration=spell(usual),
        observation="clock" if told else "duration",
    )


def _is_round(seconds: float) -> bool:
    """True for about a whole number of half seconds, as nobody's work takes by chance."""
    return seconds >= _HALF and abs(seconds - round(2 * seconds) / 2) <= _BY_CHANCE


def _made_by_istio(failures: tuple[Failure, ...]) -> bool:
    """True where istiod made the routes: it gives each a timeout of 0 unless one is set."""
    return any(cluster_name(failure.teller.upstream_cluster) is not None for failure in failures)


def _settings(hop: Hop, mesh: Mesh) -> list[Setting[float]]:
    """Timeouts, in seconds, that can apply: of routes, of single tries, of Envoy's own YAML."""
    found = [route_timeout(mesh, hop.host)]
    if hop.having(Ending.PER_TRY_TIMEOUT):
        found.insert(0, per_try_timeout(mesh, hop.host))
    for setting in envoy_settings(mesh, "timeout"):
        seconds = seconds_of(setting.value)
        if seconds:
            found.append(
                Setting(value=seconds, source=setting.source, default=False, by=setting.by)
            )
    return [setting for setting in found if setting is not None]


def _share_near(values: list[float], wanted: float) -> float:
    slack = max(_NEAR * wanted, _LEAST_SLACK)
    return sum(abs(value - wanted) <= slack for value in values) / len(values)


def _other_side(hop: Hop, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    """What the server's proxy saw of the same requests, and whether the answer had begun."""
    left = [
        account for failure in failures for account in failure.upstream if _caller_left(account)
    ]
    if left:
        yield STILL_AT_WORK.hit(*(account.source for account in left[:3]), count=len(left))
    begun = [failure for failure in failures if _had_begun(failure)]
    if begun:
        # With the duration it says one thing: a clock ended a request that was being served.
        yield HAD_BEGUN.hit(*hop.sources(begun), observation="duration")


def _caller_left(account: Request) -> bool:
    return account.code == 0 or bool({"DC", "DR"} & (account.flags or frozenset()))


def _had_begun(failure: Failure) -> bool:
    return failure.outcome.after_headers or "Prior headers have already" in failure.teller.raw


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The server's side, the route that sets the timeout, the application's log."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "stale-connection"),
        question.istio_objects(hop, mesh, "VirtualService", "HTTPRoute", decides=(ID,)),
        question.server_app_log(hop, mesh, ID, "upstream-overloaded"),
        None if mesh.facts(LoadedRoute) else question.proxy_loaded(hop, mesh, "routes", ID),
    )


RETRIES_CUT = Rule(
    "retries-exceed-timeout",
    Severity.WARNING,
    _(
        "{by} gives {tries} tries of {single} each only {whole} together: "
        "the last tries are cut off (504 UT)."
    ),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Routes whose retries do not fit into the timeout of the whole request."""
    for service in mesh.manifests("VirtualService"):
        for rule in http_rules(service):
            retries = mapping_of(rule.fields.get("retries"))
            whole, single = (
                seconds_of(rule.fields.get("timeout")),
                seconds_of(retries.get("perTryTimeout")),
            )
            attempts = whole_number(retries.get("attempts"))
            if whole and single and attempts and single * (attempts + 1) > whole:
                yield RETRIES_CUT.at(
                    service.where(*rule.path, "timeout"),
                    by=service.full_name,
                    single=spell(single),
                    tries=attempts + 1,
                    whole=spell(whole),
                )


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Raise the timeout where slow answers are meant; else make the answer faster."""
    name = service_name(hop)
    written = route_timeout(as_written(mesh), hop.host)
    setting = behind(route_timeout(mesh, hop.host), written)
    longest = max(durations(hop), default=1000 * ENVOY_TIMEOUT) / 1000
    limit = setting.value if setting is not None else longest
    title = _("Raise the timeout of {service} above the slowest answer that callers wait for")
    header = _("The caller itself may set it, by the header `x-envoy-upstream-rq-timeout-ms`.")
    yield Remedy(
        title=title.format(service=name),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=longer_timeout(mesh, setting),
        commands=(_where_it_is_set(hop, mesh, setting),),
        derived=twice(setting),
        risks=(
            _("Slow requests hold connections and memory for longer."),
            *((header,) if setting is None else ()),
        ),
        verify=_("Lines with UT stop, and good answers slower than {limit} appear.").format(
            limit=spell(limit)
        ),
        undo=_("Set the former timeout again."),
    )
    yield Remedy(
        title=_("Make the slow answers of {service} faster, or let the caller ask for less").format(
            service=name
        ),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        verify=_("The 99th percentile of its duration stays below half of the timeout."),
    )


def _where_it_is_set(hop: Hop, mesh: Mesh, setting: Setting[float] | None) -> str:
    """Command that edits the object that sets the timeout; that finds it where none is known."""
    namespace = namespace_of(hop, mesh)
    if setting is not None:
        return edit_command(mesh, ROUTE_SETTERS, (setting.by,), namespace)
    if (service := routing_service(hop, mesh)) is not None:
        return edit(service, namespace)
    space, pod = telling_pod(hop, mesh)
    return f"istioctl proxy-config routes {pod}.{space} -o json | grep -inE '\"[a-z]*timeout\"'"
