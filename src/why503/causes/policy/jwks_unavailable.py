"""JWKS unavailable: the keys for checking JSON Web Tokens could not be fetched.

## What happens
A RequestAuthentication names the issuer's keys with `jwksUri`. By default istiod fetches them
(every 20 minutes, with retries) and hands them to the proxies; where a proxy fetches them itself
(`PILOT_JWT_ENABLE_REMOTE_JWKS`, Envoy Gateway, plain Envoy) it does so over a cluster of its own.
If the proxy cannot fetch, requests with a token get `401`, body `Jwks remote fetch is failed`. If
istiod cannot fetch and has no earlier copy, it hands out a key that fits no token: then every token
is refused as not verifiable, though it is good.

## How to tell
* Details `jwt_authn_access_denied{Jwks_remote_fetch_is_failed}` or that body; every token.
* istiod's log: failed to fetch the public key or JWKS from the URI; counter
  `pilot_jwks_resolver_network_fetch_fail_total`.
* `Jwt is missing`, `Jwt is expired`, `Audiences in Jwt are not allowed`, `Jwt issuer is not
  configured` are about the token, not about the keys.

## What to do
Open the way to the issuer: DNS, egress policy and firewall for istiod (or for the proxy), a proxy's
CA bundle for the issuer's certificate. Until then the keys can be written into the policy (`jwks`).

## References
* Istio RequestAuthentication API (`jwksUri`, `jwks`); `jwks_resolver.go`.
* Envoy `jwt_authn/filter.cc` (details), status texts of `jwt_verify_lib`.
"""

from collections.abc import Iterator, Mapping

from why503.diagnosis import question
from why503.diagnosis.alert_later import Exporter, Limits, rising
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
from why503.diagnosis.scenario import Call, Cure, Load, Scenario, View
from why503.facts import ProxyEvent, ProxyEventKind
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of
from why503.mesh.setting import mapping_of, word_of
from why503.support.text import _

ID = "jwks-unavailable"
TITLE = _("The keys for checking JSON Web Tokens could not be fetched")
READS = frozenset({"ProxyEvent", "RequestAuthentication"})
SIGNS = frozenset({"jwt_authn_access_denied", "Jwks remote fetch is failed"})
AT = At.PROXY
ALERT = rising(
    "pilot_jwks_resolver_network_fetch_fail_total",
    ("namespace", "pod"),
    _("{pod} in {namespace} could not fetch keys {count} times within {window}."),
    among={},
    exporter=Exporter.ISTIOD,
    limits=Limits(least=2, window="1h"),
)
SCENARIO = Scenario(
    summary="The keys for the callers' tokens cannot be fetched.",
    hop=Place.UPSTREAM_PROXY,
    load=Load(
        calls=(
            Call(),
            Call(
                headers={
                    "authorization": "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0"
                    ".eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoiYSJ9.c2lnbmF0dXJl"
                }
            ),
        )
    ),
    callee={
        "http_filters": [
            {
                "name": "envoy.filters.http.jwt_authn",
                "typed_config": {
                    "@type": "type.googleapis.com/"
                    "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
                    "providers": {
                        "origins-0": {
                            "issuer": "https://issuer.example",
                            "remote_jwks": {
                                "http_uri": {
                                    "uri": "https://issuer.example/keys",
                                    "cluster": "outbound|443||issuer.example",
                                    "timeout": "0.3s",
                                }
                            },
                        }
                    },
                    "rules": [
                        {
                            "match": {"prefix": "/"},
                            "requires": {
                                "requires_any": {
                                    "requirements": [
                                        {"provider_name": "origins-0"},
                                        {"allow_missing": {}},
                                    ]
                                }
                            },
                        }
                    ],
                },
            }
        ],
        "clusters": [
            {"name": "outbound|443||issuer.example", "type": "STATIC", "connect_timeout": "1s"}
        ],
    },
    objects=(
        """
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata:
          name: {service}
          namespace: {namespace}
        spec:
          selector:
            matchLabels:
              app: {service}
          jwtRules:
          - issuer: https://issuer.example
            jwksUri: https://issuer.example/keys
        """,
    ),
    modest={View.CALLER: "A 401 from behind could be the application's own."},
    cure=Cure(callee={"http_filters": None}),
)

NOT_FETCHED = Clue(
    Weight.PROVES,
    _("{count:request was|requests were} refused because the proxy could not fetch the keys."),
)
NO_KEY_FITS = Clue(
    Weight.HINTS,
    _("{count:token|tokens} fit none of the proxy's keys, as when istiod could not fetch them."),
)
STAND_IN = Clue(
    Weight.PROVES,
    _(
        "The proxy holds the stand-in that istiod sends where it could not fetch the keys: no "
        "token fits it ({text})."
    ),
)
FETCH_FAILED = Clue(Weight.SPEAKS_FOR, _("Fetching the keys failed: {text}."))
AGAIN = Clue(Weight.HINTS, _("It failed {count:time|times}."))
RULE = Clue(Weight.HINTS, _("{rule} takes the keys from {uri}."))

