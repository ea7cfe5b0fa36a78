"""TLS errors as Envoy's library (BoringSSL) numbers and names them, alerts and verification."""

from why503.mesh.glossary_entry import (
    MTLS,
    SECRETS,
    Entry,
    Kind,
    signs,
)
from why503.support.text import _

SSL_LIBRARY = 0x10000000
"""A TLS error's number is this plus the reason's."""

ALERT = 1000
"""The reason of an alert that came from the peer is this plus the alert's number."""

_PORT = _(
    "What the dialled port speaks: `openssl s_client -connect HOST:PORT` from the proxy's pod"
)
_NAME = _("`sni` and `subjectAltNames` of the DestinationRule against the names in the certificate")
_CHAIN = _(
    "Issuer and dates of the certificate that the peer shows, and the roots that this proxy trusts"
)
_CIPHERS = _("TLS versions and ciphers that both sides allow")

_PEER = _("the peer of the TLS handshake, told by an alert")
_THIS = _("the proxy that logged it")

_REASONS: tuple[tuple[str, int, str, tuple[str, ...]], ...] = (
    (
        "WRONG_VERSION_NUMBER",
        247,
        _(
            "The peer's answer is no TLS at all: this proxy starts TLS and the port speaks plain "
            "text, usually HTTP."
        ),
        (_PORT, MTLS),
    ),
    (
        "CERTIFICATE_VERIFY_FAILED",
        125,
        _(
            "This proxy refuses the peer's certificate; the words that follow say why (name, date, "
            "issuer)."
        ),
        (_CHAIN, _NAME),
    ),
    (
        "PEER_DID_NOT_RETURN_A_CERTIFICATE",
        192,
        _("The server side asked for a client certificate and got none."),
        (MTLS, SECRETS),
    ),
    ("HTTP_REQUEST", 156, _("Plain HTTP came to a port that expects TLS."), (MTLS, _PORT)),
    (
        "HTTPS_PROXY_REQUEST",
        155,
        _("A CONNECT for a forward proxy came to a port that expects TLS."),
        (_PORT,),
    ),
    (
        "UNSUPPORTED_PROTOCOL",
        240,
        _("The peer offers only TLS versions that this proxy does not allow."),
        (_CIPHERS,),
    ),
    ("UNKNOWN_PROTOCOL", 233, _("The first bytes are no TLS handshake."), (_PORT,)),
    (
        "NO_SHARED_CIPHER",
        184,
        _(
            "The two sides have no cipher in common, or the server has no certificate for the key "
            "type."
        ),
        (_CIPHERS, SECRETS),
    ),
    (
        "NO_APPLICATION_PROTOCOL",
        307,
        _("The two sides have no application protocol (ALPN) in common."),
        (_CIPHERS,),
    ),
    (
        "INVALID_ALPN_PROTOCOL",
        259,
        _("The peer chose an application protocol (ALPN) that was not offered."),
        (_CIPHERS,),
    ),
    (
        "UNEXPECTED_MESSAGE",
        223,
        _("The peer sent a handshake message that does not belong there."),
        (_PORT,),
    ),
    (
        "NO_COMMON_SIGNATURE_ALGORITHMS",
        253,
        _("The two sides have no signature algorithm in common."),
        (_CIPHERS,),
    ),
    ("NO_CERTIFICATE_SET", 174, _("This side should show a certificate and has none."), (SECRETS,)),
)

_ALERTS: tuple[tuple[str, int, str, tuple[str, ...]], ...] = (
    (
        "SSLV3_ALERT_CLOSE_NOTIFY",
        0,
        _("The peer ended TLS in good order, in the middle of the handshake."),
        (_PORT,),
    ),
    (
        "SSLV3_ALERT_UNEXPECTED_MESSAGE",
        10,
        _("The peer got a message that it did not expect."),
        (_PORT,),
    ),
    (
        "SSLV3_ALERT_BAD_RECORD_MAC",
        20,
        _("The peer could not verify a record: something in between changes the bytes."),
        (_PORT,),
    ),
    ("TLSV1_ALERT_RECORD_OVERFLOW", 22, _("The peer got a record that is too long."), (_PORT,)),
    (
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        40,
        _(
            "The peer refuses the handshake: no common cipher, a server name that it does not "
            "know, or (up to TLS 1.2) a client certificate that is missing."
        ),
        (MTLS, _NAME, _CIPHERS),
    ),
    ("SSLV3_ALERT_NO_CERTIFICATE", 41, _("The peer has no certificate."), (SECRETS,)),
    (
        "SSLV3_ALERT_BAD_CERTIFICATE",
        42,
        _("The peer refuses our certificate as damaged or wrong."),
        (SECRETS, _CHAIN),
    ),
    (
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        43,
        _("The peer does not take certificates of this kind."),
        (SECRETS,),
    ),
    (
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        44,
        _("The peer says that our certificate was revoked."),
        (SECRETS,),
    ),
    (
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        45,
        _("The peer says that our certificate has expired."),
        (SECRETS,),
    ),
    (
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        46,
        _("The peer refuses our certificate and does not say why."),
        (SECRETS, _CHAIN),
    ),
    (
        "SSLV3_ALERT_ILLEGAL_PARAMETER",
        47,
        _("The peer got a value that it cannot take."),
        (_CIPHERS,),
    ),
    (
        "TLSV1_ALERT_UNKNOWN_CA",
        48,
        _("The peer does not trust the authority that signed our certificate."),
        (SECRETS, _CHAIN),
    ),
    (
        "TLSV1_ALERT_ACCESS_DENIED",
        49,
        _("The peer knows our certificate and does not let us in."),
        (SECRETS,),
    ),
    ("TLSV1_ALERT_DECODE_ERROR", 50, _("The peer could not read a handshake message."), (_PORT,)),
    (
        "TLSV1_ALERT_DECRYPT_ERROR",
        51,
        _("The peer could not verify a signature of the handshake."),
        (SECRETS,),
    ),
    (
        "TLSV1_ALERT_PROTOCOL_VERSION",
        70,
        _("The peer does not allow the TLS version that was offered."),
        (_CIPHERS,),
    ),
    (
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        71,
        _("The peer asks for stronger ciphers."),
        (_CIPHERS,),
    ),
    (
        "TLSV1_ALERT_INTERNAL_ERROR",
        80,
        _("The peer failed by itself, often because it has no certificate for the name asked."),
        (_NAME,),
    ),
    ("TLSV1_ALERT_USER_CANCELLED", 90, _("The peer broke the handshake off."), (_PORT,)),
    (
        "TLSV1_ALERT_UNSUPPORTED_EXTENSION",
        110,
        _("The peer does not take an extension of the handshake."),
        (_CIPHERS,),
    ),
    (
        "TLSV1_ALERT_UNRECOGNIZED_NAME",
        112,
        _("The peer does not know the server name (SNI) that it was asked for."),
        (_NAME,),
    ),
    (
        "TLSV1_ALERT_CERTIFICATE_REQUIRED",
        116,
        _("TLS 1.3: the peer wants a client certificate and got none."),
        (MTLS, SECRETS),
    ),
    (
        "TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
        120,
        _("The peer has no application protocol (ALPN) in common with us."),
        (_CIPHERS,),
    ),
)

