"""RBAC denied: an AuthorizationPolicy refuses the request.

## What happens
The server's proxy (a gateway or waypoint just so) checks each request against the
AuthorizationPolicies that select the workload: first CUSTOM, then DENY, then ALLOW. A DENY rule
that matches refuses. As soon as one ALLOW policy selects the workload, everything that no ALLOW
rule matches is refused as well. HTTP gets `403` with the body `RBAC: access denied` (19 bytes) and
no flag; TCP connections are closed. In ambient mode ztunnel closes the connection.

## How to tell
* Details `rbac_access_denied_matched_policy[ns[NS]-policy[NAME]-rule[N]]`: that DENY rule matched.
* `[none]`: ALLOW policies exist and none matched. Rules on principals and namespaces match nobody
  who comes without mutual TLS; rules on paths see the path as the proxy normalised it.
* A name that ends in `due-to-bad-CUSTOM-action` is a missing provider, not a rule.
* The proxy's debug log says `enforced denied, matched policy ...` (`shadow denied` denies nobody).
* The filter for connections (`filters/network/rbac` in the debug log) closes them: callers see
  `503 UC` and no 403.
* TCP lines carry it in the connection termination details; ztunnel says
  `connection closed due to policy rejection`.

## What to do
Decide whether the caller should be let in. If so, extend the ALLOW rule by its service account, or
narrow the DENY rule. Try changes with the annotation `istio.io/dry-run: "true"` first.

## References
* Istio AuthorizationPolicy API and "implicit enablement"; dry-run annotation.
* Envoy `rbac/utility.cc` (policy in the details); body and length measured on 1.40.0.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, Urgency, refused
from why503.diagnosis.authorization_edit import excepted, let_in
from why503.diagnosis.authorization_remedy import caller_let_in, rule_narrowed
from why503.diagnosis.cause import At, Disposition, Hit, Missing, Remedy, RemedyKind
from why503.diagnosis.clue import Clue, Weight
from why503.diagnosis.hazard import Finder, Hazard, Rule, Severity, met
from why503.diagnosis.scenario import Call, Cure, Knob, Load, Scenario
from why503.facts import Manifest, ProxyEvent, ProxyEventKind, Source, Tunnel
from why503.mesh.armed import negation, policy_rule, tcp_policy
from why503.mesh.armed.policy_name import names_of_nobody
from why503.mesh.ending import Ending
from why503.mesh.extension_provider import custom_policies
from why503.mesh.failure import Failure, Family, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, server_pod, service_name
from why503.mesh.selection import scoped
from why503.mesh.setting import word_of
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "rbac-denied"
TITLE = _("An authorization policy denies the request")
READS = frozenset(
    {"AuthorizationPolicy", "DaemonSet", "Deployment", "IstioOperator", "MeshConfig", "Pod"}
    | {"ProxyEvent", "ReplicaSet", "Service", "StatefulSet", "Tunnel", "fragment"}
)
SIGNS = frozenset({"rbac_access_denied_matched_policy", "RBAC: access denied"})
AT = At.PROXY
ALERT = refused("403", limits=Limits(share=0.05, urgency=Urgency.INFO))
_SHARE = Knob(name="share", low=0.3, high=0.8)
SCENARIO = Scenario(
    summary="An AuthorizationPolicy of the server admits one path and no other.",
    hop=Place.UPSTREAM_PROXY,
    load=Load(calls=(Call(), Call(path="/admin", share=_SHARE))),
    callee={
        "http_filters": [
            {
                "name": "envoy.filters.http.rbac",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
                    "rules": {
                        "action": "ALLOW",
                        "policies": {
                            "ns[{namespace}]-policy[{service}]-rule[0]": {
                                "permissions": [{"url_path": {"path": {"prefix": "{path}"}}}],
                                "principals": [{"any": True}],
                            }
                        },
                    },
                },
            }
        ]
    },
    objects=(
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata:
          name: {service}
          namespace: {namespace}
        spec:
          selector:
            matchLabels:
              app: {service}
          action: ALLOW
          rules:
          - to:
            - operation:
                paths: ["{path}*"]
        """,
    ),
    cure=Cure(callee={"http_filters": None}),
)

