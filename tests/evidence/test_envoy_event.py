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
    ],
)
def test_words_have_their_kind(text: str, kind: ProxyEventKind) -> None:
    event = event_of(text, "debug")
    assert event is not None
    assert event[0] is kind


def test_only_loud_lines_without_a_kind_are_kept() -> None:
    assert event_of("beans", "debug") is None
    assert event_of("beans", "error") == (ProxyEventKind.OTHER, "beans")
