"""The answer for a terminal that shows colours: the lines of the text report, toned by rich."""

from io import StringIO

from rich.console import Console
from rich.text import Text

from why503.diagnosis.finding import Diagnosis
from why503.report.block import Tone
from why503.report.layout import WIDTH, lines
from why503.report.outline import outline
from why503.report.text import to_ascii

STYLES = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold",
    Tone.FAINT: "dim",
    Tone.GOOD: "green",
    Tone.BAD: "bold red",
    Tone.WARN: "yellow",
    Tone.PLACE: "cyan",
    Tone.CODE: "blue",
}
"""Only the sixteen colours that a terminal's own theme defines, so that they can be read on it."""


def render(
    diagnosis: Diagnosis, *, width: int = WIDTH, verbose: bool = False, ascii_only: bool = False
) -> str:
    """The text report with colour codes; whether to colour at all is the caller's choice."""
    # Each line is laid out already: rich is told of no width that could break a line again.
    console = Console(
        file=StringIO(),
        force_terminal=True,
        color_system="standard",
        no_color=False,
        legacy_windows=False,
        width=1_000_000,
        highlight=False,
    )
    with console.capture() as capture:
        for line in lines(outline(diagnosis, verbose=verbose), width):
            spans = [
                (to_ascii(span.text) if ascii_only else span.text, STYLES[span.tone])
                for span in line
            ]
            text = Text.assemble(*spans)
            text.rstrip()
            console.print(text, soft_wrap=True)
    return capture.get()