_VERIFY: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "SAN matcher",
        _("no matching name"),
        _(
            "The certificate is genuine, and none of its names is the one that was wanted: the "
            "peer is another workload or service account, or the expected name is set wrongly."
        ),
        (_NAME,),
    ),
    (
        "verify SAN list",
        _("no matching name"),
        _("Older words for a certificate whose names do not match the wanted one."),
        (_NAME,),
    ),
    (
        "cert hash and spki",
        _("not the pinned certificate"),
        _("The certificate is not the one that the configuration pins."),
        (_CHAIN,),
    ),
    (
        "certificate has expired",
        _("expired"),
        _("The peer's certificate is past its last day."),
        (_CHAIN, SECRETS),
    ),
    (
        "certificate is not yet valid",
        _("not yet valid"),
        _("The peer's certificate begins later than now: a clock is wrong."),
        (_("The clocks of the nodes"),),
    ),
    (
        "unable to get local issuer certificate",
        _("unknown issuer"),
        _(
            "None of the roots that this proxy trusts has signed the peer's certificate, or the "
            "peer does not send the certificates in between."
        ),
        (_CHAIN,),
    ),
    (
        "unable to verify the first certificate",
        _("unknown issuer"),
        _("The peer sends its own certificate alone, and its issuer is not known here."),
        (_CHAIN,),
    ),
    (
        "self signed certificate",
        _("self-signed"),
        _("The peer's certificate is signed by itself and not trusted here."),
        (_CHAIN,),
    ),
    (
        "self-signed certificate",
        _("self-signed"),
        _("The peer's certificate is signed by itself and not trusted here."),
        (_CHAIN,),
    ),
)


def _tls(word: str, number: int, meaning: str, look_at: tuple[str, ...], writer: str) -> Entry:
    return Entry(
        kind=Kind.TLS,
        token=word,
        title=_("TLS error {number}").format(number=number),
        meaning=meaning,
        writer=writer,
        code="503",
        look_at=look_at,
        signs=signs(word, "TLS error;TLS_error"),
    )


TLS_NUMBERS: dict[int, str] = {SSL_LIBRARY + reason: word for word, reason, _m, _l in _REASONS} | {
    SSL_LIBRARY + ALERT + alert: word for word, alert, _m, _l in _ALERTS
}
"""Number as logged, to the name as logged."""

_NUMBER_OF = {word: number for number, word in TLS_NUMBERS.items()}

TLS: dict[str, Entry] = {
    word: _tls(word, _NUMBER_OF[word], meaning, look_at, _THIS)
    for word, _number, meaning, look_at in _REASONS
} | {
    word: _tls(word, _NUMBER_OF[word], meaning, look_at, _PEER)
    for word, _number, meaning, look_at in _ALERTS
}
"""By name."""

VERIFY: dict[str, Entry] = {
    word: Entry(
        kind=Kind.TLS,
        token=word,
        title=title,
        meaning=meaning,
        writer=_THIS,
        code="503",
        look_at=look_at,
        signs=signs(word, "CERTIFICATE_VERIFY_FAILED"),
    )
    for word, title, meaning, look_at in _VERIFY
}
"""What follows CERTIFICATE_VERIFY_FAILED, with blanks for underscores."""


def tls_name(number: int) -> str:
    """Name of a TLS error's number, `alert N` for an alert without an entry; ``""`` if unknown."""
    if number in TLS_NUMBERS:
        return TLS_NUMBERS[number]
    alert = number - SSL_LIBRARY - ALERT
    return _("alert {number}").format(number=alert) if 0 <= alert < 256 else ""
