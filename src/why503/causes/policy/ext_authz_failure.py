"""External authorization: a service that a filter has to ask about each request fails or denies.

## What happens
An AuthorizationPolicy with action CUSTOM (or an EnvoyFilter, or another product's policy) makes the
proxy ask an external service about each request. If that service cannot be reached, answers 5xx or
takes too long, the filter denies: 403, or the configured `statusOnError`, flag UAEX, details
`ext_authz_error`, empty body. If it answers "no", the details are `ext_authz_denied` and status and
body are its own. If the policy names a provider that the mesh config does not define, istiod denies
everything under a name that ends in `due-to-bad-CUSTOM-action`; that looks like RBAC and is not.
External processing (`ext_proc_error...`) fails the same way, with 500 or 504.

## How to tell
* UAEX. `error` and `denied` in the details; older formats show the flag alone.
* Duration near the check's timeout: too slow (Envoy 200 ms unless set; Istio's providers 10 min
  unless `timeout` is set). Duration of a few ms: refused.
* The service's own log: does it see the check, and what does it answer? Counters
  `ext_authz.error`, `ext_authz.denied`; in a mesh the check is itself a request with mTLS, policies
  and endpoints.
* A provider outside the mesh on port 443 needs a DestinationRule that starts TLS: without it the
  check goes out as plain text and the server hangs up (UC on the filter's own call).

## What to do
Repair or scale the service, set a timeout and `failOpen` knowingly, define the provider that the
policy names, start TLS towards a provider that expects it.

## References
* Istio "External Authorization" task; mesh config `extensionProviders` (since 1.9).
* Envoy `ext_authz.cc` (`status_on_error`, details since 1.11); ext_proc details.
* `403 UAEX` for refused and for slow services measured on Envoy 1.40.0.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Counter, counted
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
from why503.diagnosis.proposal import heed_denial, start_tls
from why503.diagnosis.scenario import Cure, Knob, Load, Scenario, View
from why503.facts import ProxyEvent, ProxyEventKind
from why503.mesh.ending import Ending
from why503.mesh.extension_provider import (
    Provider,
    authz_providers,
    custom_policies,
    provider_of,
    undefined_providers,
)
from why503.mesh.failure import Failure, Family
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_route import filter_calls
from why503.mesh.mesh import Mesh
from why503.mesh.naming import failing_namespace, telling_pod
from why503.mesh.timing import bunched_at
from why503.mesh.traffic_policy import policy_block
from why503.mesh.workload import same_host
from why503.support.duration import seconds_of, spell
from why503.support.text import _

ID = "ext-authz-failure"
TITLE = _(
    "A service that must be asked before a request may pass failed, denied, or is not defined"
)
READS = frozenset(
    {"AuthorizationPolicy", "DaemonSet", "Deployment", "DestinationRule", "IstioOperator"}
    | {"LoadedListener", "MeshConfig", "Pod", "ProxyEvent", "ReplicaSet", "Service"}
    | {"StatefulSet", "fragment"}
)
SIGNS = frozenset({"UAEX", "ext_authz_error", "ext_authz_denied", "ext_proc_error"})
AT = At.PROXY
ALERT = counted(Counter(stat="ext_authz.error"))
_STATUS = Knob(name="status", choices=("Forbidden", "ServiceUnavailable"))
SCENARIO = Scenario(
    summary="The authorization service that the server's proxy has to ask is not there.",
    hop=Place.UPSTREAM_PROXY,
    load=Load(requests=20),
    callee={
        "http_filters": [
            {
                "name": "envoy.filters.http.ext_authz",
                "typed_config": {
                    "@type": "type.googleapis.com/"
                    "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
                    "grpc_service": {
                        "envoy_grpc": {
                            "cluster_name": "outbound|9000||ext-authz.auth.svc.cluster.local"
                        },
                        "timeout": "0.2s",
                    },
                    "transport_api_version": "V3",
                    "status_on_error": {"code": _STATUS},
                },
            }
        ],
        "clusters": [
            {
                "name": "outbound|9000||ext-authz.auth.svc.cluster.local",
                "type": "STATIC",
                "connect_timeout": "1s",
            }
        ],
    },
    modest={View.CALLER: "An empty 403 from behind could be the application's own."},
    cure=Cure(callee={"http_filters": None}),
)

NOT_ASKED = Clue(
    Weight.PROVES,
    _("For {count:request|requests} the authorization service could not be asked, or not in time."),
)
SAID_NO = Clue(
    Weight.SPEAKS_FOR,
    _("The external authorization filter turned {count:request|requests} away (UAEX)."),
)
EMPTY_ANSWER = Clue(
    Weight.HINTS,
    _("The answers are empty, as the filter's own are when its service fails."),
)
NO_PROVIDER = Clue(
    Weight.PROVES,
    _(
        "{count:request|requests} met `{policy}`: istiod denies all, because the CUSTOM policy "
        "names a provider that it does not know."
    ),
)
UNDEFINED = Clue(
    Weight.SPEAKS_FOR, _("{policy} names the provider `{provider}`; the mesh config has none such.")
)
PROCESSOR_FAILED = Clue(
    Weight.PROVES,
    _("For {count:request|requests} the external processing service failed ({word})."),
)
POLICY = Clue(Weight.SPEAKS_FOR, _("{policy} makes the proxy ask `{provider}` first."))
ASKS = Clue(
    Weight.SPEAKS_FOR,
    _("{by} asks {cluster} first and waits {timeout} for its answer."),
)
LIKE_TIMEOUT = Clue(
    Weight.HINTS, _("They ended after about {duration}: the service was too slow to answer.")
)
PLAIN_TO_TLS = Clue(
    Weight.SPEAKS_FOR,
    _("The check goes to {service}:{port} in plain text, and nothing starts TLS towards it."),
)
FILTERS_CALL = Clue(
    Weight.HINTS,
    _("The call that broke has no client's connection ([C0]): a filter made it by itself."),
)
EVENT = Clue(Weight.SPEAKS_FOR, _("The proxy logged that its check failed: {text}."))

BAD_ACTION = "due-to-bad-CUSTOM-action"
"""End of the policy name that istiod gives to the denial for an unknown provider."""
TLS_PORTS = frozenset({443, 8443})
_CHECK_TIMEOUT = 0.2
"""Seconds: Envoy's default for the answer of an external authorization service."""
_NOT_AT_ONCE = 50.0
"""Milliseconds from which on a refusal is no refused connection."""
_BROKEN = (Ending.CONNECTION_TERMINATION, Ending.PROTOCOL_ERROR, Ending.REMOTE_RESET)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UAEX, the denial for an unknown provider, and the filter's own call that broke."""
    if hop.family is Family.CONNECTION:
        yield from _plain_check(hop, mesh)
        return
    if not hop.failures:
        yield from _without_requests(mesh)
        return
    failed = hop.having(Ending.EXT_AUTHZ_ERROR)
    denied = hop.having(Ending.EXT_AUTHZ_DENIED)
    unknown = tuple(f for f in hop.having(Ending.RBAC_DENIED) if BAD_ACTION in f.outcome.detail)
    processed = tuple(filter(_is_processor, hop.having(Ending.FILTER_FAILED)))
    if failed:
        yield NOT_ASKED.hit(*hop.sources(failed), count=len(failed))
    if denied:
        yield SAID_NO.hit(*hop.sources(denied), count=len(denied))
        if all(_may_be_error(failure) for failure in denied):
            yield EMPTY_ANSWER.hit(*hop.sources(denied))
    if unknown:
        name = unknown[0].outcome.detail
        yield NO_PROVIDER.hit(*hop.sources(unknown), count=len(unknown), policy=name)
    if processed:
        word = (processed[0].teller.details or "").partition("{")[0]
        yield PROCESSOR_FAILED.hit(*hop.sources(processed), count=len(processed), word=word)
    if failed or denied or unknown:
        yield from _policies(hop, mesh)
        yield from _asked((*failed, *denied), mesh)
        yield from _slow((*failed, *denied))