_FETCH = "jwks remote fetch"
_STAND_IN = "Error-IstiodFailedToFetchJwksUri-"
_CHECK = (
    "kubectl -n istio-system run jwks-check --rm -it --restart=Never --image=curlimages/curl "
    "-- -sv <jwks-uri>"
)
_NO_KEY = ("jwt verification fails", "have key to match kid")

NO_URI = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{rule} names no jwksUri for {issuer}: istiod has to learn it from the issuer's "
        "`.well-known/openid-configuration`, and sends a key that fits nothing until it can."
    ),
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The filter's own words, and failed fetches in the logs of proxies and istiod."""
    denied = hop.having(Ending.JWT_DENIED)
    unfetched = tuple(failure for failure in denied if _FETCH in _words(failure))
    unmatched = tuple(f for f in denied if any(word in _words(f) for word in _NO_KEY))
    if unfetched:
        yield NOT_FETCHED.hit(*hop.sources(unfetched), count=len(unfetched))
    elif unmatched:
        yield NO_KEY_FITS.hit(*hop.sources(unmatched), count=len(unmatched))
    elif hop.failures:
        return
    events = mesh.events(ProxyEvent, ProxyEventKind.JWKS_FETCH_FAILED)
    stand_in = next((event for event in events if event.text.startswith(_STAND_IN)), None)
    if stand_in is not None:
        yield STAND_IN.hit(stand_in.source, text=stand_in.text)
    elif events:
        yield FETCH_FAILED.hit(events[0].source, text=events[0].text)
    if len(events) > 1:
        yield AGAIN.hit(*(event.source for event in events[1:3]), count=len(events))
    if unfetched or unmatched or events:
        yield from _rules(mesh)


def _words(failure: Failure) -> str:
    told = f"{failure.teller.details or ''} {failure.outcome.detail} {failure.teller.body or ''}"
    return told.replace("_", " ").lower()


def _rules(mesh: Mesh) -> Iterator[Hit]:
    for rule in mesh.manifests("RequestAuthentication"):
        for index, entry in rule.items("spec", "jwtRules"):
            fields = mapping_of(entry)
            if issuer := word_of(fields.get("issuer")) if _keyless(fields) else "":
                source = rule.where("spec", "jwtRules", index, "issuer")
                yield NO_URI.hit(source, rule=rule.full_name, issuer=issuer)
                return
            if uri := word_of(fields.get("jwksUri")):
                source = rule.where("spec", "jwtRules", index, "jwksUri")
                yield RULE.hit(source, rule=rule.full_name, uri=uri)
                return


def _keyless(fields: Mapping[str, object]) -> bool:
    """True for a rule that says neither the keys nor where they are."""
    return not any(fields.get(name) for name in ("jwksUri", "jwks_uri", "jwks"))


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """Log of istiod, and the rule that names the keys."""
    if not any(e.kind is ProxyEventKind.JWKS_FETCH_FAILED for e in mesh.facts(ProxyEvent)):
        yield Missing(
            what=_("istiod's log of fetching the keys"),
            command="kubectl -n istio-system logs deploy/istiod --since=1h | grep -i jwks",
            decides=(ID,),
        )
    yield from question.given(
        question.istio_objects(hop, mesh, "RequestAuthentication", decides=(ID,))
    )


PLAIN_KEYS = Rule(
    "keys-in-plain-text",
    Severity.WARNING,
    _(
        "{rule} takes its keys from {uri} in plain text; in a mesh with "
        "STRICT mutual TLS istiod cannot fetch them from a workload."
    ),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Keys over plain HTTP: whoever stands on the way can hand out others."""
    for rule in mesh.manifests("RequestAuthentication"):
        for index, entry in rule.items("spec", "jwtRules"):
            uri = word_of(mapping_of(entry).get("jwksUri"))
            if uri.startswith("http://"):
                yield PLAIN_KEYS.at(
                    rule.where("spec", "jwtRules", index, "jwksUri"), rule=rule.full_name, uri=uri
                )


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Write the keys into the policy for now; open the way to the issuer."""
    namespace = namespace_of(hop, mesh)
    yield Remedy(
        title=_("Write the issuer's keys into the policy (`jwks`) in place of `jwksUri`"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(f"kubectl -n {namespace} edit requestauthentication <name>",),
        risks=(_("Keys that the issuer rotates have to be written again."),),
        verify=_("Requests with a good token get their answer."),
        undo=_("Put `jwksUri` back."),
    )
    yield Remedy(
        title=_("Open the way from istiod (or the proxy) to the issuer's keys"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=(_CHECK,),
        verify=_("`pilot_jwks_resolver_network_fetch_success_total` grows."),
    )
