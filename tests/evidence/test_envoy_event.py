import pytest

from why503.evidence.envoy_event import event_of
from why503.facts import ProxyEventKind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Secret is not supplied by SDS", ProxyEventKind.SECRET_MISSING),
        ("gRPC config stream to xds-grpc closed: 14, no", ProxyEventKind.XDS_DISCONNECTED),
        ("gRPC config for x rejected: Error adding", ProxyEventKind.CONFIG_REJECTED),
        ("caught ENVOY_SIGTERM", ProxyEventKind.SHUTDOWN),
        ("TLS_error:|268435581:SSL routines", ProxyEventKind.TLS_ERROR),
        ("fetch pubkey [uri = https://i/jwks]: failed", ProxyEventKind.JWKS_FETCH_FAILED),
        ("connect timeout", ProxyEventKind.CONNECT_TIMEOUT),
        ("Overload action x became active", ProxyEventKind.OVERLOADED),
        ("the request was refused: load shed point x", ProxyEventKind.OVERLOADED),
        ("reached the global downstream connections limit", ProxyEventKind.OVERLOADED),
        ("xDS: ResourceExhausted", ProxyEventKind.XDS_THROTTLED),
        ("the request rate limit exceeded", ProxyEventKind.XDS_THROTTLED),
        ("upstream terminated with unexpected error x", ProxyEventKind.XDS_DISCONNECTED),
        ("failed to connect to upstream: x", ProxyEventKind.XDS_DISCONNECTED),
        ("a gRPC update for x failed: y", ProxyEventKind.XDS_DISCONNECTED),
        ("a gRPC config: initial fetch timed out for x", ProxyEventKind.XDS_DISCONNECTED),
        ("Failed to list *v1.Secret: forbidden", ProxyEventKind.SECRET_MISSING),
        ("the secret default is not found", ProxyEventKind.SECRET_MISSING),
        ("Create NotReadySslSocket", ProxyEventKind.SECRET_MISSING),
        ("cannot find secret a/b", ProxyEventKind.SECRET_MISSING),
        ("failed to sign: CSR", ProxyEventKind.SECRET_MISSING),
        ("the CSR Retrial timed out", ProxyEventKind.SECRET_MISSING),
        ("fetching the JWKS failed: status code", ProxyEventKind.JWKS_FETCH_FAILED),
        ("ext_authz: the call failed: x", ProxyEventKind.EXT_AUTHZ_ERROR),
        ("CheckRequest timeout", ProxyEventKind.EXT_AUTHZ_ERROR),
        ("Rate Limit service timeout", ProxyEventKind.RATE_LIMIT_ERROR),
        ("ratelimit error", ProxyEventKind.RATE_LIMIT_ERROR),
        ("no healthy host for TCP", ProxyEventKind.NO_CLUSTER_ENDPOINTS),
        ("EDS hosts changed, current hosts 0 priority 0", ProxyEventKind.NO_CLUSTER_ENDPOINTS),
        ("no healthy upstream", ProxyEventKind.NO_CLUSTER_ENDPOINTS),
    ],
)
def test_words_have_their_kind(text: str, kind: ProxyEventKind) -> None:
    event = event_of(text, "debug")
    assert event is not None
    assert event[0] is kind


def test_only_loud_lines_without_a_kind_are_kept() -> None:
    assert event_of("beans", "debug") is None
    assert event_of("beans", "error") == (ProxyEventKind.OTHER, "beans")


def test_a_denial_is_told_with_its_policy_and_one_that_is_only_tried_is_none() -> None:
    kind = ProxyEventKind.RBAC_DENIED
    assert event_of("enforced denied, matched policy ns[a]-policy[b]-rule[0]", "debug") == (
        kind,
        "ns[a]-policy[b]-rule[0]",
    )
    assert event_of("enforced denied, matched policy none", "debug") == (kind, "")
    assert event_of("shadow denied, matched policy none", "debug") is None


def test_a_name_that_resolved_is_no_failure() -> None:
    told = "dns resolution for a.example completed with status "
    assert event_of(told + "1", "debug") == (ProxyEventKind.DNS_FAILED, "a.example")
    assert event_of(told + "0", "debug") is None


def test_a_listener_that_sniffed_in_vain_is_told() -> None:
    event = event_of("listener filter times out after 5000 ms", "debug")
    assert event is not None
    assert event[0] is ProxyEventKind.SNIFFING_ENDED


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Aborting epoch 3...", ProxyEventKind.SHUTDOWN),
        (
            "Envoy proxy is NOT ready: config received, but was rejected: cds updates: 2 rejected",
            ProxyEventKind.CONFIG_REJECTED,
        ),
        ("Aborting proxy", ProxyEventKind.SHUTDOWN),
        ("Agent has successfully terminated", ProxyEventKind.SHUTDOWN),
        ("Failed to create certificate: rpc error", ProxyEventKind.SECRET_MISSING),
        ("resource:default CSR failed with error: rpc error", ProxyEventKind.SECRET_MISSING),
    ],
)
def test_the_agents_words_have_their_kind(text: str, kind: ProxyEventKind) -> None:
    event = event_of(text, "info")
    assert event is not None
    assert event[0] is kind
