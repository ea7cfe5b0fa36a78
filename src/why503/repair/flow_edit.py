"""Edits of mappings and lists in braces and brackets, as splices; JSON stays JSON."""

import re
from typing import Any

from why503.diagnosis.yaml_text import inline, key_text
from why503.repair.change import RefusedError
from why503.repair.marked import Entry, Mark, place_of
from why503.repair.text_edit import Lines, Splice
from why503.support.text import _

_COMMA = re.compile(r"(?:\s|(?<=\s)#[^\n]*)*,")


def is_json(holder: Mark, text: str) -> bool:
    """True where ``holder`` is written as JSON: all keys and all texts in double quotes."""
    if holder.sort == "map" and holder.entries:
        return all(entry.json_key for entry in holder.entries)
    if text[holder.body : holder.end].lstrip()[:1] == "[" and holder.entries:
        return all(_is_json_value(entry.value, text) for entry in holder.entries)
    return text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}


def _is_json_value(mark: Mark, text: str) -> bool:
    if mark.flow:
        return is_json(mark, text)
    return mark.style == '"'


def added(holder: Mark, key: str | None, value: Any, lines: Lines) -> list[Splice]:
    """A pair (an element where ``key`` is None) at the end."""
    _check(holder)
    text = lines.text
    json_style = is_json(holder, text)
    new = inline(value, flow=True, json_style=json_style)
    if key is not None:
        new = f"{key_text(key, flow=True, json_style=json_style)}: {new}"
    if not holder.entries:
        return [Splice(begin=holder.body + 1, end=holder.body + 1, text=new)]
    last = holder.entries[-1]
    comma = _COMMA.match(text, last.end)
    own_line = lines.leads(last.begin) and lines.end(last.end) < holder.end
    behind = comma.end() if comma else last.end
    if not own_line or not lines.is_free(behind):
        return [Splice(begin=last.end, end=last.end, text=f", {new}")]
    row = " " * lines.column(last.begin) + new + ("," if comma else "")
    at = lines.end(behind)
    below = Splice(begin=at, end=at, text=lines.newline + row)
    if comma:
        return [below]
    return [Splice(begin=last.end, end=last.end, text=","), below]


def replaced(entry: Entry, holder: Mark, value: Any, lines: Lines) -> list[Splice]:
    """Another value for a pair or an element."""
    _check(holder)
    old = entry.value
    json_style = is_json(holder, lines.text)
    like = old.style if old.style in {'"', "'"} else ""
    new = inline(value, flow=True, like=like, json_style=json_style)
    if old.is_empty:
        new = f" {new}" if entry.mark_end >= 0 else f": {new}"
    elif lines.text[old.begin - 1] == ":":
        new = f" {new}"
    return [Splice(begin=old.begin, end=old.end, text=new)]


def removed(entry: Entry, holder: Mark, lines: Lines) -> list[Splice]:
    """Without one pair or element, and with no comma too many."""
    _check(holder)
    text, place = lines.text, place_of(entry, holder)
    last = place == len(holder.entries) - 1
    comma = _COMMA.match(text, entry.end)
    before = holder.entries[place - 1] if place else None
    if _has_own_lines(entry, comma.end() if comma else entry.end, holder, lines):
        begin = lines.begin(entry.begin)
        gone = Splice(begin=begin, end=lines.after(comma.end() if comma else entry.end), text="")
        spare = _COMMA.match(text, before.end) if before and last and not comma else None
        if spare is None or spare.end() > begin:
            return [gone]
        return [Splice(begin=spare.end() - 1, end=spare.end(), text=""), gone]
    if not last:
        return [Splice(begin=entry.begin, end=holder.entries[place + 1].begin, text="")]
    if before is not None:
        return [Splice(begin=before.end, end=entry.end, text="")]
    return [Splice(begin=entry.begin, end=comma.end() if comma else entry.end, text="")]


def _has_own_lines(entry: Entry, end: int, holder: Mark, lines: Lines) -> bool:
    """True where nothing else stands in the lines of an entry."""
    inside = lines.begin(entry.begin) > holder.body and lines.end(end) < holder.end
    return inside and lines.leads(entry.begin) and lines.is_free(end)


def _check(holder: Mark) -> None:
    if holder.is_bare_pair:
        said = _("A pair without braces inside a list in brackets cannot be edited.")
        raise RefusedError(said)
