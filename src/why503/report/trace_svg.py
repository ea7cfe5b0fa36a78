"""A trace as a picture: inline SVG, one column of boxes for each way that a request may go."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from why503.diagnosis.trace import Trace, TraceBranch, TraceOutcome, TraceSetting, TraceStep
from why503.report.clean import cleaned
from why503.report.finding_outline import place
from why503.report.svg_text import FONT, LINE, SIZE, cut_left, element, wrapped
from why503.report.trace_text import ending, question, step_names
from why503.support.text import _

_WIDTH = 400
_PAD = 10
_ROOM = _WIDTH - 2 * _PAD
_GAP = 26
"""Between two boxes, above each other and side by side."""
_MARGIN = 16
_GOOD = "#1a7f37"
_BAD = "#cf222e"
_WARN = "#bf8700"
_LINE = "#808890"
_COLOURS = {"outbound": "#0969da", "gateway": "#8250df", "inbound": "#bf8700"}
_MOST = 6
"""Most columns that are drawn."""
_SETTINGS = 6
"""Most settings of a step that are drawn; all are in its tooltip."""
_ALONE = "<style>svg:root{background:#fff;color:#1f2328}</style>"
"""Where the picture stands alone it is a light sheet; inside a page it has the page's colours."""
_BOLD = 'font-weight="bold"'
_FAINT = 'fill-opacity="0.7"'
_FAINT_TEXT = f'fill="currentColor" {_FAINT}'
_STRONG_TEXT = f'fill="currentColor" {_BOLD}'


class _Row(NamedTuple):
    """One line of text."""

    text: str
    style: str = ""


class _Block(NamedTuple):
    """A box, or a heading where ``colour`` is ``""``."""

    rows: tuple[_Row, ...]
    colour: str = ""
    tip: str = ""
    thick: bool = False

    @property
    def height(self) -> int:
        """Pixels."""
        return len(self.rows) * LINE + (_PAD if self.colour else 0)


def render(trace: Trace) -> str:
    """One `<svg>` element, without scripts and without anything from elsewhere."""
    told = cleaned(trace)
    drawn = told.branches[:_MOST]
    across = max(1, len(drawn)) * (_WIDTH + _GAP) - _GAP
    parts, top = _text(_head(told, across), _MARGIN, across)
    common = list(_blocks(told.steps, ""))
    inside, top = _column(common, _MARGIN, top + _PAD)
    parts += inside
    before = _place_of(told.steps[-1]) if told.steps else ""
    bottom = top
    for number, branch in enumerate(drawn):
        left = _MARGIN + number * (_WIDTH + _GAP)
        if told.steps:
            parts += _joined(left, top, branch.share)
        elif len(drawn) > 1:
            parts.append(element(_percent(branch.share), (left, top + SIZE), _WIDTH, _FAINT_TEXT))
        start = top + _GAP if told.steps or len(drawn) > 1 else top
        inside, end = _column(_of_branch(branch, before), left, start)
        parts += inside
        bottom = max(bottom, end)
    notes, bottom = _text(_notes(told, across), bottom + _PAD, across)
    return _document(question(told), (across + 2 * _MARGIN, bottom + _MARGIN), parts + notes)


def _document(title: str, size: tuple[int, int], parts: Sequence[str]) -> str:
    width, height = size
    across = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    space = 'xmlns="http://www.w3.org/2000/svg"'
    begin = f'<svg {space} role="img" {across} font-family="{FONT}" font-size="{SIZE}">'
    return "\n".join([begin, f"<title>{escape(title)}</title>", _ALONE, *parts, "</svg>"]) + "\n"


def _head(trace: Trace, across: int) -> Iterator[_Row]:
    """What was asked, how it ends, and what the dump and YAML do not have alike."""
    yield from (_Row(line, _STRONG_TEXT) for line in wrapped(question(trace), across, 3))
    end = f"{ending(trace.outcome)}: {trace.outcome.text}"
    yield from (_Row(line, 'fill="currentColor"') for line in wrapped(end, across))
    for one in trace.differences:
        told = " ".join([f"× {one.text}", *map(place, one.sources)])
        yield from (_Row(line, f'fill="{_WARN}" {_BOLD}') for line in wrapped(told, across))


def _notes(trace: Trace, across: int) -> Iterator[_Row]:
    """What was taken for granted, and what is not drawn or not followed."""
    more = len(trace.branches) - _MOST
    undrawn = (_("{count} more ways are not drawn.").format(count=more),) if more > 0 else ()
    for title, sentences in (
        ("", undrawn),
        (_("Taken for granted"), trace.assumed),
        (_("Not followed"), trace.not_modelled),
    ):
        if sentences and title:
            yield _Row(title, _STRONG_TEXT)
        for sentence in sentences:
            yield from (_Row(line, _FAINT_TEXT) for line in wrapped(sentence, across))


def _text(rows: Iterator[_Row], top: int, across: int) -> tuple[list[str], int]:
    """Lines across the whole picture, and where they end."""
    found = []
    for row in rows:
        found.append(element(row.text, (_MARGIN, top + SIZE), across, row.style))
        top += LINE
    return found, top


