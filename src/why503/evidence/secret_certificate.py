"""What the certificates in a `Secret` say of themselves: never a key, never the certificate."""

import base64
import binascii
from typing import Any

from why503.evidence.x509 import certificates_of

_BEGIN = "-----BEGIN CERTIFICATE"
_PACKED = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR"
"""The same in base64, as far as what follows does not change it."""
_LARGEST = 400_000
"""Characters of one value that are read."""


def certificates_told(value: object, *, packed: bool) -> list[dict[str, Any]]:
    """Subject, issuer, names and times of the certificates in one value of a `Secret`.

    ``packed``: the value is in base64, as under `data`. Times are seconds since 1970. Empty for
    what is no text of certificates, so that nothing else of the value is kept.
    """
    if not isinstance(value, str) or (_PACKED if packed else _BEGIN) not in value:
        return []
    text = value[:_LARGEST]
    if packed:
        try:
            text = base64.b64decode(text, validate=False).decode("ascii", errors="replace")
        except (ValueError, binascii.Error):
            return []
    return [
        {
            "subject": found.subject,
            "issuer": found.issuer,
            "names": list(found.sans),
            "notBefore": found.valid_from,
            "notAfter": found.expires,
            "isAuthority": found.is_ca,
        }
        for found in certificates_of(text)
    ]
