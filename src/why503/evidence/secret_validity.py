"""Certificates of the secrets in a dump: what they say of themselves, never the keys."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from why503.evidence.proto_json import Json, get, message
from why503.evidence.x509 import certificates_of
from why503.facts.certificate import Certificate
from why503.facts.source import Source

_LARGEST = 4_000_000
"""Characters of one bundle of authorities that are read."""


def certificates_in(secret: Json, name: str, source: Source, teller: str) -> Iterator[Certificate]:
    """Certificates of one `Secret`: its own chain, then the authorities it trusts."""
    chain = message(secret, "tls_certificate", "certificate_chain")
    trusted = message(secret, "validation_context", "trusted_ca")
    for data, is_authority in ((chain, False), (trusted, True)):
        yield from certificates_of_pem(_pem(data), name, source, teller, is_authority=is_authority)


def certificates_of_pem(
    text: str, name: str, source: Source, teller: str, *, is_authority: bool = False
) -> Iterator[Certificate]:
    """Certificates of a PEM text."""
    for found in certificates_of(text):
        yield Certificate(
            source=source,
            teller=teller,
            name=name,
            subject=found.subject,
            sans=found.sans,
            serial=found.serial,
            issuer=found.issuer,
            valid_from=found.valid_from,
            expires=found.expires,
            is_ca=is_authority or found.is_ca,
        )


def _pem(source: Any) -> str:
    """Text of an inline data source; ``""`` for a file or what is no PEM."""
    plain = get(source, "inline_string")
    if isinstance(plain, str):
        return plain[:_LARGEST]
    packed = get(source, "inline_bytes")
    if not isinstance(packed, str):
        return ""
    try:
        return base64.b64decode(packed[:_LARGEST], validate=False).decode("ascii", errors="replace")
    except (ValueError, binascii.Error):
        return ""
