"""A certificate with its validity and without its owner: every byte stays in its place.

Names become the tokens that they are elsewhere; key, serial number and signature are replaced, so
that the certificate cannot be looked up. Its dates stay, for they are what a diagnosis asks for.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from why503.support.pattern import lazy_re

_STRINGS = frozenset({0x0C, 0x13, 0x14, 0x16, 0x81, 0x82, 0x86})
"""UTF8String, PrintableString, T61String, IA5String; e-mail, DNS name and URI of a SAN."""
_KEPT = frozenset({0x01, 0x05, 0x06, 0x0A, 0x17, 0x18})
"""BOOLEAN, NULL, OBJECT IDENTIFIER, ENUMERATED, UTCTime, GeneralizedTime."""
_INTEGER, _BITS, _OCTETS, _ADDRESS = 0x02, 0x03, 0x04, 0x87
_DEPTH = 24
_SIGN = lazy_re(r"\\{1,4}[nrt]|[A-Za-z0-9+/=]")


class Certificates:
    """Rewrites the certificates of one bundle."""

    def __init__(self, words: Callable[[str], str], noise: Callable[[bytes], bytes]) -> None:
        """``words`` redacts a text; ``noise`` gives as many bytes that only the key foretells."""
        self._words = words
        self._noise = noise

    def body(self, text: str) -> str | None:
        """The base64 of a certificate, its line breaks in place; None where it is none."""
        signs = [found[0] for found in _SIGN.finditer(text) if not found[0].startswith("\\")]
        try:
            der = base64.b64decode("".join(signs), validate=True)
        except (binascii.Error, ValueError):
            return None
        new = self._der(der, _DEPTH)
        if new is None or not der.startswith(b"\x30"):
            return None
        fresh: Iterator[str] = iter(base64.b64encode(new).decode())
        return _SIGN.sub(
            lambda found: found[0] if found[0].startswith("\\") else next(fresh, "="), text
        )

    def _der(self, der: bytes, depth: int) -> bytes | None:
        """``der`` with the contents of its elements replaced; None where it is no DER."""
        out = bytearray()
        place = 0
        while place < len(der):
            head = _header(der, place)
            if head is None or depth == 0:
                return None
            begin, end = head
            content = self._content(der[place], der[begin:end], depth)
            if content is None:
                return None
            out += der[place:begin] + content
            place = end
        return bytes(out)

    def _content(self, tag: int, content: bytes, depth: int) -> bytes | None:
        if tag & 0x20:
            return self._der(content, depth - 1)
        if tag in _KEPT or (tag == _INTEGER and len(content) == 1):
            return content
        if tag in _STRINGS:
            return self._string(content)
        if tag == _OCTETS and (inner := self._der(content, depth - 1)) is not None:
            return inner
        if tag == _ADDRESS:
            return self._address(content)
        if tag == _BITS and len(content) <= 2:
            return content
        first = 1 if tag in (_INTEGER, _BITS) else 0
        return content[:first] + self._noise(content[first:])

    def _string(self, content: bytes) -> bytes:
        try:
            token = self._words(content.decode("ascii")).encode("ascii")
        except (UnicodeDecodeError, UnicodeEncodeError):
            return b"x" * len(content)
        return token[: len(content)].ljust(len(content), b"x")

    def _address(self, content: bytes) -> bytes:
        try:
            return ip_address(self._words(str(ip_address(content)))).packed
        except ValueError:
            return self._noise(content)


def _header(der: bytes, place: int) -> tuple[int, int] | None:
    """Begin and end of the content of the element at ``place``; None where it is broken."""
    if place + 2 > len(der) or der[place] & 0x1F == 0x1F:
        return None
    size = der[place + 1]
    begin = place + 2
    if size & 0x80:
        length = size & 0x7F
        if not 1 <= length <= 4 or begin + length > len(der):
            return None
        size = int.from_bytes(der[begin : begin + length], "big")
        begin += length
    return (begin, begin + size) if begin + size <= len(der) else None
