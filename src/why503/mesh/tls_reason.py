"""What a TLS error says: who refused whom, and why, from the words or numbers of BoringSSL.

The number of an error is 0x10000000 plus the reason; an alert of the peer has the reason 1000 plus
the alert's number. A body may be cut after the number, so the number alone is enough.
"""

from enum import StrEnum

from why503.facts import ProxyEvent, ProxyEventKind
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.support.pattern import lazy_re
from why503.support.text import _

_LIBRARY = 0x10000000
_ALERT = _LIBRARY + 1000


class TlsReason(StrEnum):
    """What went wrong in a TLS handshake, as far as the error tells."""

    PLAIN_PEER = "plain peer"
    """The peer's answer is no TLS: TLS was started towards a plain port."""
    PLAIN_CALLER = "plain caller"
    """Plain HTTP came to a port that wants TLS (told by the server's side)."""
    WE_REFUSED = "we refused the peer's certificate"
    PEER_REFUSED = "the peer refused our certificate"
    NO_CERTIFICATE = "no client certificate"
    HANDSHAKE_REFUSED = "handshake refused"
    """Alert 40: no common cipher, unknown name, or (TLS 1.2) a client certificate is missing."""
    NAME_REFUSED = "name refused"
    """Alert 112 or 80: the peer has no certificate for the server name."""
    NOT_SUPPLIED = "secret not supplied"
    """The proxy itself has no certificate or no trust root yet."""
    OTHER = "other"