RULE_MATCHED = Clue(
    Weight.PROVES,
    _(
        "{count:request was|requests were} denied by rule {rule} of AuthorizationPolicy {policy} "
        "(action DENY)."
    ),
)
NONE_MATCHED = Clue(
    Weight.PROVES,
    _("{count:request was|requests were} denied because no rule of an ALLOW policy matched."),
)
DENIED = Clue(
    Weight.PROVES,
    _("{count:request was|requests were} denied by an authorization policy (RBAC)."),
)
BODY = Clue(Weight.SPEAKS_FOR, _("The caller got Envoy's own text: `RBAC: access denied`."))
BY_LENGTH = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:answer is|answers are} 403 with 19 bytes and without an upstream: `RBAC: access "
        "denied`."
    ),
)
BEHIND = Clue(
    Weight.HINTS,
    _(
        "{count:answer|answers} 403 from behind came at once, with exactly the length of `RBAC: "
        "access denied`."
    ),
)
POLICY_GIVEN = Clue(Weight.SPEAKS_FOR, _("{policy} (action {action}) applies to {service}."))
REJECTED = Clue(
    Weight.PROVES,
    _("ztunnel closed {count:connection|connections} because of a policy."),
)
ANSWERED_401 = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:tunnel was|tunnels were} answered `401 Unauthorized`: so the ztunnel of the "
        "server refuses whom a policy does not let in."
    ),
)
BY_WAYPOINT = Clue(
    Weight.HINTS,
    _(
        "The tunnel to {host} closed at once: so it looks where ztunnel refuses the waypoint's "
        "own identity, which a policy on principals must name too."
    ),
)
LOGGED = Clue(
    Weight.PROVES, _("The proxy's log says that a policy was enforced and denied: {text}")
)
CLOSED_THEN = Clue(
    Weight.PROVES,
    _("A policy refused a connection, by the proxy's log, at the moment at which one was closed."),
)
CLOSED = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The proxy's log shows that the policies check connections and refused one: it is closed "
        "without an answer."
    ),
)
ASKED_OUTSIDE = Clue(
    Weight.HINTS, _("No external authorization is set up, so the denial is the policy's own.")
)
CUSTOM = Clue(
    Weight.SPEAKS_AGAINST,
    _("{policy} asks an external service, and an unknown provider is denied with the same text."),
)

_BAD_ACTION = "due-to-bad-CUSTOM-action"
_NAME = lazy_re(r"ns\[(?P<ns>[^\]]{0,253})\]-policy\[(?P<name>[^\]]{0,253})\]-rule\[(?P<n>\d+)\]")
_OF_CONNECTIONS = "filters/network/rbac/"
"""Where in Envoy's source the filter for connections is, as the head of its log lines names it."""
_TOGETHER = 1.0
"""Most seconds between a refusal in one log and the end of the connection in another."""
_UNAUTHORIZED = "http status: 401"
_REJECTION = ("policy rejection", "explicitly denied by", "allow policies exist")


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The denial, the policy that it names, and ztunnel's rejections."""
    yield from _rejections(hop, mesh)
    yield from _logged(hop, mesh)
    denied = tuple(f for f in hop.having(Ending.RBAC_DENIED) if _may_be_policy(hop, f))
    if not denied:
        return
    named = next((found for f in denied if (found := _NAME.search(f.outcome.detail))), None)
    if named is not None:
        policy = f"{named['ns']}/{named['name']}"
        yield RULE_MATCHED.hit(
            *hop.sources(denied),
            *_sources(_named(mesh, named["ns"], named["name"])),
            count=len(denied),
            rule=named["n"],
            policy=policy,
        )
        return
    yield from _unnamed(hop, mesh, denied)
    for manifest in _others(hop, mesh)[:1]:
        yield POLICY_GIVEN.hit(
            manifest.source,
            policy=manifest.full_name,
            action=word_of(manifest.get("spec", "action")) or "ALLOW",
            service=service_name(hop),
        )


