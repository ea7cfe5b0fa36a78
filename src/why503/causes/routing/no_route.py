"""No route: no virtual host or route of the proxy matches the host, port or path of the request.

## What happens
The proxy looks for a virtual host by the request's authority, then for the first route in it
whose conditions match. If there is none it answers by itself: `404 NR route_not_found`, an empty
body, no cluster and no upstream host in the line, duration 0. In Istio a VirtualService for a
host replaces the default route to that service altogether: a request that none of its rules
matches gets 404, even though the Service is there.

## How to tell
* Flag NR with code 404 (503 NR of Envoy before 1.18 is a missing cluster, not a missing route).
* Other paths, methods or headers of the same host go well: the rules decide.
* Every request for the host fails: the host itself is not in any virtual host. At a gateway see
  `gateway-misconfig`, with REGISTRY_ONLY see `sidecar-egress-scope`.
* `istioctl proxy-config routes POD` shows domains and matches that the proxy really has. A route
  for `host:port` does not match another port.

## What to do
Add a rule for the missing requests, or a last rule without `match`. Mind that `prefix: /v1/` does
not match `/v1`, that `exact` is exact, that rules are tried in order, that `headers`, `method`
and `sourceLabels` all have to hold, and that a VirtualService bound to gateways only does not
count for sidecars (and the other way round: `mesh`).

## References
* Envoy `router.cc`, `conn_manager_impl.cc`: `route_not_found`, flag NR, 404; NC for clusters
  since 1.18.
* Istio VirtualService API, HTTPMatchRequest: entries are alternatives, the fields of one must all
  hold.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import NO_GATEWAY, flagged
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
from why503.diagnosis.route_edit import last_rule
from why503.diagnosis.scenario import Call, Cure, Knob, Load, Scenario
from why503.diagnosis.scenario_part import virtual_service
from why503.facts import Manifest, Source
from why503.mesh.address import is_address, split_host
from why503.mesh.armed.claim import claims_without_tokens
from why503.mesh.armed.match_condition import matches_never_met
from why503.mesh.armed.overlap import empty_weights, rivals_for_host, unreachable_rules
from why503.mesh.course import Course, course_of
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name
from why503.mesh.route import http_rules
from why503.mesh.route_match import hosts_of, matches_listed, route_takes, routes_taking
from why503.mesh.timing import successes
from why503.support.text import _

ID = "no-route"
TITLE = _("No route of the proxy matches the request")
READS = frozenset({"GRPCRoute", "HTTPRoute", "ProxyRoute", "VirtualService"})
SIGNS = frozenset({"NR", "route_not_found"})
AT = At.PROXY
ALERT = flagged("NR", code="404", among={NO_GATEWAY: "web"})
SCENARIO = Scenario(
    summary="A VirtualService lists some paths and has no rule for the others.",
    hop=Place.DOWNSTREAM_PROXY,
    load=Load(
        calls=(Call(), Call(path="/export/all", share=Knob(name="share", low=0.3, high=0.8)))
    ),
    caller={"route": {"name": "known", "match": {"prefix": "{path}"}}},
    objects=(
        virtual_service(
            """
            - name: known
              match:
              - uri:
                  prefix: {path}
              route:
              - destination:
                  host: {host}
            """
        ),
    ),
    cure=Cure(caller={"route": {"match": {"prefix": "/"}}}),
)

NOT_FOUND = Clue(
    Weight.SPEAKS_FOR,
    _("{count:request was|requests were} answered 404 NR by the proxy itself: no route matched."),
)
RULES_MISS = Clue(
    Weight.PROVES,
    _("{route} takes requests for {host}, but none of its rules ({rules}) matches {path}."),
)
RULE_TAKES = Clue(
    Weight.SPEAKS_AGAINST,
    _("{route} has a rule for {host} that matches {path}."),
)
HOST_UNKNOWN = Clue(
    Weight.SPEAKS_FOR,
    _("None of the routes given is for the host {host} (they are for {hosts})."),
)
NOT_LOADED = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy's route table has no domain {host}."),
)
BY_ADDRESS = Clue(
    Weight.HINTS,
    _(
        "The request asked for the address {host}; routes are chosen "
        "by the name in the Host header."
    ),
)
OTHERS_PASS = Clue(
    Weight.SPEAKS_FOR,
    _(
        "Other requests for {host} went well meanwhile: the proxy knows the "
        "host, so path, method or headers decide."
    ),
)
ALL_FAIL = Clue(
    Weight.HINTS,
    _("Every request for {host} ended so: the proxy does not know the host or has no rule for it."),
)
STOPPED = Clue(
    Weight.SPEAKS_AGAINST,
    _("Requests for {host} went well again afterwards: the route was missing only for a while."),
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """NR, and what the routes given say of the request."""
    failures = hop.having(Ending.NO_ROUTE)
    if not failures:
        return
    yield NOT_FOUND.hit(*hop.sources(failures), count=len(failures))
    host = _authority(failures[0]) or hop.host
    if is_address(host):
        yield BY_ADDRESS.hit(*hop.sources(failures, most=1), host=host)
    yield from _routes(failures, host, mesh)
    yield from _loaded(host, mesh)
    yield from _course(hop, mesh, host)


def _authority(failure: Failure) -> str:
    return split_host(failure.account.authority)[0]


def _routes(failures: tuple[Failure, ...], host: str, mesh: Mesh) -> Iterator[Hit]:
    """What the rules of the routes for the host do with the failed requests."""
    routes = routes_taking(mesh, host) if host else ()
    if not routes:
        yield from _host_unknown(host, mesh)
        return
    for failure in failures:
        answers = [(route, route_takes(route, failure.account)) for route in routes]
        path = (failure.account.path or "").partition("?")[0]
        if path and all(answer is False for _route, answer in answers):
            route = answers[0][0]
            yield RULES_MISS.hit(
                failure.teller.source,
                _rules_source(route),
                route=route.full_name,
                host=host,
                rules=matches_listed(route),
                path=path,
                observation="rules",
            )
            return
        taker = next((route for route, answer in answers if answer), None)
        if taker is not None and path:
            yield RULE_TAKES.hit(
                taker.source, route=taker.full_name, host=host, path=path, observation="rules"
            )
            return


def _rules_source(route: Manifest) -> Source:
    rules = http_rules(route)
    return route.where(*rules[0].path) if rules else route.source


def _host_unknown(host: str, mesh: Mesh) -> Iterator[Hit]:
    routes = [
        route
        for kind in ("VirtualService", "HTTPRoute", "GRPCRoute")
        for route in mesh.manifests(kind)
        if not route.partial
    ]
    names = sorted({name for route in routes for name in hosts_of(route)})
    if names and host:
        yield HOST_UNKNOWN.hit(
            *(route.source for route in routes[:2]), host=host, hosts=", ".join(names[:4])
        )


def _loaded(host: str, mesh: Mesh) -> Iterator[Hit]:
    """Whether the proxy's own route table, where given, has the host."""
    tables = mesh.manifests("ProxyRoute")
    domains = {
        str(domain).split(":")[0] for table in tables for _, domain in table.items("domains")
    }
    known = any(domain in {"*", host} or host.startswith(f"{domain}.") for domain in domains)
    if domains and host and not known and not any("more" in domain for domain in domains):
        yield NOT_LOADED.hit(tables[0].source, host=host)


