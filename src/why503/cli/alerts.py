"""`why503 alerts`: rules, scrape objects and a dashboard for what metrics show."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from why503.cli.screen import write
from why503.support.text import _

if TYPE_CHECKING:
    from why503.repair.alerts.manifest import Kind, Placed
    from why503.repair.alerts.rule import Watched


@click.command(
    help=_(
        "Write one alert for each cause that metrics show, the objects that make Prometheus or "
        "VictoriaMetrics scrape for them, what Istio's proxies have to count, and a Grafana "
        "dashboard.\n\n"
        "Without --output-dir the objects go to standard output, ready for `kubectl apply -f -`; "
        "the fragments of Istio's configuration stand there as comments.\n\n"
        "Exit code: 0 it ran, 2 wrong usage, or the folder cannot be written."
    )
)
@click.option(
    "--output-dir",
    metavar="DIR",
    default="",
    type=click.Path(file_okay=False),
    help=_("Folder for the files; it is made where it does not exist."),
)
@click.option(
    "--kind",
    type=click.Choice(["prometheus", "victoriametrics", "both"]),
    default="both",
    show_default=True,
    help=_("Whose operator reads the objects."),
)
@click.option(
    "-n",
    "--namespace",
    default="monitoring",
    show_default=True,
    help=_("Namespace of the objects."),
)
@click.option(
    "--label",
    "labels",
    metavar="KEY=VALUE",
    multiple=True,
    help=_("Label by which the operator finds them, such as release=kube-prometheus-stack."),
)
@click.option(
    "--runbook-base",
    metavar="URL",
    default="",
    help=_("Where the pages of the causes stand; `{cause}` in it stands for the id."),
)
@click.option(
    "--cause", "ids", metavar="ID", multiple=True, help=_("Only this one; may be repeated.")
)
@click.option(
    "--force", is_flag=True, help=_("Overwrite files that are not ours or were changed since.")
)
def alerts(*, output_dir: str, kind: str, force: bool, **asked: Any) -> int:
    """Choose, make, write; the exit code."""
    from why503.repair.alerts import folder

    made = folder.files(_chosen(asked["ids"], asked["runbook_base"]), _kinds(kind), _placed(asked))
    if not output_dir:
        write(folder.stream(made), encoding="utf-8")
        return 0
    try:
        written = folder.write(Path(output_dir), made, force=force)
    except folder.TakenError as refused:
        raise click.UsageError(str(refused)) from refused
    except OSError as fault:
        said = _("Cannot write to `{folder}`: {reason}.")
        reason = fault.strerror or fault
        raise click.UsageError(said.format(folder=output_dir, reason=reason)) from fault
    write("".join(f"{path}\n" for path in written))
    return 0


def _kinds(kind: str) -> list["Kind"]:
    from why503.repair.alerts.manifest import Kind

    return list(Kind) if kind == "both" else [Kind(kind)]


def _placed(asked: dict[str, Any]) -> "Placed":
    from why503.repair.alerts.manifest import Placed

    pairs = []
    for label in asked["labels"]:
        key, sign, value = label.partition("=")
        if not sign or not key:
            said = _("`{label}` is no label: give KEY=VALUE.")
            raise click.UsageError(said.format(label=label))
        pairs.append((key, value))
    return Placed(namespace=asked["namespace"], labels=tuple(pairs))


def _chosen(ids: tuple[str, ...], runbooks: str) -> tuple["Watched", ...]:
    """The causes asked for, all where none is; a usage error for one that has no alert."""
    from why503.causes import CATALOGUE
    from why503.diagnosis.alert import Unseen
    from why503.diagnosis.alert_later import made
    from why503.repair.alerts.rule import watched

    known = {cause.ID: cause for cause in CATALOGUE}
    for wanted in ids:
        if wanted not in known:
            said = _("There is no cause `{cause}`. docs/causes lists them all.")
            raise click.UsageError(said.format(cause=wanted))
        alert = made(known[wanted].ALERT)
        if isinstance(alert, Unseen):
            said = _("No metric shows `{cause}`. {reason}")
            raise click.UsageError(said.format(cause=wanted, reason=alert.reason))
    return watched((known[wanted] for wanted in dict.fromkeys(ids or known)), runbooks)