def _may_be_policy(hop: Hop, failure: Failure) -> bool:
    """False for a CUSTOM action without a provider, and for what a server outside answered."""
    outside = failure.outcome.behind is not None and hop.role is Role.DOWNSTREAM
    return not outside and _BAD_ACTION not in failure.outcome.detail


def _unnamed(hop: Hop, mesh: Mesh, denied: tuple[Failure, ...]) -> Iterator[Hit]:
    """Denials without a policy's name: details `[none]`, a body, or only a length."""
    sources, count = hop.sources(denied), len(denied)
    told = [f for f in denied if f.teller.details and not f.outcome.surmised]
    if any(failure.outcome.detail == "none" for failure in denied):
        yield NONE_MATCHED.hit(*sources, count=count)
    elif told:
        yield DENIED.hit(*sources, count=count)
    else:
        yield _by_text(denied).hit(*sources, count=count)
        if custom := custom_policies(mesh, hop.host):
            yield CUSTOM.hit(custom[0].source, policy=custom[0].full_name)
        elif policies := mesh.manifests("AuthorizationPolicy"):
            yield ASKED_OUTSIDE.hit(policies[0].source)


def _by_text(denied: tuple[Failure, ...]) -> Clue:
    """What the body, or its length alone, tells."""
    if not all(failure.outcome.surmised for failure in denied):
        return BODY
    return BEHIND if all(failure.outcome.behind for failure in denied) else BY_LENGTH


def _named(mesh: Mesh, namespace: str, name: str) -> Manifest | None:
    for policy in mesh.manifests("AuthorizationPolicy"):
        if policy.name == name and policy.namespace in {"", namespace}:
            return policy
    return None


def _sources(policy: Manifest | None) -> list[Source]:
    return [policy.source] if policy is not None else []


def _others(hop: Hop, mesh: Mesh) -> list[Manifest]:
    """ALLOW and DENY policies that apply to the hop's workloads."""
    selector = ("spec", "selector", "matchLabels")
    found = scoped(mesh, "AuthorizationPolicy", hop.host, *selector)
    return [item.manifest for item in found if item.manifest.get("spec", "action") != "CUSTOM"]