def _of_branch(branch: TraceBranch, before: str) -> list[_Block]:
    return [*_blocks(branch.steps, before), _end(branch.outcome)]


def _blocks(steps: Sequence[TraceStep], before: str) -> Iterator[_Block]:
    """Boxes of steps, with a heading where another proxy than ``before`` begins."""
    for step in steps:
        where = _place_of(step)
        if where != before:
            rows = tuple(_Row(line, _STRONG_TEXT) for line in wrapped(where, _WIDTH, 2))
            yield _Block(rows)
        before = where
        yield _step(step)


def _place_of(step: TraceStep) -> str:
    return f"{step.proxy}, {step.way}"


def _step(step: TraceStep) -> _Block:
    title = ": ".join(filter(None, (step_names().get(step.kind, step.kind), step.name)))
    rows = [_Row(line, _BOLD) for line in wrapped(title, _ROOM, 2)]
    rows += [_Row(line) for line in wrapped(step.made_by, _ROOM, 2)]
    spot = place(step.source) if step.source is not None else ""
    if spot:
        rows.append(_Row(cut_left(spot, _ROOM), _FAINT))
    for one in step.applied[:_SETTINGS]:
        rows += [_Row(line) for line in wrapped(f"• {one.says}", _ROOM, 2)]
    more = len(step.applied) - _SETTINGS
    if more > 0:
        rows.append(_Row(_("• and {count} more").format(count=more)))
    tip = "\n".join([f"{title}: {step.text}", f"{step.made_by} {spot}", *map(_told, step.applied)])
    return _Block(tuple(rows), _COLOURS.get(step.way, _LINE), tip)


def _told(one: TraceSetting) -> str:
    spot = place(one.source) if one.source is not None else ""
    return f"• {one.says} ({one.object}) {spot}".rstrip()


def _end(end: TraceOutcome) -> _Block:
    rows = [_Row(line, _BOLD) for line in wrapped(ending(end), _ROOM, 3)]
    rows += [_Row(line) for line in wrapped(end.text, _ROOM, 6)]
    if end.far:
        told = _("The server's proxy logs {far}.").format(far=end.far)
        rows += [_Row(line) for line in wrapped(told, _ROOM, 3)]
    spot = place(end.source) if end.source is not None else ""
    if spot:
        rows.append(_Row(cut_left(spot, _ROOM), _FAINT))
    tip = "\n".join(filter(None, (ending(end), end.text, end.far, spot)))
    return _Block(tuple(rows), _GOOD if end.passes else _BAD, tip, thick=True)


def _column(blocks: Sequence[_Block], left: int, top: int) -> tuple[list[str], int]:
    """Blocks below each other, arrows between the boxes, and where they end."""
    found: list[str] = []
    middle = left + _WIDTH // 2
    last: int | None = None
    for block in blocks:
        if last is not None:
            found.append(_arrow(f"M{middle} {last}", middle, last + _GAP))
            top = last + _GAP
            last = None
        if block.colour:
            found += _box(block, left, top)
            last = top + block.height
        else:
            found += _heading(block, left, top)
            top += block.height + 4
    return found, top if last is None else last


def _heading(block: _Block, left: int, top: int) -> Iterator[str]:
    for number, row in enumerate(block.rows):
        yield element(row.text, (left, top + SIZE + number * LINE), _WIDTH, row.style)


def _box(block: _Block, left: int, top: int) -> Iterator[str]:
    size = f'width="{_WIDTH}" height="{block.height}"'
    stroke = 2.5 if block.thick else 1.5
    yield f"<g><title>{escape(block.tip)}</title>"
    yield (
        f'<rect x="{left}" y="{top}" {size} rx="6" fill="{block.colour}" fill-opacity="0.08" '
        f'stroke="{block.colour}" stroke-width="{stroke}"/>'
    )
    for number, row in enumerate(block.rows):
        at = (left + _PAD, top + _PAD / 2 + SIZE + number * LINE)
        yield element(row.text, at, _ROOM, f'fill="currentColor" {row.style}'.rstrip())
    yield "</g>"


def _joined(left: int, top: int, share: float) -> Iterator[str]:
    """The way from the last common step to one branch, with its share."""
    begin, middle = _MARGIN + _WIDTH // 2, left + _WIDTH // 2
    turn = top + _GAP // 2 - 4
    yield _arrow(f"M{begin} {top} V{turn} H{middle}", middle, top + _GAP)
    if share < 100:
        yield element(_percent(share), (middle + 8, top + _GAP - 4), _WIDTH, _FAINT_TEXT)


def _percent(share: float) -> str:
    return f"{share:g} %"


def _arrow(begin: str, middle: int, bottom: int) -> str:
    head = f"M{middle - 4} {bottom - 7} L{middle} {bottom} L{middle + 4} {bottom - 7}"
    return f'<path d="{begin} V{bottom} {head}" stroke="{_LINE}" fill="none"/>'
