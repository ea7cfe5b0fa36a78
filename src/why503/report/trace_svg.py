"""A trace as a picture: inline SVG, one column of boxes for each way that a request may go."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from why503.diagnosis.trace import Trace, TraceOutcome, TraceStep
from why503.report.clean import cleaned
from why503.report.finding_outline import place
from why503.report.trace_text import ending, question, step_names

_WIDTH = 340
_BOX = 58
_GAP = 22
_MARGIN = 16
_TITLE = 34
_LETTERS = 46
"""Characters that fit into a box."""
_GOOD = "#1a7f37"
_BAD = "#cf222e"
_LINE = "#6e7781"
_COLOURS = {"outbound": "#0969da", "gateway": "#8250df", "inbound": "#bf8700"}
_MOST = 6
"""Most columns that are drawn."""


def render(trace: Trace) -> str:
    """One `<svg>` element, without scripts and without anything from elsewhere."""
    told = cleaned(trace)
    columns = [(one.steps, one.outcome, one.share) for one in told.branches[:_MOST]]
    rows = max((len(steps) for steps, _end, _share in columns), default=0) + 1
    width = _MARGIN * 2 + max(1, len(columns)) * (_WIDTH + _GAP) - _GAP
    height = _MARGIN * 2 + _TITLE + (len(told.steps) + rows) * (_BOX + _GAP)
    title = escape(question(told))
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    space = 'xmlns="http://www.w3.org/2000/svg"'
    words = f'x="{_MARGIN}" y="{_MARGIN + 12}" font-weight="bold" fill="currentColor"'
    parts = [
        f'<svg {space} role="img" {size} font-family="sans-serif" font-size="12">',
        f"<title>{title}</title>",
        f"<text {words}>{title}</text>",
    ]
    top = _MARGIN + _TITLE
    for step in told.steps:
        parts += _step(step, _MARGIN, top)
        top += _BOX + _GAP
    for number, (steps, end, share) in enumerate(columns):
        parts += _column(steps, end, share, at=(number, top, bool(told.steps)))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _column(
    steps: tuple[TraceStep, ...], end: TraceOutcome, share: float, *, at: tuple[int, int, bool]
) -> Iterator[str]:
    number, top, joined = at
    left = _MARGIN + number * (_WIDTH + _GAP)
    middle = left + _WIDTH // 2
    if joined:
        begin = _MARGIN + _WIDTH // 2
        yield _path(f"M{begin} {top - _GAP} L{middle} {top}")
        if share < 100:
            yield (
                f'<text x="{middle + 6}" y="{top - 4}" fill="{_LINE}">{escape(f"{share:g} %")}'
                "</text>"
            )
    for step in steps:
        yield from _step(step, left, top, arrow=False)
        yield _path(f"M{middle} {top + _BOX} L{middle} {top + _BOX + _GAP}")
        top += _BOX + _GAP
    colour = _GOOD if end.passes else _BAD
    yield from _box(left, top, colour, (ending(end), end.text, ""))


def _step(step: TraceStep, left: int, top: int, *, arrow: bool = True) -> Iterator[str]:
    middle = left + _WIDTH // 2
    title = ": ".join(filter(None, (step_names().get(step.kind, step.kind), step.name)))
    made = step.made_by
    if step.source is not None:
        made = f"{made}  {place(step.source)}".strip()
    colour = _COLOURS.get(step.way, _LINE)
    yield from _box(left, top, colour, (title, f"{step.proxy} ({step.way})", made))
    if arrow:
        yield _path(f"M{middle} {top + _BOX} L{middle} {top + _BOX + _GAP}")


def _box(left: int, top: int, colour: str, texts: tuple[str, str, str]) -> Iterator[str]:
    yield (
        f'<rect x="{left}" y="{top}" width="{_WIDTH}" height="{_BOX}" rx="6" fill="none" '
        f'stroke="{colour}" stroke-width="1.5"/>'
    )
    for line, text in enumerate(texts):
        if text:
            weight = ' font-weight="bold"' if line == 0 else ""
            fill = colour if line == 0 else "currentColor"
            yield (
                f'<text x="{left + 10}" y="{top + 17 + line * 17}"{weight} fill="{fill}">'
                f"<title>{escape(text)}</title>{escape(_short(text))}</text>"
            )


def _path(drawn: str) -> str:
    return f'<path d="{drawn}" stroke="{_LINE}" fill="none"/>'


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
