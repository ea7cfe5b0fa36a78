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
* TCP lines carry it in the connection termination details; ztunnel says
  `connection closed due to policy rejection`.

## What to do
Decide whether the caller should be let in. If so, extend the ALLOW rule by its service account, or
narrow the DENY rule. Try changes with the annotation `istio.io/dry-run: "true"` first.

## References
* Istio AuthorizationPolicy API and "implicit enablement"; dry-run annotation.
* Envoy `rbac/utility.cc` (policy in the details); body and length measured on 1.40.0.
"""

import re
from collections.abc import Iterator

from why503.diagnosis import question
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
from why503.diagnosis.scenario import Call, Cure, Knob, Load, Scenario
from why503.facts import Manifest, ProxyEvent, ProxyEventKind, Source, Tunnel
from why503.mesh.armed.reference import selectors_without_pods
from why503.mesh.ending import Ending
from why503.mesh.extension_provider import custom_policies
from why503.mesh.failure import Failure, Family
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, server_pod, service_name
from why503.mesh.selection import scoped
from why503.mesh.setting import word_of
from why503.support.text import _

ID = "rbac-denied"
TITLE = _("An authorization policy denies the request")
READS = frozenset(
    {
        "AuthorizationPolicy",
        "DaemonSet",
        "Deployment",
        "IstioOperator",
        "MeshConfig",
        "Pod",
        "ProxyEvent",
        "ReplicaSet",
        "Service",
        "StatefulSet",
        "Tunnel",
        "fragment",
    }
)
SIGNS = frozenset({"rbac_access_denied_matched_policy", "RBAC: access denied"})
AT = At.PROXY
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
    _("{count:request was|requests were} denied by rule {rule} of AuthorizationPolicy {policy}."),
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
    _("{count:answer|answers} 403 {count:has|have} exactly the length of `RBAC: access denied`."),
)
POLICY_GIVEN = Clue(Weight.SPEAKS_FOR, _("{policy} (action {action}) applies to {service}."))
REJECTED = Clue(
    Weight.PROVES,
    _("ztunnel closed {count:connection|connections} because of a policy."),
)
LOGGED = Clue(
    Weight.PROVES, _("The proxy's log says that a policy was enforced and denied: {text}")
)
ASKED_OUTSIDE = Clue(
    Weight.HINTS, _("No external authorization is set up, so the denial is the policy's own.")
)
CUSTOM = Clue(
    Weight.SPEAKS_AGAINST,
    _("{policy} asks an external service, and an unknown provider is denied with the same text."),
)

_BAD_ACTION = "due-to-bad-CUSTOM-action"
_NAME = re.compile(
    r"ns\[(?P<ns>[^\]]{0,253})\]-policy\[(?P<name>[^\]]{0,253})\]-rule\[(?P<n>\d+)\]"
)
_REJECTION = ("policy rejection", "explicitly denied by", "allow policies exist")


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The denial, the policy that it names, and ztunnel's rejections."""
    yield from _rejections(hop, mesh)
    yield from _logged(hop, mesh)
    denied = tuple(f for f in hop.having(Ending.RBAC_DENIED) if _BAD_ACTION not in f.outcome.detail)
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


def _unnamed(hop: Hop, mesh: Mesh, denied: tuple[Failure, ...]) -> Iterator[Hit]:
    """Denials without a policy's name: details `[none]`, a body, or only a length."""
    sources, count = hop.sources(denied), len(denied)
    told = [f for f in denied if f.teller.details and not f.outcome.surmised]
    if any(failure.outcome.detail == "none" for failure in denied):
        yield NONE_MATCHED.hit(*sources, count=count)
    elif told:
        yield DENIED.hit(*sources, count=count)
    else:
        clue = BY_LENGTH if all(f.outcome.surmised for f in denied) else BODY
        yield clue.hit(*sources, count=count)
        custom = custom_policies(mesh, hop.host)
        if custom:
            yield CUSTOM.hit(custom[0].source, policy=custom[0].full_name)
        else:
            yield ASKED_OUTSIDE.hit()


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
    """What ztunnel says, where no proxy tells of a failed request."""
    if hop.failures:
        return
    rejected = [t for t in mesh.facts(Tunnel) if any(word in t.error for word in _REJECTION)]
    if rejected:
        yield REJECTED.hit(*(tunnel.source for tunnel in rejected[:3]), count=len(rejected))


def _logged(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Denials in a proxy's debug log, where no proxy's access log tells otherwise."""
    if hop.failures and not (hop.family is Family.UNKNOWN or hop.having(Ending.RBAC_DENIED)):
        return
    events = [e for e in mesh.facts(ProxyEvent) if e.kind is ProxyEventKind.RBAC_DENIED]
    for event in events[:1]:
        text = event.text or _("no rule of an ALLOW policy matched")
        yield LOGGED.hit(event.source, text=text)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The policies, and the server's proxy, which names the one that matched."""
    yield from question.given(
        question.istio_objects(hop, mesh, "AuthorizationPolicy", decides=(ID, "ext-authz-failure")),
        question.server_proxy_log(hop, mesh, ID, "ext-authz-failure", "upstream-returned-5xx"),
    )


ALLOWS_NOTHING = Rule(
    "allows-nothing",
    Severity.NOTE,
    _("{policy} allows nothing: it has no rule, so what no other ALLOW policy lets in is denied."),
)
FOR_NO_POD = Rule(
    "selects-no-pod",
    Severity.WARNING,
    _("{policy} is for pods with {labels}, which no workload given has."),
    ("IST0127", "KIA0004"),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Policies that deny everything: ALLOW without any rule."""
    for policy in mesh.manifests("AuthorizationPolicy"):
        action = word_of(policy.get("spec", "action")) or "ALLOW"
        if not policy.partial and action == "ALLOW" and not policy.get("spec", "rules"):
            yield ALLOWS_NOTHING.at(policy.source, policy=policy.full_name)
    yield from FOR_NO_POD.each(selectors_without_pods(mesh, "AuthorizationPolicy"))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """See which rule denies; let the caller in by its service account."""
    name, namespace, pod = service_name(hop), namespace_of(hop, mesh), server_pod(hop, mesh)
    details = [found for f in hop.failures if (found := _NAME.search(f.outcome.detail))]
    policy = details[0]["name"] if details else "<policy>"
    space = details[0]["ns"] if details else namespace
    yield Remedy(
        title=_("Let the caller of {service} in: extend {policy} by its service account").format(
            service=name, policy=policy
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            f"istioctl experimental authz check {pod}.{namespace}",
            f"kubectl -n {space} edit authorizationpolicy {policy}",
        ),
        risks=(
            _("A denial can be meant: ask the owner of the policy first."),
            _("Principals match only where the caller comes with mutual TLS."),
        ),
        verify=_("The caller gets its answer; others are still denied."),
    )
    yield Remedy(
        title=_('Try policies with the annotation `istio.io/dry-run: "true"` before they apply'),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
    )
