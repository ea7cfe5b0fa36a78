"""Words of the glossary in a text: which there are, in the order of the text."""

from collections.abc import Iterable

from why503.diagnosis.explanation import ExplainedWord
from why503.mesh.glossary import (
    CODES,
    FIELDS,
    RESETS,
    Entry,
    details_entries,
    flag_entries,
    number_entries,
    phrase_entries,
    place_entries,
)
from why503.mesh.glossary_grpc import grpc_entries
from why503.support.pattern import lazy_re
from why503.support.secret import mask

_CODE = lazy_re(r"[1-5]\d\d|0")
_NAMED = lazy_re(
    r"[A-Za-z_. -]{0,40}(?:flag|detail|reason|status|code)s?[\"']?\s{0,4}[:=]\s{0,4}(\S.*)"
)
_OPERATOR = lazy_re(r"%?([A-Za-z_]{3,60})(?:\([^()]{0,200}\))?%?")


def explained(entries: Iterable[Entry]) -> tuple[ExplainedWord, ...]:
    """Entries as a report shows them."""
    return tuple(
        ExplainedWord(
            kind=str(entry.kind),
            word=mask(entry.token),
            title=entry.title,
            meaning=mask(entry.meaning),
            writer=entry.writer,
            caused_by=entry.caused_by,
            code=entry.code,
            since=entry.since,
            look_at=entry.look_at,
        )
        for entry in entries
    )


def entries_of(text: str) -> tuple[Entry, ...]:
    """Entries for a text that is no log line; none where nothing in it is known."""
    word = text.strip().strip("`\"'")
    for find in (
        flag_entries,
        details_entries,
        _reset,
        number_entries,
        place_entries,
        _field,
        _sequence,
        _grpc,
        _named,
        phrase_entries,
        _places,
    ):
        if found := find(word):
            return found
    return ()


def _reset(text: str) -> tuple[Entry, ...]:
    wanted = text.replace("_", " ").casefold()
    return tuple(entry for words, entry in RESETS.items() if words.casefold() == wanted)


def _field(text: str) -> tuple[Entry, ...]:
    """Entry of a field's name, JSON key or `%OPERATOR%`."""
    found = _OPERATOR.fullmatch(text)
    if found is None:
        return ()
    operator = found[1].upper()
    for name, entry in FIELDS.items():
        if text.casefold() in {name, entry.title.casefold()}:
            return (entry,)
        if entry.title.startswith((f"%{operator}%", f"%{operator}_RAW%", f"%{operator}_ADDRESS%")):
            return (entry,)
    return ()


def _sequence(text: str) -> tuple[Entry, ...]:
    """Entries of `503 UC upstream_reset_before_response_started{...}`: every word must be known."""
    found: list[Entry] = []
    for word in text.split():
        if _CODE.fullmatch(word):
            entries: tuple[Entry, ...] = (CODES[int(word)],) if int(word) in CODES else ()
        else:
            entries = flag_entries(word) or details_entries(word) or place_entries(word)
            entries = entries or phrase_entries(word)
        if not entries:
            return ()
        found += entries
    return tuple(dict.fromkeys(found))


def _grpc(text: str) -> tuple[Entry, ...]:
    """Entry of a status of gRPC, and of what its message says."""
    found = grpc_entries(text)
    return (*found, *phrase_entries(text)) if found else ()


def _named(text: str) -> tuple[Entry, ...]:
    """Entries of the value in `response_flags: UC`."""
    named = _NAMED.fullmatch(text)
    if named is None:
        return ()
    value = named[1].strip("\"', ")
    return flag_entries(value) or details_entries(value) or number_entries(value)


def _places(text: str) -> tuple[Entry, ...]:
    found = (entry for word in text.split()[:200] for entry in place_entries(word.strip(",;()[]")))
    return tuple(dict.fromkeys(found))
