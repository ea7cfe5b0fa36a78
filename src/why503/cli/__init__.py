"""The door without logic: one file per command.

Imports of a command wait until it is asked for, so that the program starts at once.
"""

import gc
import os
import sys
from collections.abc import Sequence

import click

from why503.cli.lazy_group import LazyGroup
from why503.support.text import _

INTERRUPTED = 130
INTERNAL_ERROR = 70
_COLLECTED = (100_000, 50, 100)
"""Thresholds of the garbage collector: facts hold no circles, and walking them took a fifth of a
run over many objects."""


def _print_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        import why503

        click.echo(f"why503 {why503.__version__}")
        context.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    commands_at={
        "diagnose": ("why503.cli.diagnose", _("Say which hop broke and why.")),
        "fleet": (
            "why503.cli.fleet",
            _("Diagnose access logs of any size on Spark, Ray or a store's own SQL."),
        ),
        "inspect": (
            "why503.cli.inspect",
            _("Say what the files are and what of them could not be read."),
        ),
        "explain": (
            "why503.cli.explain",
            _("Explain a log line, a flag, an error message or a cause."),
        ),
        "trace": (
            "why503.cli.trace",
            _("Say what would happen to a request, object by object."),
        ),
        "lint": (
            "why503.cli.lint",
            _("Say what is armed in the configuration, before it fails."),
        ),
        "fix": (
            "why503.cli.fix",
            _("Mend what is found, as the least change of your own YAML."),
        ),
        "rollout": (
            "why503.cli.rollout",
            _("Say in which order a release is safe, and what another order loses."),
        ),
        "alerts": (
            "why503.cli.alerts",
            _("Write alerts and a dashboard for what metrics show."),
        ),
        "redact": (
            "why503.cli.redact",
            _("Write a copy of the evidence that is safe to send."),
        ),
    },
    help=_(
        "Say which hop of an Istio/Envoy mesh broke, why, and show the lines that prove it.\n\n"
        "Nothing but the files that are given is read, and nothing is changed but by `fix --write`."
    ),
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help=_("Show the version and exit."),
)
def program() -> None:
    """All commands."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code.

    0 it ran, 1 findings where asked to fail on them, 2 wrong usage or unreadable input, 70 our own
    fault, 130 interrupted.
    """
    gc.set_threshold(*_COLLECTED)
    try:
        code = program.main(
            args=None if arguments is None else list(arguments),
            prog_name=_program_name(sys.argv[0]),
            standalone_mode=False,
            auto_envvar_prefix="WHY503",
        )
        return code if isinstance(code, int) else 0
    except click.ClickException as refused:
        refused.show()
        return refused.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as fault:
        if os.environ.get("WHY503_DEBUG"):
            raise
        click.echo(_internal_error(fault), err=True)
        return INTERNAL_ERROR


def _program_name(called: str) -> str:
    """`kubectl why503` where kubectl has called us as its plugin."""
    name = os.path.basename(called)  # noqa: PTH119 - pathlib costs a third of the start-up
    return "kubectl why503" if name.startswith("kubectl-") else "why503"


def _internal_error(fault: Exception) -> str:
    from why503.support.secret import mask

    told = mask(" ".join(str(fault).split()))[:300]
    sentence = _(
        "Internal error: {kind}: {told}. Please report it with what WHY503_DEBUG=1 shows, "
        "after a look that nothing secret is in it."
    )
    shown = "".join(sign if sign.isprintable() else "?" for sign in told)
    return sentence.format(kind=type(fault).__name__, told=shown)
