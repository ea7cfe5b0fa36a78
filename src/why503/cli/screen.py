"""What standard output can show, and writing to it."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

import click

from why503.support.text import _

SIGNS = "─✖…•→×"
"""Signs of the text report that are not ASCII."""


class Unwritable(click.ClickException):
    """The answer could not be written; its sentence goes to standard error."""

    exit_code = 2


def coloured(choice: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour; the first that says something decides.

    ``choice`` (`always`, `never`, else `auto`), NO_COLOR, FORCE_COLOR or CLICOLOR_FORCE, TERM=dumb,
    whether standard output is a terminal.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if any(
        environment.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")
    ):
        return True
    return environment.get("TERM") != "dumb" and on_terminal()


def on_terminal() -> bool:
    """True where standard output is a terminal."""
    try:
        return sys.stdout is not None and sys.stdout.isatty()
    except ValueError:  # closed
        return False


def width(normal: int, least: int, most: int) -> int:
    """Columns of the terminal between ``least`` and ``most``; ``normal`` where there is none."""
    if not on_terminal():
        return normal
    import shutil

    return max(least, min(most, shutil.get_terminal_size((normal, 24)).columns))


def ascii_only() -> bool:
    """True where standard output cannot show the signs of the text report."""
    try:
        SIGNS.encode(sys.stdout.encoding or "ascii")
    except (AttributeError, UnicodeEncodeError, LookupError):
        return True
    return False


def write(text: str, *, encoding: str = "") -> None:
    r"""Write to standard output; what its encoding lacks is written out (`\u4e2d`).

    A reader that has gone (`| head`) has what it wanted: that is no error. Raises `Unwritable`
    where standard output is closed or full.
    """
    stream = sys.stdout
    if stream is None:
        raise Unwritable(_("Cannot write the answer: standard output is closed."))
    try:
        binary = getattr(stream, "buffer", None)
        if binary is None:
            stream.write(text)
        else:
            stream.flush()
            binary.write(text.encode(encoding or stream.encoding or "utf-8", "backslashreplace"))
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError as fault:
        _silence(stream)
        said = _("Cannot write the answer: {fault}.")
        raise Unwritable(said.format(fault=fault.strerror or fault)) from fault


def _silence(stream: TextIO) -> None:
    """The interpreter flushes once more at its end; let that go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
