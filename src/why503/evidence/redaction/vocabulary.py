"""The words that stay: Envoy's, Istio's, Kubernetes', those of known programs, plain English.

A name that is made of them only (`api-gateway`) stays as well; it says nothing of anybody.
"""

from functools import cache
from importlib.resources import files

from why503.support.pattern import lazy_re

_MARK = lazy_re(r"[CSIWEFTpvhLx]\d{1,20}")
"""Connection and stream ids, the head of a klog line, percentiles, API versions."""
_NUMBERED = lazy_re(r"([a-z]{2,40})\d{1,2}")


@cache
def words() -> frozenset[str]:
    """Every word that stays, in lower case."""
    text = files("why503.evidence.redaction").joinpath("words.txt").read_text(encoding="ascii")
    return frozenset(text.split())


def stays(word: str) -> bool:
    """True for a number, a single letter and a known word, also with a number at its end."""
    if word.isdecimal() or (len(word) == 1 and word.isascii()):
        return True
    small = word.lower()
    if small in words() or _MARK.fullmatch(word):
        return True
    numbered = _NUMBERED.fullmatch(small)
    return numbered is not None and numbered[1] in words()