def _course(hop: Hop, mesh: Mesh, host: str) -> Iterator[Hit]:
    course = course_of(hop, mesh)
    if course is Course.MIXED:
        good = [line for group in successes(hop, mesh)[:3] for line in group.exemplars[:1]]
        yield OTHERS_PASS.hit(*good, host=host, observation="course")
    elif course is Course.ALWAYS:
        yield ALL_FAIL.hit(*hop.sources(most=1), host=host, observation="course")
    elif course in {Course.BRIEF, Course.STOPPED} and hop.count > 1:
        yield STOPPED.hit(*hop.sources(most=1), host=host, observation="course")


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The route objects, the Gateways, and what the proxy has loaded."""
    yield from question.given(
        question.istio_objects(
            hop, mesh, "VirtualService", "HTTPRoute", decides=(ID, "sidecar-egress-scope")
        ),
        question.istio_objects(hop, mesh, "Gateway", decides=(ID, "gateway-misconfig")),
        question.proxy_loaded(hop, mesh, "routes", ID, "xds-stale", "canary-ordering"),
    )


UNREACHABLE = Rule(
    "unreachable-rule",
    Severity.WARNING,
    _("Rule {number} of {route} is never reached: rule {before} takes its requests."),
    ("IST0130", "IST0131"),
)
TWO_ROUTES = Rule(
    "two-routes-for-host",
    Severity.WARNING,
    _("{route} and {other} are both for {host} at the sidecars: only one of them is in force."),
    ("IST0109", "KIA1106"),
)
NO_WEIGHT = Rule(
    "no-weight",
    Severity.ERROR,
    _("All destinations of a rule of {route} have the weight 0: the object is refused."),
    ("IST0106",),
)
NO_TOKENS = Rule(
    "claims-without-tokens",
    Severity.WARNING,
    _("{route} asks for {claim}, and no RequestAuthentication given reads tokens at {gateway}."),
    ("IST0149",),
)
NEVER_MET = Rule(
    "match-never-met",
    Severity.WARNING,
    _("{route} has a match that no request meets: {why}."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Rules that no request reaches, and two routes for one host."""
    yield from NEVER_MET.each(matches_never_met(mesh))
    yield from NO_TOKENS.each(claims_without_tokens(mesh))
    yield from UNREACHABLE.each(unreachable_rules(mesh))
    yield from TWO_ROUTES.each(rivals_for_host(mesh))
    yield from NO_WEIGHT.each(empty_weights(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """A rule for what is missing, and a look at the table before the next change."""
    failures = hop.having(Ending.NO_ROUTE)
    host = (_authority(failures[0]) if failures else "") or hop.host
    routes = routes_taking(mesh, host) if host else ()
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    if routes:
        route = routes[0]
        kind, where = route.kind.lower(), route.namespace or namespace
        yield Remedy(
            title=_(
                "Add a rule for the missing requests to {route}, or a last rule without `match`"
            ).format(route=route.full_name),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            edits=last_rule(route, host),
            opens=True,
            commands=(f"kubectl -n {where} edit {kind} {route.name}",),
            risks=(
                _(
                    "A rule without `match` must stand last, and lets paths "
                    "through that were shut out so far."
                ),
            ),
            verify=_("The same request is no longer answered 404 NR."),
            undo=f"kubectl -n {where} edit {kind} {route.name}",
        )
    else:
        yield Remedy(
            title=_(
                "Give {host} a route: a VirtualService with this host, "
                "bound to the gateway or to `mesh`"
            ).format(host=host or name),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            commands=("istioctl analyze -A", "istioctl proxy-config routes <pod>.<namespace>"),
            verify=_("`istioctl proxy-config routes` of the failing proxy lists the host."),
        )
    yield Remedy(
        title=_('Check routes before they are applied, and alert on response_flags="NR"'),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        commands=("istioctl analyze --all-namespaces",),
    )
