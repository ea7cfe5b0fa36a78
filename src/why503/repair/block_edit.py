"""Edits of mappings and lists that are written by indentation, as splices."""

from collections import Counter
from dataclasses import replace
from typing import Any

from why503.diagnosis.yaml_text import Form, block_rows, field_rows, inline, is_block, item_rows
from why503.repair.change import RefusedError
from why503.repair.marked import Entry, Mark, all_marks, place_of
from why503.repair.text_edit import Lines, Splice
from why503.support.pattern import lazy_re
from why503.support.text import _

_COMMENT_BELOW = lazy_re(r"\s*#")


def form_of(root: Mark, lines: Lines) -> Form:
    """How most of the document is indented."""
    steps: Counter[int] = Counter()
    list_steps: Counter[int] = Counter()
    for mark in all_marks(root):
        if not mark.is_block or mark.sort != "map":
            continue
        here = lines.column(mark.body)
        for entry in mark.entries:
            if entry.value.is_block and lines.leads(entry.value.body):
                deeper = lines.column(entry.value.body) - here
                (steps if entry.value.sort == "map" else list_steps)[deeper] += 1
    return Form(step=_usual(steps, 2), list_step=_usual(list_steps, 0))


def _usual(counted: Counter[int], default: int) -> int:
    return min(counted, key=lambda step: (-counted[step], step)) if counted else default


def added(holder: Mark, key: str | None, value: Any, lines: Lines, form: Form) -> list[Splice]:
    """A field (an element where ``key`` is None) at the end of a mapping or list."""
    last = holder.entries[-1]
    column = lines.column(holder.entries[0].begin)
    below = lines.after(last.end)
    at = lines.past_comments(below, column, own=True)
    if _COMMENT_BELOW.match(lines.text, at):  # it would become a line of a text block above it
        form = replace(form, literal=False)
    rows = item_rows(value, column, form) if key is None else field_rows(key, value, column, form)
    if below == len(lines.text) and not lines.text.endswith("\n") and _ends_in_block_scalar(last):
        return [_before(last, key, rows, lines)]
    return [_rows_at(at, rows, lines)]


def replaced(entry: Entry, holder: Mark, value: Any, lines: Lines, form: Form) -> list[Splice]:
    """Another value for a field or an element of ``holder``."""
    old = entry.value
    if entry.mark_end < 0:
        raise RefusedError(_("A key that has neither colon nor value cannot be given one."))
    if is_block(value):
        form = replace(form, literal=False)
        if old.is_block:
            return _block_for_block(entry, holder, value, lines, form)
        return _block_for_inline(entry, holder, value, lines, form)
    if not old.is_block:
        text = inline(value, like=old.style if old.style in {'"', "'"} else "")
        return [Splice(begin=old.begin, end=old.end, text=f" {text}" if old.is_empty else text)]
    text = inline(value)
    if not lines.leads(old.body) or holder.sort == "list":
        return [Splice(begin=old.begin, end=old.end, text=text)]
    gone = Splice(begin=lines.begin(old.body), end=lines.after(old.end), text="")
    if old.begin < gone.begin:  # its anchor or tag stands behind the key
        props = lines.text[old.begin : lines.end(old.begin)].split(" #")[0].rstrip()
        return [Splice(begin=old.begin, end=old.begin + len(props), text=text), gone]
    return [Splice(begin=entry.mark_end, end=entry.mark_end, text=f" {text}"), gone]


def removed(entry: Entry, holder: Mark, lines: Lines) -> list[Splice]:
    """A mapping or list without one of its several entries."""
    text, place = lines.text, place_of(entry, holder)
    if lines.leads(entry.begin):
        end = lines.past_comments(lines.after(entry.end), lines.column(entry.begin), own=False)
        return [Splice(begin=lines.begin(entry.begin), end=end, text="")]
    following = holder.entries[place + 1] if place + 1 < len(holder.entries) else None
    if following is not None and not text[entry.end : following.begin].strip():
        return [Splice(begin=entry.begin, end=following.begin, text="")]
    begin = entry.begin
    while begin and text[begin - 1] == " ":
        begin -= 1
    return [Splice(begin=begin, end=lines.end(entry.end), text="")]


def emptied(holder: Mark, lines: Lines) -> list[Splice]:
    """A root mapping or list whose only entry goes."""
    text = "{}" if holder.sort == "map" else "[]"
    return [Splice(begin=holder.body, end=holder.end, text=text)]


def _ends_in_block_scalar(entry: Entry) -> bool:
    mark = entry.value
    while mark.is_block and mark.entries:
        mark = mark.entries[-1].value
    return mark.style in {"|", ">"}


def _before(last: Entry, key: str | None, rows: list[str], lines: Lines) -> Splice:
    """Rows in front of a block scalar that the text breaks off in, so that it stays the last."""
    if key is None or not lines.leads(last.begin):
        raise RefusedError(
            _(
                "The file ends inside a text block without a line break, so nothing can be added "
                "behind it. End the file with a line break first."
            )
        )
    text = "".join(row + lines.newline for row in rows)
    return Splice(begin=lines.begin(last.begin), end=lines.begin(last.begin), text=text)


def _rows_at(at: int, rows: list[str], lines: Lines) -> Splice:
    """Whole lines at the beginning of a line, or behind a last line without a line break."""
    newline = lines.newline
    if at == len(lines.text) and at and lines.text[at - 1] != "\n":
        return Splice(begin=at, end=at, text=newline + newline.join(rows) + newline)
    return Splice(begin=at, end=at, text="".join(row + newline for row in rows))


def _inner_column(entry: Entry, holder: Mark, value: Any, lines: Lines, form: Form) -> int:
    """Column at which a block of lines begins below a key or a dash."""
    here = lines.column(entry.begin)
    if holder.sort == "list":
        return here + 2
    return here + (form.step if isinstance(value, dict) else form.list_step)


def _block_for_block(
    entry: Entry, holder: Mark, value: Any, lines: Lines, form: Form
) -> list[Splice]:
    old = entry.value
    column = lines.column(old.body)
    if not lines.leads(old.body):
        rows = block_rows(value, column, form)
        text = lines.newline.join([rows[0][column:], *rows[1:]])
        return [Splice(begin=old.body, end=old.end, text=text)]
    if isinstance(value, dict) and column <= lines.column(entry.begin):
        column = _inner_column(entry, holder, value, lines, form)
    text = lines.newline.join(block_rows(value, column, form))
    return [Splice(begin=lines.begin(old.body), end=old.end, text=text)]


def _block_for_inline(
    entry: Entry, holder: Mark, value: Any, lines: Lines, form: Form
) -> list[Splice]:
    old = entry.value
    column = lines.column(old.begin)
    own_line = lines.leads(old.begin) and column > lines.column(entry.begin)
    beside_dash = holder.sort == "list" and lines.begin(old.begin) == lines.begin(entry.begin)
    if not old.is_empty and (own_line or beside_dash):
        rows = block_rows(value, column, form)
        text = lines.newline.join([rows[0][column:], *rows[1:]])
        return [Splice(begin=old.begin, end=old.end, text=text)]
    rows = block_rows(value, _inner_column(entry, holder, value, lines, form), form)
    at = lines.end(old.end)
    below = Splice(begin=at, end=at, text=lines.newline + lines.newline.join(rows))
    gone = Splice(begin=entry.mark_end, end=old.end, text="")
    return [below] if old.is_empty else [gone, below]
