"""How a request ended, where a person tells it in a few words: `404 and NR`, `fails with HTTP 400`.

Only a short line that says little else counts; a code alone is no outcome of anything.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from why503.support.pattern import lazy_re

_FLAG = (
    r"DC|DF|DI|DPE|DT|DUNS?|FI|IH|LH|LR|NC|NFCF|NR|OM|RL|RLSE|SI|UAEX|UC|UF|UH|UMSDR|UO|UPE|URX|UT"
)
_SAID = (
    r"(?:gets?|got|gives?|returns?|returned|returning|receiv(?:es?|ed|ing)|seeing|sees?|saw|"
    r"fail(?:s|ed|ing)? with|answers?|answered|respon(?:ds|ded|se)|results? in|with)"
)
_WITH_FLAG = lazy_re(
    rf"(?:[^\d\n]{{0,80}}\s)?(?:HTTP(?:/\d(?:\.\d)?)? |status |code |error ){{0,3}}"
    rf"(?P<code>[45]\d\d)[\s\"'`]{{0,3}}(?:and |with |,|/|-|\(|:)?\s{{0,3}}"
    rf"(?:(?:response )?flags?:? )?[\"'`]?(?P<flag>{_FLAG})[\"'`)]{{0,2}}"
    rf"(?:[ .!,][^\d\n]{{0,40}})?$"
)
_SPOKEN = lazy_re(
    rf"\b{_SAID}\b(?: (?:an?|the|HTTP(?:/\d(?:\.\d)?)?|status|code|error)){{0,4}}:? "
    r"(?P<code>[45]\d\d)\b"
)
_URL = lazy_re(r"\bhttps?://[^\s\"'<>|]{3,500}")
_LONGEST = 200
"""Characters of a line that still says little else."""


class ToldOutcome(NamedTuple):
    """What somebody says came of a request."""

    code: int
    flags: frozenset[str] | None
    """The response flag, where it is named."""


def outcome_told(text: str) -> ToldOutcome | None:
    """The code with its response flag in a line that says little else."""
    plain = text.strip()
    found = _WITH_FLAG.match(plain) if len(plain) <= _LONGEST else None
    return ToldOutcome(int(found["code"]), frozenset({found["flag"]})) if found else None


def outcome_spoken(text: str) -> ToldOutcome | None:
    """The code that a sentence, which begins with a command, gives as the command's outcome."""
    found = _SPOKEN.search(text[:1000])
    return ToldOutcome(int(found["code"]), None) if found else None


def authority_told(text: str) -> str:
    """Host and port of the URL that a sentence names; ``""`` for none."""
    found = _URL.search(text[:1000])
    if found is None:
        return ""
    try:
        return urlsplit(found[0]).netloc.rpartition("@")[2].rstrip(".,;:)")
    except ValueError:
        return ""
