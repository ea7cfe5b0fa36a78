"""The glossary: every word of Envoy and Istio that `explain` knows, and how to find it in a text.

The tables stand beside (`glossary_flags`, `glossary_details`, ...); this file only looks up.
"""

import re

from why503.mesh.glossary_bodies import BODIES, CODES, RESET_BODY
from why503.mesh.glossary_details import DETAILS
from why503.mesh.glossary_entry import Entry, Kind
from why503.mesh.glossary_fields import EMPTY, FIELDS
from why503.mesh.glossary_filters import FILTERS
from why503.mesh.glossary_flags import FLAGS, LONG_NAMES, NO_FLAG
from why503.mesh.glossary_places import place_entries
from why503.mesh.glossary_refusals import REFUSALS
from why503.mesh.glossary_resets import LOCAL_CLOSES, RESETS
from why503.mesh.glossary_tls import SSL_LIBRARY, TLS, TLS_NUMBERS, VERIFY, tls_name
from why503.mesh.glossary_transport import ERRNO_NAMES, ERRNOS, TRANSPORT
from why503.mesh.glossary_ztunnel import NOT_TELLING, ZTUNNEL_ERRORS
from why503.support.pattern import lazy_re

__all__ = [
    "ALL_DETAILS",
    "BODIES",
    "CODES",
    "EMPTY",
    "ERRNOS",
    "FIELDS",
    "FLAGS",
    "RESETS",
    "SSL_LIBRARY",
    "TLS",
    "TLS_NUMBERS",
    "TRANSPORT",
    "VERIFY",
    "ZTUNNEL_ERRORS",
    "Entry",
    "Kind",
    "details_entries",
    "flag_entries",
    "number_entries",
    "phrase_entries",
    "place_entries",
    "tls_name",
    "ztunnel_entries",
]

ALL_DETAILS: dict[str, Entry] = DETAILS | REFUSALS | FILTERS
"""Every name of response code details, without braces and brackets."""

_DETAILS = lazy_re(
    r"(?P<name>[A-Za-z0-9_.-]{1,120})(?:(?P<open>[{\[(])(?P<inside>.{0,2000}?)[}\])]?)?", re.DOTALL
)
_ERRNO = lazy_re(r"(?:delayed|immediate) connect error: ?(\d{1,3})\b")
_TLS_NUMBER = lazy_re(r"\b(2684[3-9]\d{4})\b")
_SEPARATOR = lazy_re(r"[,;|\s]+")
_LONGEST = 16_000
"""Characters of a text that are looked through."""


def flag_entries(text: str) -> tuple[Entry, ...]:
    """Entries of response flags, short or long, in any case; none where a word is no flag."""
    found = []
    for word in _SEPARATOR.split(text.strip().strip("[]\"'")):
        short = LONG_NAMES.get(word.casefold(), word.upper())
        entry = NO_FLAG if word == "-" else FLAGS.get(short)
        if entry is None:
            return ()
        found.append(entry)
    return tuple(dict.fromkeys(found))


def _long_name(name: str) -> Entry | None:
    """Entry of a name that goes on behind what the table holds (`ext_proc_error_gRPC_error_14`)."""
    return ALL_DETAILS["ext_proc_error"] if name.startswith("ext_proc_error") else None


def details_entries(text: str) -> tuple[Entry, ...]:
    """Entries of response code details: the name, then what the braces hold; else none."""
    parts = _DETAILS.fullmatch(text.strip())
    if parts is None:
        return ()
    name = parts["name"]
    entry = ALL_DETAILS.get(name) or ALL_DETAILS.get(name.casefold()) or _long_name(name)
    if entry is None:
        return ()
    inside = parts["inside"] or ""
    return (entry, *(() if not inside else _inside(name, inside)))


