"""Plays the scenario of one cause and shows what why503 makes of it.

python -m tests.envoy.record keepalive-race --into bundle --seed 3 --format json
"""

import sys
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic
from typing import Any

import click

import why503
from why503.causes import CATALOGUE
from why503.diagnosis.scenario import View
from why503.proof.log_format import LogFormat
from why503.proof.play import Options, play
from why503.proof.view import files_of

FORMATS = click.Choice([str(one) for one in LogFormat])


@click.command()
@click.argument("cause")
@click.option("--into", type=click.Path(path_type=Path), help="Folder of the bundle.")
@click.option("--seed", default=1)
@click.option("--format", "log_format", type=FORMATS, default="text")
@click.option("--envoy", default="", help="Path of another Envoy.")
@click.option("--all-stats", is_flag=True, help="Count everything, not only Istio's defaults.")
def main(cause: str, into: Path | None, log_format: str, **options: Any) -> None:
    """Play the scenario of CAUSE and tell the findings from each view."""
    scenario = next((one.SCENARIO for one in CATALOGUE if cause == one.ID), None)
    if scenario is None:
        sys.exit(f"{cause} has no scenario.")
    folder = into or Path(mkdtemp(prefix="bundle-"))
    start = monotonic()
    outcome = play(scenario, folder, Options(log_format=LogFormat(log_format), **options))
    click.echo(
        f"{folder}: {outcome.failures} of {len(outcome.replies)} calls failed, "
        f"{monotonic() - start:.1f} s, knobs {dict(outcome.values)}"
    )
    for view in View:
        click.echo(f"{view.value}:")
        for finding in why503.diagnose(*files_of(folder, view)).findings[:4]:
            right = (finding.cause, finding.hop.id) == (cause, scenario.hop)
            said = f"{finding.confidence:.2f} {finding.cause} {finding.hop.id}"
            click.echo(f"  {'+' if right else ' '} {said}")


if __name__ == "__main__":
    main()
