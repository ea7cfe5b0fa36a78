import pytest

from tests.mesh.build import RESET, log, mesh, outbound
from why503.facts import ProxyEvent, ProxyEventKind, Source
from why503.mesh.tls_reason import (
    Refusal,
    TlsReason,
    refusal_of,
    tls_events,
    tls_failures,
    tls_reason,
)

OPENSSL = "TLS_error:|{number}:SSL_routines:OPENSSL_internal:{word}:TLS_error_end"


@pytest.mark.parametrize(
    ("number", "word", "reason"),
    [
        (268435703, "WRONG_VERSION_NUMBER", TlsReason.PLAIN_PEER),
        (268435581, "CERTIFICATE_VERIFY_FAILED", TlsReason.WE_REFUSED),
        (268436501, "SSLV3_ALERT_CERTIFICATE_EXPIRED", TlsReason.PEER_REFUSED),
        (268436504, "TLSV1_ALERT_UNKNOWN_CA", TlsReason.PEER_REFUSED),
        (268436496, "SSLV3_ALERT_HANDSHAKE_FAILURE", TlsReason.HANDSHAKE_REFUSED),
        (268436568, "TLSV1_ALERT_UNRECOGNIZED_NAME", TlsReason.NAME_REFUSED),
        (268436572, "TLSV1_ALERT_CERTIFICATE_REQUIRED", TlsReason.NO_CERTIFICATE),
        (268435648, "PEER_DID_NOT_RETURN_A_CERTIFICATE", TlsReason.NO_CERTIFICATE),
        (268435612, "HTTP_REQUEST", TlsReason.PLAIN_CALLER),
    ],
)
def test_word_and_number_say_the_same(number: int, word: str, reason: TlsReason) -> None:
    assert tls_reason(OPENSSL.format(number=number, word=word)) is reason
    assert tls_reason(f"TLS_error:|{number}:SSL routines:OPENSSL_internal:") is reason


def test_a_secret_that_is_missing_is_told_with_blanks_or_underscores() -> None:
    assert tls_reason("TLS error: Secret is not supplied by SDS") is TlsReason.NOT_SUPPLIED
    assert tls_reason("TLS_error:_Secret_is_not_supplied_by_SDS") is TlsReason.NOT_SUPPLIED


def test_other_tls_errors_are_other_and_the_rest_is_none() -> None:
    unknown = OPENSSL.format(number=268435640, word="NO_SHARED_CIPHER")
    assert tls_reason(unknown) is TlsReason.OTHER
    assert tls_reason("delayed connect error: 111") is None
    assert tls_reason("") is None


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("verification_error_at_depth_0:_certificate_has_expired", Refusal.EXPIRED),
        ("certificate is not yet valid", Refusal.NOT_YET_VALID),
        ("unable_to_get_local_issuer_certificate", Refusal.ISSUER),
        ("self_signed_certificate_in_certificate_chain", Refusal.ISSUER),
        ("|268436504:", Refusal.ISSUER),
        ("|268436501:", Refusal.EXPIRED),
        ("verify_cert_failed:_SAN_matcher,_certificate_SANs_are_[a.example]", Refusal.NAME),
        ("CERTIFICATE_VERIFY_FAILED", Refusal.UNKNOWN),
    ],
)
def test_the_reason_of_a_refusal_is_read(words: str, why: Refusal) -> None:
    assert refusal_of(words) is why


def test_only_failures_with_the_asked_reason_are_given() -> None:
    plain = OPENSSL.format(number=268435703, word="WRONG_VERSION_NUMBER")
    expired = OPENSSL.format(number=268436501, word="SSLV3_ALERT_CERTIFICATE_EXPIRED")
    lines = [
        outbound(503, "UF", line=n, details=f"{RESET}{{remote_connection_failure|{text}}}")
        for n, text in ((1, plain), (2, expired))
    ]
    (hop,) = mesh(log(*lines)).hops
    found = tls_failures(hop, TlsReason.PEER_REFUSED)
    assert [failure.teller.source.line for failure in found] == [2]


def test_the_connection_to_istiod_is_not_the_meshs_traffic() -> None:
    text = OPENSSL.format(number=268435581, word="CERTIFICATE_VERIFY_FAILED")
    raws = {1: f"debug envoy connection [C9] {text}", 2: f"warn gRPC config stream closed: {text}"}
    told = [
        ProxyEvent(
            source=Source(path="envoy.log", line=line),
            kind=ProxyEventKind.TLS_ERROR,
            text=text,
            raw=raw,
        )
        for line, raw in raws.items()
    ]
    found = tls_events(mesh(*told), TlsReason.WE_REFUSED)
    assert [event.source.line for event in found] == [1]


def test_the_words_of_rustls_are_understood_too() -> None:
    ours = "Custom { kind: InvalidData, error: InvalidCertificate(ExpiredContext { time: 1 }) }"
    theirs = "Custom { kind: InvalidData, error: AlertReceived(UnknownCA) }"
    assert (tls_reason(ours), refusal_of(ours)) == (TlsReason.WE_REFUSED, Refusal.EXPIRED)
    assert (tls_reason(theirs), refusal_of(theirs)) == (TlsReason.PEER_REFUSED, Refusal.ISSUER)
    assert tls_reason("error: NoCertificatesPresented") is TlsReason.NO_CERTIFICATE
