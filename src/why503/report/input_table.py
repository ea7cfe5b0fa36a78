"""The inputs as a table, and the clocks that differ; alone or with a diagnosis."""

from collections.abc import Iterator, Sequence

from why503.diagnosis.finding import FoundClock, ReadInput
from why503.report.block import Block, Heading, Item, Span, Table, Tone
from why503.report.finding_outline import place
from why503.report.times import period
from why503.support.text import _


def input_table(inputs: Sequence[ReadInput]) -> Table:
    """One row for each file."""
    return Table(
        head=(
            *(_("path"), _("read as"), _("from, to"), _("who tells")),
            *(_("lines"), _("facts"), _("not understood")),
        ),
        rows=tuple(
            (
                item.path,
                ", ".join(item.kinds) or _("nothing known"),
                period(item.first, item.last) or "-",
                ", ".join(item.tellers) or "-",
                str(item.lines),
                str(item.facts),
                str(item.not_understood),
            )
            for item in inputs
        ),
    )


def clock_items(clocks: Sequence[FoundClock]) -> Iterator[Block]:
    """One line for each clock that differs; nothing where none does."""
    if not clocks:
        return
    yield Heading((Span(_("Clocks that differ")),))
    for found in clocks:
        yield Item((Span(found.text), Span("  "), Span(place(found.source), Tone.PLACE)))