def _is_processor(failure: Failure) -> bool:
    return (failure.teller.details or "").startswith("ext_proc_error")


def _may_be_error(failure: Failure) -> bool:
    """True where the format does not tell `denied` from `error` and the answer was empty."""
    return failure.teller.details is None and failure.teller.bytes_sent == 0


def _policies(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    for policy, provider in undefined_providers(mesh)[:1]:
        source = policy.where("spec", "provider", "name")
        yield UNDEFINED.hit(source, policy=policy.full_name, provider=provider)
    for policy in custom_policies(mesh, hop.host)[:1]:
        source = policy.where("spec", "provider", "name")
        yield POLICY.hit(
            source,
            policy=policy.full_name,
            provider=provider_of(policy),
            observation="policy",
        )


def _asked(failures: tuple[Failure, ...], mesh: Mesh) -> Iterator[Hit]:
    """The filter as the telling proxy has loaded it: whom it asks, and for how long."""
    tellers = {failure.teller.teller for failure in failures}
    for call in filter_calls(mesh, tellers, "ext_authz")[:1]:
        timeout = _CHECK_TIMEOUT if call.value.timeout is None else call.value.timeout
        sources = [call.source] if call.source else []
        yield ASKS.hit(
            *sources,
            by=call.by,
            cluster=call.value.cluster,
            timeout=spell(timeout),
            observation="policy",
        )


def _slow(failures: tuple[Failure, ...]) -> Iterator[Hit]:
    took = [f.teller.duration for f in failures if f.teller.duration is not None]
    usual = bunched_at(took, 0.15)
    if usual is not None and usual >= _NOT_AT_ONCE and len(took) > 1:
        sources = [failure.teller.source for failure in failures[:3]]
        yield LIKE_TIMEOUT.hit(*sources, duration=spell(usual / 1000))


def _plain_check(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A check call in plain text to a port that expects TLS."""
    failures = hop.having(*_BROKEN)
    provider = _plain_provider(mesh, hop.host)
    if not failures or provider is None:
        return
    yield PLAIN_TO_TLS.hit(
        provider.source, *hop.sources(failures), service=provider.service, port=provider.port
    )
    for event in mesh.events(ProxyEvent, ProxyEventKind.UPSTREAM_RESET):
        if event.connection == "0":
            yield FILTERS_CALL.hit(event.source)
            return


def _plain_provider(mesh: Mesh, host: str) -> Provider | None:
    """A provider (for this host, where it is told) on a TLS port that gets plain text."""
    for provider in authz_providers(mesh) or ():
        asked = not host or same_host(provider.service, host)
        if asked and provider.port in TLS_PORTS and not _starts_tls(mesh, provider):
            return provider
    return None


def _starts_tls(mesh: Mesh, provider: Provider) -> bool:
    block = policy_block(mesh, provider.service, provider.port, "tls")
    return block is not None and block.get("mode") not in (None, "DISABLE")


def _without_requests(mesh: Mesh) -> Iterator[Hit]:
    """Where no failing request was seen: an undefined provider, the proxy's own words."""
    for policy, provider in undefined_providers(mesh)[:1]:
        source = policy.where("spec", "provider", "name")
        yield UNDEFINED.hit(source, policy=policy.full_name, provider=provider)
    for event in mesh.facts(ProxyEvent):
        if event.kind is ProxyEventKind.EXT_AUTHZ_ERROR:
            yield EVENT.hit(event.source, text=event.text)
            return


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The policy, the provider's definition, the service's own log."""
    yield from question.given(
        question.istio_objects(
            hop, mesh, "AuthorizationPolicy", "EnvoyFilter", decides=(ID, "rbac-denied")
        ),
    )
    if authz_providers(mesh) is None:
        yield Missing(
            what=_("the extension providers in the mesh config"),
            command="kubectl -n istio-system get configmap istio -o jsonpath='{.data.mesh}'",
            decides=(ID, "rbac-denied", "tls-origination-mismatch"),
        )


NO_PROVIDER_ARMED = Rule(
    "provider-not-defined",
    Severity.ERROR,
    _(
        "{policy} names the provider `{provider}`, which the mesh config does not "
        "define: everything it selects is denied."
    ),
)
PLAIN_TO_TLS_ARMED = Rule(
    "plain-text-to-tls-port",
    Severity.WARNING,
    _(
        "The check goes to {service}:{port} in plain text: no DestinationRule "
        "starts TLS towards it."
    ),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Providers that are not defined, and checks in plain text to a TLS port."""
    for policy, name in undefined_providers(mesh):
        yield NO_PROVIDER_ARMED.at(
            policy.where("spec", "provider", "name"), policy=policy.full_name, provider=name
        )
    for provider in authz_providers(mesh) or ():
        if provider.port in TLS_PORTS and not _starts_tls(mesh, provider):
            yield PLAIN_TO_TLS_ARMED.at(
                provider.source, port=provider.port, service=provider.service
            )


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Take the policy away for now; repair the service, its definition, or the way to it."""
    namespace, pod = telling_pod(hop, mesh)
    if _only_denied(hop):
        yield heed_denial(", ".join(provider.name for provider in authz_providers(mesh) or ()))
        return
    policies = custom_policies(mesh, hop.host)
    name = policies[0].name if policies else "<custom-policy>"
    space = (policies[0].namespace if policies else "") or failing_namespace(hop, mesh)
    yield Remedy(
        title=_("Take the CUSTOM policy away until the service answers again"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(f"kubectl -n {space} delete authorizationpolicy {name}",),
        risks=(_("Nobody checks these requests meanwhile."),),
        verify=_("Lines with UAEX stop."),
        undo=_("Apply the policy again."),
    )
    plain = _plain_provider(mesh, hop.host if hop.family is Family.CONNECTION else "")
    if plain is not None:
        yield Remedy(
            title=_("Start TLS towards {service}").format(service=plain.service),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            edits=(
                start_tls(mesh, "ext-authz-tls", "istio-system", plain.service, plain.port or 443),
            ),
            risks=(_("All proxies speak TLS to that port then: the service has to take it."),),
            verify=_("The check call reaches the service; `ext_authz.error` stands still."),
            undo="kubectl -n istio-system delete destinationrule ext-authz-tls",
        )
    else:
        yield Remedy(
            title=_(
                "Repair the authorization service, or define the provider that the policy names"
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.OUTSIDE_MESH,
            commands=(
                "kubectl -n istio-system get configmap istio -o jsonpath='{.data.mesh}'",
                f"istioctl proxy-config clusters {pod}.{namespace}",
            ),
            verify=_("`ext_authz.ok` grows and `ext_authz.error` stands still."),
        )
    yield from _prevention(mesh)


def _only_denied(hop: Hop) -> bool:
    """True where the service was asked and said no each time: nothing is broken then."""
    denied = hop.having(Ending.EXT_AUTHZ_DENIED)
    told = [failure for failure in denied if failure.teller.details is not None]
    return bool(told) and len(told) == len(hop.failures)


def _prevention(mesh: Mesh) -> Iterator[Remedy]:
    slow = [p for p in authz_providers(mesh) or () if (seconds_of(p.timeout) or 0) <= 0]
    names = ", ".join(provider.name for provider in slow)
    yield Remedy(
        title=_(
            "Set `timeout` and `failOpen` of {providers} knowingly, and run several replicas"
        ).format(providers=names or _("the provider")),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
        risks=(_("`failOpen: true` lets unchecked requests pass while the service is away."),),
    )
