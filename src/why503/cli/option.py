"""Options that several commands share."""

import click

from why503.support.text import _

paths = click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path())

output = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help=_("Format of the answer."),
)

access_log_format = click.option(
    "--access-log-format",
    metavar="FORMAT",
    default="",
    help=_(
        "Envoy's format string of an own access log, where the mesh configuration is not given."
    ),
)
