"""What was read, as text, Markdown or JSON: `why503 inspect`."""

from collections.abc import Iterator

from why503.diagnosis.finding import NotRead
from why503.diagnosis.inspection import Inspection
from why503.report import markdown
from why503.report.block import Block, Heading, Item, Span, Tone
from why503.report.clean import cleaned
from why503.report.finding_outline import place
from why503.report.input_table import clock_items, input_table
from why503.report.json import document_of
from why503.report.layout import WIDTH, lines
from why503.report.text import to_ascii
from why503.support.text import _, ngettext


def render_text(inspection: Inspection, *, width: int = WIDTH, ascii_only: bool = False) -> str:
    """Lines without trailing blanks; the table keeps its own width."""
    text = "".join(
        "".join(span.text for span in line).rstrip() + "\n"
        for line in lines(_blocks(cleaned(inspection)), width)
    )
    return to_ascii(text) if ascii_only else text


def render_markdown(inspection: Inspection) -> str:
    """Headings, a table, a list."""
    return markdown.render_blocks(_blocks(cleaned(inspection)))


def render_json(inspection: Inspection) -> str:
    """One JSON document; keys in the order of the dataclasses, ends with a line end."""
    return document_of(inspection)


def _blocks(inspection: Inspection) -> Iterator[Block]:
    count = len(inspection.inputs)
    said = ngettext("{count} file was read", "{count} files were read", count).format(count=count)
    yield Heading((Span(said, Tone.STRONG),), level=1)
    if inspection.inputs:
        yield input_table(inspection.inputs)
    yield from clock_items(inspection.clocks)
    if inspection.unread:
        yield Heading((Span(_("Not read")),))
        for item in inspection.unread:
            yield Item((*_where(item), Span(item.reason)))


def _where(item: NotRead) -> tuple[Span, ...]:
    """The place, where the sentence does not name it."""
    if item.source.path in item.reason:
        return ()
    return (Span(place(item.source), Tone.PLACE), Span("  "))
