"""`why503 redact`: a copy of the evidence that is safe to send."""

from typing import TYPE_CHECKING

import click

from why503.cli.screen import write
from why503.support.text import _

if TYPE_CHECKING:
    from why503.evidence.redaction import Redacted


class _Refused(click.ClickException):
    """A bundle that cannot be made; its sentence goes to standard error."""

    exit_code = 2


@click.command(
    help=_(
        "Write a copy of the evidence in IN (a file or a folder) to OUT, a new folder or .tar.gz, "
        "without names, addresses and secrets. Each name and address becomes a token, the same in "
        "every file, so that the copy gives the same diagnosis. Times, ports, codes, flags and "
        "numbers stay, and so do the words of Envoy, Istio, Kubernetes and of known programs.\n\n"
        "Look at the copy before you send it: only you know what is secret. Exit code: 0 it was "
        "written, 2 it was not."
    )
)
@click.argument("given", metavar="IN", type=click.Path())
@click.argument("out", metavar="OUT", type=click.Path())
@click.option(
    "--seed",
    metavar="TEXT",
    default="",
    help=_(
        "Secret text that determines the tokens, for bundles that must match one another. Never "
        "send it. Without it the tokens are random."
    ),
)
def redact(given: str, out: str, *, seed: str) -> int:
    """Redact, report; the exit code."""
    from why503.evidence.redaction import RedactError, redact_bundle

    try:
        redacted = redact_bundle(given, out, seed)
    except RedactError as refused:
        raise _Refused(str(refused)) from refused
    write(_report(out, redacted))
    return 0


def _report(out: str, redacted: "Redacted") -> str:
    rows = [_("{files} files were written to `{out}`.").format(files=redacted.files, out=out)]
    if redacted.counts:
        rows.append(_("Replaced (names and addresses are counted once each):"))
        rows.extend(f"  {count:>7}  {kind}" for kind, count in redacted.counts.items())
    if redacted.left_out:
        rows.append(_("Left out:"))
        rows.extend(f"  {sentence}" for sentence in redacted.left_out)
    rows.append(_("Look at it before you send it."))
    return "\n".join(rows) + "\n"
