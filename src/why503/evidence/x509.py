"""Validity, names and issuer of X.509 certificates in PEM; nothing is verified, no key is read.

A small reader of DER, enough for what a proxy's dump shows and bounded by the text's own length.
"""

import base64
import binascii
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_PEM = lazy_re(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,100000})-----END CERTIFICATE-----")
_MOST = 500
"""Certificates of one text that are read."""

_SEQUENCE = 0x30
_OBJECT_ID = 0x06
_UTC_TIME = 0x17
_EXTENSIONS = 0xA3
_VERSION = 0xA0
_SUBJECT_ALT_NAME = b"\x55\x1d\x11"
_BASIC_CONSTRAINTS = b"\x55\x1d\x13"
_ATTRIBUTES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
}
_DNS, _URI, _IP, _EMAIL = 0x82, 0x86, 0x87, 0x81

Value = tuple[int, bytes]
"""Tag and content of one DER element."""


@dataclass(frozen=True, kw_only=True)
class Validity:
    """What a certificate says of itself; empty values for what it does not."""

    subject: str
    issuer: str
    serial: str
    sans: tuple[str, ...]
    valid_from: float | None
    expires: float | None
    is_ca: bool


def certificates_of(text: str) -> Iterator[Validity]:
    """Every readable certificate of a PEM text, in order; damaged ones are passed over."""
    for count, found in enumerate(_PEM.finditer(text)):
        if count >= _MOST:
            return
        try:
            der = base64.b64decode("".join(found[1].split()), validate=True)
            yield _certificate(der)
        except (ValueError, IndexError, binascii.Error, OverflowError):
            continue


def _certificate(der: bytes) -> Validity:
    body = _parts(_parts(_parts(der)[0][1])[0][1])
    if body[0][0] == _VERSION:
        body = body[1:]
    serial, _algorithm, issuer, times, subject = (content for _tag, content in body[:5])
    begin, end = _parts(times)[:2]
    extensions = next((content for tag, content in body if tag == _EXTENSIONS), b"")
    sans, is_ca = _extensions(extensions)
    return Validity(
        subject=_name(subject),
        issuer=_name(issuer),
        serial=serial.lstrip(b"\0").hex() or "00",
        sans=sans,
        valid_from=_time(begin),
        expires=_time(end),
        is_ca=is_ca,
    )


def _parts(data: bytes) -> list[Value]:
    """Elements that stand one after the other in ``data``; `IndexError` where it is cut."""
    found: list[Value] = []
    at = 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise IndexError
        found.append((tag, data[at : at + length]))
        at += length
    return found


def _name(data: bytes) -> str:
    """A distinguished name: `O=cluster.local, CN=desk`."""
    words = []
    for _set, content in _parts(data):
        for _sequence, pair in _parts(content):
            key, value = _parts(pair)[:2]
            label = _ATTRIBUTES.get(key[1])
            if label is not None:
                words.append(f"{label}={value[1].decode('utf-8', errors='replace')[:300]}")
    return ", ".join(words)


def _time(value: Value) -> float | None:
    tag, content = value
    text = content.decode("ascii", errors="replace").rstrip("Z")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _extensions(data: bytes) -> tuple[tuple[str, ...], bool]:
    """Subject alternative names, and whether it may sign others."""
    sans: tuple[str, ...] = ()
    is_ca = False
    for _sequence, content in _parts(_parts(data)[0][1]) if data else ():
        extension = _parts(content)
        if extension[0][0] != _OBJECT_ID:
            continue
        inner = _parts(extension[-1][1])
        if extension[0][1] == _SUBJECT_ALT_NAME:
            sans = tuple(name for part in _parts(inner[0][1]) if (name := _san(part)))
        elif extension[0][1] == _BASIC_CONSTRAINTS and inner and inner[0][0] == _SEQUENCE:
            is_ca = any(tag == 1 and flag != b"\0" for tag, flag in _parts(inner[0][1]))
    return sans, is_ca


def _san(part: Value) -> str:
    tag, content = part
    if tag in (_DNS, _URI, _EMAIL):
        return content.decode("utf-8", errors="replace")[:500]
    if tag == _IP and len(content) in (4, 16):
        return str(ip_address(content))
    return ""