class Refusal(StrEnum):
    """Why a certificate was refused."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    ISSUER = "issuer"
    NAME = "name"
    REVOKED = "revoked"
    UNKNOWN = "unknown"

    @property
    def why(self) -> str:
        """The reason in words."""
        return {
            Refusal.EXPIRED: _("it has expired"),
            Refusal.NOT_YET_VALID: _("it is not valid yet, so a clock is wrong"),
            Refusal.ISSUER: _("its issuer is not trusted there"),
            Refusal.NAME: _("none of its names is the expected one"),
            Refusal.REVOKED: _("it was revoked"),
            Refusal.UNKNOWN: _("the error does not say why"),
        }[self]


_WORDS: tuple[tuple[str, TlsReason], ...] = (
    ("Secret is not supplied by SDS", TlsReason.NOT_SUPPLIED),
    ("CERTIFICATE_VERIFY_FAILED", TlsReason.WE_REFUSED),
    ("verify cert failed", TlsReason.WE_REFUSED),
    ("WRONG_VERSION_NUMBER", TlsReason.PLAIN_PEER),
    ("HTTPS_PROXY_REQUEST", TlsReason.PLAIN_CALLER),
    ("OPENSSL_internal:HTTP_REQUEST", TlsReason.PLAIN_CALLER),
    ("PEER_DID_NOT_RETURN_A_CERTIFICATE", TlsReason.NO_CERTIFICATE),
    ("ALERT_CERTIFICATE_REQUIRED", TlsReason.NO_CERTIFICATE),
    ("ALERT_CERTIFICATE_EXPIRED", TlsReason.PEER_REFUSED),
    ("ALERT_CERTIFICATE_REVOKED", TlsReason.PEER_REFUSED),
    ("ALERT_CERTIFICATE_UNKNOWN", TlsReason.PEER_REFUSED),
    ("ALERT_BAD_CERTIFICATE", TlsReason.PEER_REFUSED),
    ("ALERT_UNSUPPORTED_CERTIFICATE", TlsReason.PEER_REFUSED),
    ("ALERT_UNKNOWN_CA", TlsReason.PEER_REFUSED),
    ("ALERT_UNRECOGNIZED_NAME", TlsReason.NAME_REFUSED),
    ("ALERT_INTERNAL_ERROR", TlsReason.NAME_REFUSED),
    ("ALERT_HANDSHAKE_FAILURE", TlsReason.HANDSHAKE_REFUSED),
    ("InvalidCertificate(", TlsReason.WE_REFUSED),
    ("invalid peer certificate", TlsReason.WE_REFUSED),
    ("peer certificate revoked", TlsReason.WE_REFUSED),
    ("NoCertificatesPresented", TlsReason.NO_CERTIFICATE),
    ("peer sent no certificates", TlsReason.NO_CERTIFICATE),
    ("AlertReceived(CertificateRequired", TlsReason.NO_CERTIFICATE),
    ("AlertReceived(Certificate", TlsReason.PEER_REFUSED),
    ("AlertReceived(BadCertificate", TlsReason.PEER_REFUSED),
    ("AlertReceived(UnknownCA", TlsReason.PEER_REFUSED),
)
"""BoringSSL's words (Envoy), then rustls' (ztunnel), as it logs and as it displays them."""
_NUMBERS: dict[int, TlsReason] = {
    _LIBRARY + 125: TlsReason.WE_REFUSED,
    _LIBRARY + 247: TlsReason.PLAIN_PEER,
    _LIBRARY + 155: TlsReason.PLAIN_CALLER,
    _LIBRARY + 156: TlsReason.PLAIN_CALLER,
    _LIBRARY + 192: TlsReason.NO_CERTIFICATE,
    _ALERT + 116: TlsReason.NO_CERTIFICATE,
    _ALERT + 42: TlsReason.PEER_REFUSED,
    _ALERT + 43: TlsReason.PEER_REFUSED,
    _ALERT + 44: TlsReason.PEER_REFUSED,
    _ALERT + 45: TlsReason.PEER_REFUSED,
    _ALERT + 46: TlsReason.PEER_REFUSED,
    _ALERT + 48: TlsReason.PEER_REFUSED,
    _ALERT + 40: TlsReason.HANDSHAKE_REFUSED,
    _ALERT + 112: TlsReason.NAME_REFUSED,
    _ALERT + 80: TlsReason.NAME_REFUSED,
}
_NUMBER = lazy_re(r"\b(\d{9})\b")

_REFUSALS: tuple[tuple[str, Refusal], ...] = (
    ("has expired", Refusal.EXPIRED),
    ("CERTIFICATE_EXPIRED", Refusal.EXPIRED),
    (str(_ALERT + 45), Refusal.EXPIRED),
    ("not yet valid", Refusal.NOT_YET_VALID),
    ("SAN matcher", Refusal.NAME),
    ("SAN list", Refusal.NAME),
    ("issuer", Refusal.ISSUER),
    ("first certificate", Refusal.ISSUER),
    ("self signed", Refusal.ISSUER),
    ("self-signed", Refusal.ISSUER),
    ("signature failure", Refusal.ISSUER),
    ("BAD_SIGNATURE", Refusal.ISSUER),
    ("UNKNOWN_CA", Refusal.ISSUER),
    (str(_ALERT + 48), Refusal.ISSUER),
    ("Certificate(Expired", Refusal.EXPIRED),
    ("certificate: Expired", Refusal.EXPIRED),
    ("certificate expired", Refusal.EXPIRED),
    ("(CertificateExpired", Refusal.EXPIRED),
    ("NotValidYet", Refusal.NOT_YET_VALID),
    ("NotValidForName", Refusal.NAME),
    ("UnknownIssuer", Refusal.ISSUER),
    ("Certificate(BadSignature", Refusal.ISSUER),
    ("(UnknownCA", Refusal.ISSUER),
    ("Certificate(Revoked", Refusal.REVOKED),
    ("revoked", Refusal.REVOKED),
    ("CERTIFICATE_REVOKED", Refusal.REVOKED),
    (str(_ALERT + 44), Refusal.REVOKED),
)

_LOGGED = frozenset({ProxyEventKind.TLS_ERROR, ProxyEventKind.ZTUNNEL_ERROR})


def _plain(text: str) -> str:
    """``text`` with blanks for the underscores that stand for blanks, beside itself."""
    return f"{text} {text.replace('_', ' ')}"


def tls_reason(text: str) -> TlsReason | None:
    """What a transport failure reason or a log line says of TLS; None where it is no TLS error."""
    plain = _plain(text[:4000])
    for words, reason in _WORDS:
        if words in plain:
            return reason
    for number in _NUMBER.findall(text[:4000]):
        if int(number) in _NUMBERS:
            return _NUMBERS[int(number)]
    return TlsReason.OTHER if "TLS error" in plain else None


def refusal_of(text: str) -> Refusal:
    """Why a certificate was refused, as far as the error tells."""
    plain = _plain(text[:4000])
    return next((why for words, why in _REFUSALS if words in plain), Refusal.UNKNOWN)


def tls_failures(hop: Hop, *reasons: TlsReason) -> tuple[Failure, ...]:
    """Failures of the hop whose transport failure reason says one of these."""
    return tuple(
        failure
        for failure in hop.having(Ending.TLS_FAILURE)
        if tls_reason(failure.outcome.transport) in reasons
    )


def tls_events(mesh: Mesh, *reasons: TlsReason) -> tuple[ProxyEvent, ...]:
    """TLS errors in proxies' own logs that say one of these, the control plane's own left out."""
    return tuple(
        event
        for event in mesh.facts(ProxyEvent)
        if event.kind in _LOGGED
        and tls_reason(event.text) in reasons
        and "gRPC config" not in event.raw
        and "xds-grpc" not in event.raw
    )
