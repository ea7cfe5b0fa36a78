"""`why503 fix`: remedies as the least change of the user's own files."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from why503.cli import option
from why503.cli.diagnose import Unreadable, given
from why503.cli.screen import ascii_only, width, write
from why503.support.text import _

if TYPE_CHECKING:
    from why503.repair.change_set import ChangeSet
    from why503.repair.fixed import Fix

FAILED = 1
"""Exit code where what was asked to be written could not be written."""


@click.command(
    help=_(
        "Mend what `why503 diagnose` finds, in the YAML that is given with the evidence. Shows "
        "each remedy with its diff: what it is, how its values follow, its risk, how to see that "
        "it worked, how to take it back. PATH is a file or a folder with evidence, manifests, or "
        "both. Nothing is written without --write or --output-dir.\n\n"
        "Exit code: 0 it ran, 1 what was to be written or taken back was refused, 2 wrong usage "
        "or unreadable input."
    )
)
@option.paths
@click.option("--cause", metavar="ID", default="", help=_("Only this cause, however sure it is."))
@click.option(
    "--remedy",
    "numbers",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    multiple=True,
    help=_("Choose this remedy; else the first fix of each finding. Can be given repeatedly."),
)
@click.option("--diff", "only_diff", is_flag=True, help=_("Show only the diff of what is chosen."))
@click.option(
    "--write", "writing", is_flag=True, help=_("Change the files; keeps what --revert needs.")
)
@click.option(
    "--output-dir",
    metavar="DIR",
    default="",
    type=click.Path(file_okay=False),
    help=_("Write the changed files below this folder and leave the user's alone."),
)
@click.option("--revert", "reverting", is_flag=True, help=_("Take the last --write back."))
@click.option(
    "--override",
    "overriding",
    is_flag=True,
    help=_("Write out in place what an alias or a merge key brings in, with the change in it."),
)
@click.option(
    "--istio-version",
    metavar="VERSION",
    default="",
    help=_("Istio to hold against, such as 1.28; else what the files tell, else the newest."),
)
@option.access_log_format
@option.output_in("text", "json")
@option.print_schema("why503.report.fix_json")
def fix(paths: tuple[str, ...], **told: Any) -> int:
    """Read, weigh, mend, answer; the exit code."""
    ways = [told["only_diff"], told["writing"], bool(told["output_dir"]), told["reverting"]]
    if sum(ways) > 1:
        raise click.UsageError(_("Give one of --diff, --write, --output-dir and --revert."))
    if told["reverting"]:
        if paths:
            raise click.UsageError(_("--revert takes no PATH: it takes the last --write back."))
        return _reverted()
    answer, changes = _mended(given(paths), told)
    code = 0
    if told["writing"] or told["output_dir"]:
        answer, code = _written(answer, changes, told["output_dir"], given(paths))
    if told["only_diff"]:
        from why503.repair.diff import diff

        write(diff(changes), encoding="utf-8")
        for sentence in answer.refused:
            click.echo(sentence, err=True)
        return code
    if told["output"] == "json":
        from why503.report import fix_json

        write(fix_json.render(answer), encoding="utf-8")
    else:
        write(_text(answer))
    return code


def _mended(paths: tuple[str, ...], told: dict[str, Any]) -> "tuple[Fix, ChangeSet]":
    from why503.causes import CATALOGUE
    from why503.cli.diagnose import check_format
    from why503.cli.lint_setting import SettingError, version_of
    from why503.evidence.read import ReadError, read_paths
    from why503.evidence.reader import Options
    from why503.repair.mend import Asked, mended

    check_format(told["access_log_format"])
    known = {cause.ID for cause in CATALOGUE}
    if told["cause"] and told["cause"] not in known:
        said = _("`{id}` is no cause. `why503 explain` lists them.")
        raise click.BadParameter(said.format(id=told["cause"][:80]), param_hint="--cause")
    try:
        asked = Asked(
            cause=told["cause"],
            numbers=told["numbers"],
            istio=version_of(told["istio_version"]),
            overriding=told["overriding"],
        )
        bundle = read_paths(list(paths), Options(access_log_format=told["access_log_format"]))
    except (ReadError, SettingError) as refused:
        raise Unreadable(str(refused)) from refused
    return mended(bundle, CATALOGUE, asked)


def _written(
    answer: "Fix", changes: "ChangeSet", folder: str, paths: tuple[str, ...]
) -> "tuple[Fix, int]":
    """The answer with what was written, and the exit code."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from why503.repair import disk
    from why503.repair.change import RefusedError
    from why503.repair.fixed import FixWritten, State
    from why503.repair.undo import default_home

    if answer.refused:
        return answer, FAILED
    try:
        if folder:
            files = disk.write_below(changes, Path(folder), Path.cwd())
            done = FixWritten(files=tuple(map(str, files)))
        else:
            disk.refuse_others(changes, [Path(path) for path in paths])
            time = datetime.now(UTC).isoformat(timespec="seconds")
            record = disk.write(changes, default_home(os.environ), time)
            backup = str(record.folder) if record is not None else ""
            done = FixWritten(files=tuple(one.path for one in changes.files), backup=backup)
    except RefusedError as refused:
        return replace(answer, refused=(*answer.refused, str(refused))), FAILED
    if changes.files:
        return replace(answer, written=done), 0
    left = any(one.chosen and one.state is State.ELSEWHERE for one in answer.remedies)
    return answer, FAILED if left else 0


def _reverted() -> int:
    from why503.repair import disk
    from why503.repair.change import RefusedError
    from why503.repair.undo import default_home

    try:
        record = disk.revert(default_home(os.environ))
    except RefusedError as refused:
        click.echo(str(refused), err=True)
        return FAILED
    write("".join(_("Taken back: {path}").format(path=one.path) + "\n" for one in record.files))
    return 0


def _text(answer: "Fix") -> str:
    from why503.report import fix_text
    from why503.report.layout import NARROWEST, WIDEST, WIDTH

    columns = width(WIDTH, NARROWEST, WIDEST)
    return fix_text.render(answer, width=columns, ascii_only=ascii_only())