def _inside(name: str, inside: str) -> tuple[Entry, ...]:
    if name.startswith("downstream_local_disconnect"):
        told = next((word for word in LOCAL_CLOSES if word in inside), None)
        if told is None:
            return ()
        closed = ALL_DETAILS["downstream_local_disconnect"]
        return (
            Entry(
                kind=Kind.DETAILS,
                token=told,
                title=told.replace("_", " "),
                meaning=LOCAL_CLOSES[told],
                writer=closed.writer,
                signs=closed.signs,
            ),
        )
    if not name.startswith("upstream_reset"):
        return ()
    reason, _separator, transport = inside.replace("|", ",", 1).partition(",")
    reset = RESETS.get(reason.replace("_", " ").strip())
    return ((reset,) if reset else ()) + (phrase_entries(transport) if transport else ())


def number_entries(text: str) -> tuple[Entry, ...]:
    """Entries of a bare number: a TLS error, an errno, an HTTP status; or of an errno's name."""
    word = text.strip()
    if word.upper() in ERRNO_NAMES:
        return (ERRNOS[ERRNO_NAMES[word.upper()]],)
    if not (word.isascii() and word.isdigit() and len(word) < 12):
        return ()
    number = int(word)
    if number in TLS_NUMBERS:
        return (TLS[TLS_NUMBERS[number]],)
    found = ERRNOS.get(number) or CODES.get(number)
    return (found,) if found else ()


def _plain(text: str) -> str:
    words = text.replace("_", " ").replace("TLSV1 ALERT ", "TLSV1 ")
    return re.sub(r"\s{1,100}", " ", words).casefold()


_PHRASES: tuple[tuple[str, Entry], ...] = tuple(
    (_plain(words), entry)
    for words, entry in (
        (RESET_BODY.token, RESET_BODY),
        *BODIES.items(),
        *TRANSPORT.items(),
        *TLS.items(),
        *VERIFY.items(),
        *((entry.token, entry) for entry in ERRNOS.values()),
        *((name, ERRNOS[number]) for name, number in ERRNO_NAMES.items()),
        *((words, entry) for words, entry in RESETS.items() if words != "overflow"),
        *((words, entry) for words, entry in ZTUNNEL_ERRORS.items() if words not in NOT_TELLING),
        *((words, entry) for words, entry in ALL_DETAILS.items() if "_" in words or "." in words),
    )
)


def phrase_entries(text: str) -> tuple[Entry, ...]:
    """Entries whose words stand in a text, in the order of the text.

    Where words overlap the longer ones count: `remote connection failure` is not also a
    `connection failure`.
    """
    plain = _plain(text[:_LONGEST])
    hits: list[tuple[int, int, Entry]] = []
    for words, entry in _PHRASES:
        if found := re.search(rf"(?<![a-z0-9]){re.escape(words)}(?![a-z0-9])", plain):
            hits.append((found.start(), found.end(), entry))
    if found := _ERRNO.search(plain):
        hits += [(*found.span(1), entry) for entry in number_entries(found[1])]
    if found := _TLS_NUMBER.search(plain):
        hits += [(*found.span(1), entry) for entry in number_entries(found[1])]
    if (at := plain.find("reset reason: overflow")) >= 0:
        hits.append((at + 14, at + 22, RESETS["overflow"]))
    first = {hit[:2]: hit for hit in reversed(hits)}
    kept = [hit for hit in first.values() if not any(_covers(other, hit) for other in hits)]
    return tuple(
        dict.fromkeys(entry for _start, _end, entry in sorted(kept, key=lambda hit: hit[:2]))
    )


def ztunnel_entries(error: str) -> tuple[Entry, ...]:
    """Entry of the error of a ztunnel line: the most telling words that it holds; else none."""
    plain = _plain(error[:_LONGEST])
    return next(
        ((entry,) for words, entry in ZTUNNEL_ERRORS.items() if words.casefold() in plain), ()
    )


def _covers(one: tuple[int, int, Entry], other: tuple[int, int, Entry]) -> bool:
    """True where one hit is longer than another and takes all its place."""
    longer = one[1] - one[0] > other[1] - other[0]
    return longer and one[0] <= other[0] and other[1] <= one[1]
