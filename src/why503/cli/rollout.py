"""`why503 rollout`: the safe order of a release, and what another order would lose."""

from typing import TYPE_CHECKING

import click

from why503.cli import option
from why503.cli.diagnose import FOUND, Unreadable, given
from why503.cli.screen import ascii_only, width, write
from why503.support.text import _

if TYPE_CHECKING:
    from why503.repair.rollout.answer import RolloutAnswer


@click.command(
    help=_(
        "Say in which order the objects of a canary or blue-green release are to be applied, and "
        "in which step of another order a request would meet no endpoint.\n\n"
        "PATH holds the present state, --to the wanted one; --steps is an order to be checked: a "
        "text with one file or one `kubectl` command a line, or a folder with numbered files. "
        "Rollouts of Argo and Canaries of Flagger are walked as their controllers would.\n\n"
        "Exit code: 0 it ran, 1 --fail-on was met, 2 wrong usage or unreadable input."
    )
)
@option.paths
@click.option(
    "--to",
    "wanted",
    metavar="PATH",
    multiple=True,
    type=click.Path(),
    help=_("File, folder or archive with the wanted state; may be repeated."),
)
@click.option(
    "--steps",
    metavar="PATH",
    default="",
    type=click.Path(),
    help=_("An order to walk: a list of files, a script, or a folder of numbered steps."),
)
@click.option(
    "-n",
    "--namespace",
    default="default",
    show_default=True,
    help=_("Namespace of objects that do not name theirs."),
)
@click.option(
    "--fail-on",
    type=click.Choice(["none", "unsafe"]),
    default="none",
    show_default=True,
    help=_("Exit with 1 where a step, a controller or a setting loses requests."),
)
@option.output_in("text", "json")
@option.print_schema("why503.report.rollout_json")
def rollout(
    paths: tuple[str, ...],
    *,
    wanted: tuple[str, ...],
    steps: str,
    namespace: str,
    fail_on: str,
    output: str,
) -> int:
    """Read, walk, answer; the exit code."""
    from why503.evidence.read import ReadError, read_paths
    from why503.evidence.reader import Options
    from why503.facts import Manifest
    from why503.repair.rollout.release import release
    from why503.repair.rollout.state import state_of
    from why503.repair.rollout.step_file import step_file

    try:
        present = read_paths(list(given(paths)), Options())
        target = read_paths(list(wanted), Options()) if wanted else None
        order = step_file(steps, state_of(present, namespace), namespace) if steps else None
    except ReadError as refused:
        raise Unreadable(str(refused)) from refused
    if not any(isinstance(fact, Manifest) for fact in present.facts):
        said = _("`{paths}` holds no Kubernetes or Istio object. Give the present manifests.")
        raise Unreadable(said.format(paths=", ".join(paths) or "-"))
    answer = release(present, target, order, namespace=namespace)
    if output == "json":
        from why503.report import rollout_json

        write(rollout_json.render(answer), encoding="utf-8")
    else:
        write(_text(answer))
    return FOUND if fail_on == "unsafe" and answer.verdict == "unsafe" else 0


def _text(answer: "RolloutAnswer") -> str:
    from why503.report import rollout_text
    from why503.report.layout import NARROWEST, WIDEST, WIDTH

    columns = width(WIDTH, NARROWEST, WIDEST)
    return rollout_text.render(answer, width=columns, ascii_only=ascii_only())