def _rejections(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What ztunnel says, where no proxy tells of a failed request; a tunnel that was closed."""
    closed = hop.having(Ending.CONNECTION_TERMINATION)
    hosts = [host for host in hop.upstream_hosts if "connect_originate/" in host]
    if closed and hosts and not hop.having(Ending.RBAC_DENIED):
        yield BY_WAYPOINT.hit(*hop.sources(closed), host=hosts[0])
    if hop.failures and not (hop.role is Role.CLIENT and hop.family is Family.UNKNOWN):
        return
    rejected = [t for t in mesh.facts(Tunnel) if any(word in t.error for word in _REJECTION)]
    if rejected:
        yield REJECTED.hit(*(tunnel.source for tunnel in rejected[:3]), count=len(rejected))
        return
    answered = [t for t in mesh.facts(Tunnel) if _UNAUTHORIZED in t.error]
    if answered:
        yield ANSWERED_401.hit(*(tunnel.source for tunnel in answered[:3]), count=len(answered))


def _logged(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Denials in a proxy's debug log, where no proxy's access log tells otherwise."""
    events = mesh.events(ProxyEvent, ProxyEventKind.RBAC_DENIED)
    yield from _closed(hop, [event for event in events if _OF_CONNECTIONS in event.raw])
    if hop.failures and not (hop.family is Family.UNKNOWN or hop.having(Ending.RBAC_DENIED)):
        return
    for event in events[:1]:
        text = event.text or _("no rule of an ALLOW policy matched")
        yield LOGGED.hit(event.source, text=text)


def _closed(hop: Hop, refused: list[ProxyEvent]) -> Iterator[Hit]:
    """Connections that the network filter refused, against those that ended unanswered."""
    ended = hop.having(Ending.CONNECTION_TERMINATION)
    times = [failure.teller.time for failure in ended if failure.teller.time is not None]
    for event in refused:
        if event.time is not None and any(abs(event.time - time) <= _TOGETHER for time in times):
            yield CLOSED_THEN.hit(event.source, *hop.sources(ended, 1))
            return
    if ended and refused and not times:
        yield CLOSED.hit(refused[0].source)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The policies, and the server's proxy, which names the one that matched."""
    yield from question.given(
        question.istio_objects(hop, mesh, "AuthorizationPolicy", decides=(ID, "ext-authz-failure")),
        question.server_proxy_log(hop, mesh, ID, "ext-authz-failure", "upstream-returned-5xx"),
    )


ARMED: dict[Finder, Rule] = {
    policy_rule.without_rules: Rule(
        "allows-nothing",
        Severity.NOTE,
        _(
            "{policy} allows nothing: it has no rule, so what no other ALLOW policy lets in is "
            "denied."
        ),
    ),
    policy_rule.for_no_pod: Rule(
        "selects-no-pod",
        Severity.WARNING,
        _("{policy} is for pods with {labels}, which no workload given has."),
        ("IST0127", "KIA0004"),
    ),
    names_of_nobody: Rule(
        "names-nobody",
        Severity.WARNING,
        _("{policy} lets in {who}, and {why}: who was meant is denied."),
        ("KIA0101", "KIA0102", "KIA0106"),
    ),
    tcp_policy.http_allowed_on_tcp: Rule(
        "http-allow-on-tcp-port",
        Severity.ERROR,
        _(
            "{policy} asks for {field}, which only HTTP has: at port {port} of {service} "
            "({protocol}) the rule is left out, and nobody is let in."
        ),
    ),
    tcp_policy.http_denied_on_tcp: Rule(
        "http-deny-on-tcp-port",
        Severity.ERROR,
        _(
            "{policy} asks for {field}, which only HTTP has: at port {port} of {service} "
            "({protocol}) the rule denies without asking for it."
        ),
    ),
    tcp_policy.http_rules_at_ztunnel: Rule(
        "http-rule-at-ztunnel",
        Severity.ERROR,
        _("{policy} asks for {field}, which ztunnel does not see: {effect}."),
        ("KIA0109", "KIA0110", "KIA1317"),
    ),
    negation.never_met: Rule(
        "condition-never-met",
        Severity.WARNING,
        _("{policy} has a rule that holds for nobody: {field} takes away all that it asks for."),
    ),
    negation.all_denied: Rule(
        "denies-everything",
        Severity.WARNING,
        _(
            "{policy} denies all but {one} ({field}), {by} all but {other}: together they deny "
            "everything."
        ),
    ),
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Policies that deny everything, or whose conditions never hold."""
    return met(ARMED, mesh)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """See which rule denies; let the caller in by its service account."""
    name, namespace, pod = service_name(hop), namespace_of(hop, mesh), server_pod(hop, mesh)
    check = f"istioctl experimental authz check {pod}.{namespace}"
    details = [found for f in hop.failures if (found := _NAME.search(f.outcome.detail))]
    if details:
        rule = details[0]
        policy = f"{rule['ns']}/{rule['name']}"
        edits = excepted(hop, mesh, policy, rule["n"])
        yield rule_narrowed(name, check, policy, rule["n"], edits)
    else:
        yield caller_let_in(name, check, namespace, let_in(hop, mesh))
    yield Remedy(
        title=_('Try policies with the annotation `istio.io/dry-run: "true"` before they apply'),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
    )
