"""`why503 inspect`: what the files are, from when to when, and what could not be read."""

import click

from why503.cli import option
from why503.cli.diagnose import Unreadable, check_format, given
from why503.cli.screen import ascii_only, width, write
from why503.support.text import _


@click.command(
    help=_(
        "Say what each file is: kind, lines, from when to when, who tells in it, how many facts "
        "were read, and what could not be read and why. PATH is a file, a folder or an archive; "
        "`-` is standard input.\n\n"
        "Exit code: 0 it ran, 2 wrong usage or unreadable input."
    )
)
@option.paths
@option.output
@option.access_log_format
def inspect(paths: tuple[str, ...], *, output: str, access_log_format: str) -> int:
    """Read and list; the exit code."""
    import why503
    from why503.evidence.read import ReadError
    from why503.report import inspection as report
    from why503.report.layout import NARROWEST, WIDEST, WIDTH

    check_format(access_log_format)
    try:
        found = why503.inspect(*given(paths), access_log_format=access_log_format)
    except ReadError as refused:
        raise Unreadable(str(refused)) from refused
    if output == "json":
        write(report.render_json(found), encoding="utf-8")
    elif output == "markdown":
        write(report.render_markdown(found), encoding="utf-8")
    else:
        columns = width(WIDTH, NARROWEST, WIDEST)
        write(report.render_text(found, width=columns, ascii_only=ascii_only()))
    return 0
