"""The stand-in that istiod sends where it could not fetch an issuer's keys (JWKS).

No token fits it. Its modulus is the address that could not be reached, behind fixed words, in
base64 (Istio `jwks_resolver.go`, `CreateFakeJwks`), so it is known in any text that shows it.
"""

import base64
import binascii

from why503.evidence.reader import Context
from why503.facts import ProxyEvent, ProxyEventKind
from why503.support.pattern import lazy_re
from why503.support.secret import mask

WORDS = "Error-IstiodFailedToFetchJwksUri-"
"""What the modulus begins with."""
_CODED = base64.urlsafe_b64encode(WORDS.encode()).decode().rstrip("=")
_FOUND = lazy_re(rf"{_CODED}[A-Za-z0-9_-]{{0,2000}}")


def stand_in(text: str) -> str:
    """The words and the address inside the first stand-in of ``text``; ``""`` where none is."""
    if _CODED not in text or (found := _FOUND.search(text)) is None:
        return ""
    coded = found[0][: len(found[0]) // 4 * 4 + (len(found[0]) % 4 if len(found[0]) % 4 > 1 else 0)]
    try:
        told = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
    except (ValueError, binascii.Error):
        return WORDS
    return mask(told.decode("utf-8", errors="replace"))


def without_address(text: str) -> str:
    """``text`` whose stand-ins keep the fixed words and lose the address."""
    return _FOUND.sub(_CODED, text) if _CODED in text else text


def stand_in_event(text: str, context: Context, line: int, teller: str) -> ProxyEvent | None:
    """The event that ``text``, which begins at ``line``, shows; None where it has no stand-in."""
    told = stand_in(text)
    if not told:
        return None
    line += text.count("\n", 0, text.find(_CODED))
    return ProxyEvent(
        source=context.source(line),
        kind=ProxyEventKind.JWKS_FETCH_FAILED,
        teller=teller,
        text=told,
        raw=told,
    )
