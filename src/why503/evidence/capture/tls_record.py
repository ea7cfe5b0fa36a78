"""TLS records in one direction of a connection: ClientHello, alerts, nothing decrypted."""

from typing import Protocol

_ALERT, _HANDSHAKE, _DATA, _CLIENT_HELLO = 21, 22, 23, 1
_TYPES = (20, _ALERT, _HANDSHAKE, _DATA)
_RECORD_LIMIT = (1 << 14) + 2048
_TLS13_ALERT = 24
"""Bytes of a record of application data up to which it may be an alert of TLS 1.3."""

_LEVELS = {1: "warning", 2: "fatal"}
DESCRIPTIONS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}


class Listener(Protocol):
    """Who is told what is heard."""

    def client_hello(self, server_name: str) -> None:
        """A TLS handshake begins."""
        ...

    def alert(self, level: str, description: str, time: float, line: int) -> None:
        """An alert; both words empty where it is encrypted."""
        ...

    def application_data(self) -> None:
        """A record with enough bytes to be a request or a part of one."""
        ...


def is_record(data: bytes) -> bool:
    """True where a TLS record may begin here."""
    return (
        len(data) >= 5
        and data[0] in _TYPES
        and data[1] == 3
        and data[2] <= 4
        and 0 < (data[3] << 8 | data[4]) <= _RECORD_LIMIT
    )


class TlsSide:
    """Follows the records that one end sends."""

    __slots__ = ("_kept", "_left", "_listener", "_synchronous")

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._kept = b""
        self._left = 0
        """Bytes until the next record."""
        self._synchronous = True

    def feed(self, data: bytes, missing: int, time: float, line: int) -> None:
        """The next bytes in order; ``missing`` more were sent behind them and not captured."""
        if not self._synchronous:
            if not is_record(data):
                return
            self._synchronous, self._left = True, 0
        if self._left >= len(data) + missing:
            self._left -= len(data) + missing
            return
        if self._left > len(data):
            self.lost()
            return
        kept = self._kept + data[self._left :]
        self._kept, self._left = b"", 0
        at = 0
        while at + 7 <= len(kept):
            if not is_record(kept[at : at + 5]):
                self.lost()
                return
            size = kept[at + 3] << 8 | kept[at + 4]
            self._record(kept[at : at + 5 + size], size, time, line)
            at += 5 + size
        if at > len(kept):
            self._left = at - len(kept)
        else:
            self._kept = kept[at:]
        if missing:
            if missing <= self._left:
                self._left -= missing
            else:
                self.lost()

    def lost(self) -> None:
        """Bytes are missing: wait for a segment that begins with a record."""
        self._synchronous, self._kept, self._left = False, b"", 0

    def _record(self, record: bytes, size: int, time: float, line: int) -> None:
        kind = record[0]
        if kind == _ALERT and size == 2:
            level = _LEVELS.get(record[5], "")
            told = DESCRIPTIONS.get(record[6], str(record[6])) if level else ""
            self._listener.alert(level, told, time, line)
        elif kind == _ALERT:
            self._listener.alert("", "", time, line)
        elif kind == _HANDSHAKE and record[5] == _CLIENT_HELLO:
            self._listener.client_hello(server_name(record))
        elif kind == _DATA and size > _TLS13_ALERT:
            self._listener.application_data()


def server_name(record: bytes) -> str:
    """SNI of a ClientHello record (or its beginning); ``""`` where it has none."""
    at = 5 + 4 + 2 + 32
    try:
        at += 1 + record[at]
        at += 2 + int.from_bytes(record[at : at + 2], "big")
        at += 1 + record[at]
        at += 2
        while at + 4 <= len(record):
            kind = int.from_bytes(record[at : at + 2], "big")
            size = int.from_bytes(record[at + 2 : at + 4], "big")
            if kind == 0:
                length = int.from_bytes(record[at + 7 : at + 9], "big")
                name = record[at + 9 : at + 9 + min(length, 255)]
                return name.decode("ascii", "replace") if len(name) == length else ""
            at += 4 + size
    except IndexError:
        return ""
    return ""
