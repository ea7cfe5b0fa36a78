"""Which causes of the catalogue typically show the words that were found."""

from collections.abc import Iterable, Sequence

from why503.diagnosis.cause import Cause
from why503.diagnosis.explanation import UsualCause
from why503.mesh.glossary import Entry, Kind

_GENERIC = 9
_RANK: dict[Kind, int] = {
    Kind.TLS: 0,
    Kind.ERRNO: 0,
    Kind.TRANSPORT: 1,
    Kind.ZTUNNEL: 1,
    Kind.RESET: 2,
    Kind.BODY: 3,
    Kind.DETAILS: 3,
    Kind.FLAG: 4,
    Kind.CODE: 8,
}
"""The lower, the more a word tells of the cause; kinds not named stand between flag and code."""
_COMPANIONS = frozenset({"URX", "DI", "-"})
"""Flags that tell less than the word beside them."""
_SHORTEST = 5
"""Characters of a sign that is looked for inside a text."""


def usual_causes(
    entries: Iterable[Entry], catalogue: Sequence[Cause], text: str = ""
) -> tuple[UsualCause, ...]:
    """Causes that have the most telling words among their signs; else signs that ``text`` holds.

    Beside an error number the words around it (`delayed connect error`) tell nothing of their own.
    """
    given = tuple(entries)
    numbered = any(entry.kind is Kind.ERRNO for entry in given)
    if numbered:
        given = tuple(entry for entry in given if entry.kind is not Kind.TRANSPORT)
    for wanted in _groups(given):
        found = [cause for cause in catalogue if wanted & {_plain(sign) for sign in cause.SIGNS}]
        if found:
            return _listed(found)
    plain = "" if numbered else _plain(text)
    return _listed([cause for cause in catalogue if any(_is_in(plain, s) for s in cause.SIGNS)])


def _listed(causes: Iterable[Cause]) -> tuple[UsualCause, ...]:
    return tuple(UsualCause(id=cause.ID, title=cause.TITLE) for cause in causes)


def _plain(sign: str) -> str:
    return sign.replace("_", " ").strip().casefold()


def _is_in(text: str, sign: str) -> bool:
    """Whether a sign stands in a text, not as the end of a longer word."""
    plain = _plain(sign)
    found = text.find(plain) if len(plain) >= _SHORTEST else -1
    while found > 0 and text[found - 1].isalnum():
        found = text.find(plain, found + 1)
    return found >= 0


def _rank(entry: Entry) -> int:
    if entry.token.startswith(("upstream_reset", "upstream connect error")):
        return _GENERIC
    return 6 if entry.token in _COMPANIONS else _RANK.get(entry.kind, 5)


def _groups(entries: Iterable[Entry]) -> list[set[str]]:
    """Signs, the most telling group first; an entry's later groups come after all first ones."""
    ranked: dict[tuple[int, int], set[str]] = {}
    for entry in entries:
        for number, group in enumerate(entry.signs):
            known = ranked.setdefault((min(number, 1), _rank(entry)), set())
            known |= {_plain(sign) for sign in group}
    return [ranked[key] for key in sorted(ranked)]
