"""`why503 explain`: a log line, a flag, a details string, an error message, a cause."""

import sys

import click

from why503.cli import option
from why503.cli.screen import ascii_only, width, write
from why503.support.text import _

NOT_KNOWN = 1
"""Exit code where nothing in the text is known."""

_LONGEST = 200_000
"""Bytes that are read from standard input."""


@click.command(
    context_settings={"ignore_unknown_options": True},
    help=_(
        "Explain TEXT: what each word of it means, who wrote it, what usually causes it and what "
        "to look at next.\n\nTEXT is an access log line, a response flag (UC), a details string, "
        "an error message or body, a TLS error, an errno, a cluster name, an address, or the id of "
        "a cause; put it in quotes where it holds signs of the shell. `-` is standard input.\n\n"
        "Exit code: 0 it is known, 1 nothing in it is known, 2 wrong usage."
    ),
)
@click.argument("words", metavar="TEXT...", nargs=-1, required=True, type=click.UNPROCESSED)
@option.output
def explain(words: tuple[str, ...], *, output: str) -> int:
    """Recognise, explain; the exit code."""
    from why503.causes import CATALOGUE
    from why503.diagnosis import explain as explaining
    from why503.diagnosis.explanation import Topic
    from why503.report import explanation as report
    from why503.report.layout import NARROWEST, WIDEST, WIDTH

    text = _given(words)
    if not text.strip():
        raise click.UsageError(_("TEXT is empty: give what is to be explained, for example UC."))
    answer = explaining.explain(text, CATALOGUE)
    if output == "json":
        write(report.render_json(answer), encoding="utf-8")
    elif output == "markdown":
        write(report.render_markdown(answer), encoding="utf-8")
    else:
        columns = width(WIDTH, NARROWEST, WIDEST)
        write(report.render_text(answer, width=columns, ascii_only=ascii_only()))
    return NOT_KNOWN if answer.topic is Topic.NOT_KNOWN else 0


def _given(words: tuple[str, ...]) -> str:
    """The words as one text; standard input for `-` where something is piped in."""
    if words != ("-",) or sys.stdin is None or sys.stdin.isatty():
        return " ".join(words)
    stream = getattr(sys.stdin, "buffer", None)
    text = sys.stdin.read(_LONGEST) if stream is None else _decoded(stream.read(_LONGEST))
    return text if text.strip() else "-"


def _decoded(piped: bytes) -> str:
    return piped.decode("utf-8", "replace")
