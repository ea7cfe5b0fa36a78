"""What changed since the baseline, as blocks."""

from collections.abc import Iterator, Sequence

from why503.diagnosis.finding import Change, Comparison
from why503.report.block import Block, Heading, Item, Paragraph, Span, Tone
from why503.support.text import _

SHOWN = 5
"""Changes of one sort that are shown unless all are asked for."""


def changes(comparison: Comparison | None, *, verbose: bool) -> Iterator[Block]:
    """New, grown and gone failures; nothing without a baseline."""
    if comparison is None:
        return
    title = _("Since {baseline}").format(baseline=comparison.baseline)
    yield Heading((Span(title),))
    sorts = (
        (_("new"), Tone.BAD, comparison.new),
        (_("grown"), Tone.WARN, comparison.grown),
        (_("gone"), Tone.GOOD, comparison.gone),
    )
    if not any(found for _word, _tone, found in sorts):
        yield Paragraph((Span(_("No kind of failure is new, grown or gone.")),))
    for word, tone, found in sorts:
        yield from _items(word, tone, found, verbose=verbose)


def _items(word: str, tone: Tone, found: Sequence[Change], *, verbose: bool) -> Iterator[Block]:
    shown = found if verbose else found[:SHOWN]
    for one in shown:
        counts = _("{failures} of {requests} requests, before {failures_before} of {before}")
        told = counts.format(
            failures=one.failures,
            requests=one.requests,
            failures_before=one.failures_before,
            before=one.requests_before,
        )
        spans = (Span(f"{word}: ", tone), Span(f"{one.what} → {one.destination}"))
        yield Item((*spans, Span(f" ({told})", Tone.FAINT)))
    if more := len(found) - len(shown):
        rest = _("and {count} more (-v shows them)").format(count=more)
        yield Item((Span(rest, Tone.FAINT),))
