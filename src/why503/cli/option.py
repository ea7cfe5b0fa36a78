"""Options that several commands share."""

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from why503.cli.screen import write
from why503.support.pattern import lazy_re
from why503.support.text import _

paths = click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path())


def output_in(*formats: str) -> Callable[[Any], Any]:
    """`--output` of a command that answers in one of ``formats``; the first is the default."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help=_("Format of the answer."),
    )


output = output_in("text", "json", "markdown")

access_log_format = click.option(
    "--access-log-format",
    metavar="FORMAT",
    default="",
    help=_(
        "Envoy's format string of an own access log, where the mesh configuration is not given."
    ),
)


class _Memory(click.ParamType[int]):
    """An amount of memory such as 700MB."""

    name = "SIZE"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> int:
        """Bytes; fails with a usage error for anything else."""
        if isinstance(value, int):
            return value
        from why503.evidence.access_log.engine.room import SMALLEST

        found = _SIZE.fullmatch(str(value).strip())
        size = int(float(found[1]) * _UNITS[found[2].upper()]) if found else 0
        if size < SMALLEST:
            said = _("`{value}` is no amount of memory of at least 300MB, such as 700MB or 2GB.")
            self.fail(said.format(value=str(value)[:50]), param, context)
        return size


_SIZE = lazy_re(r"(\d{1,6}(?:\.\d{1,3})?) ?([MG])i?B?", re.IGNORECASE)
_UNITS = {"M": 1 << 20, "G": 1 << 30}

memory = click.option(
    "--memory",
    type=_Memory(),
    default="700MB",
    show_default=True,
    help=_(
        "What all processes that read large access logs may take together. More lets more "
        "processors work at once."
    ),
)

memory_of_a_task = click.option(
    "--memory",
    type=_Memory(),
    default="700MB",
    show_default=True,
    help=_(
        "What one task may take on its worker, and here the account of one log. It bounds what is "
        "kept of a log with very many connections, or very many minutes."
    ),
)

color = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help=_("Colour of the text answer. NO_COLOR and FORCE_COLOR are respected."),
)

fail_on = click.option(
    "--fail-on",
    type=click.Choice(["none", "findings", "proven"]),
    default="none",
    show_default=True,
    help=_("Exit with 1 on any finding, or on a proven one."),
)

verbose = click.option(
    "-v", "--verbose", is_flag=True, help=_("Show the inputs, every clue and all details.")
)

save = click.option(
    "--save",
    metavar="FILE",
    default="",
    type=click.Path(dir_okay=False),
    help=_(
        "Keep what was read as a Parquet file, which can be given as PATH later, in place of the "
        "logs."
    ),
)

baseline = click.option(
    "--baseline",
    metavar="OLD",
    default="",
    type=click.Path(),
    help=_(
        "A file of --save, or a log, of an earlier time: say which failures are new, grown or gone."
    ),
)


def print_schema(report: str) -> Callable[[Any], Any]:
    """`--print-schema` of a command whose JSON is written by the module ``report``."""

    def show(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            write(import_module(report).schema_text(), encoding="utf-8")
            context.exit()

    return click.option(
        "--print-schema",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help=_("Show the JSON Schema of `-o json` and exit."),
    )
