"""Records the scenarios of the catalogue as cases: real Envoys, one case for each view.

python -m calibration.recording DIR --seeds 1,4 --formats text,json
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from why503.causes import CATALOGUE
from why503.diagnosis.scenario import Scenario, View
from why503.proof.era import era_of
from why503.proof.log_format import LogFormat
from why503.proof.play import Options, play
from why503.proof.truth import truth
from why503.proof.view import files_of

SCENARIOS = {cause.ID: cause.SCENARIO for cause in CATALOGUE if cause.SCENARIO is not None}


@dataclass(frozen=True, kw_only=True)
class Take:
    """One play that is to be recorded."""

    cause: str
    seed: int
    log_format: LogFormat


def takes(
    causes: Sequence[str], seeds: Sequence[int], formats: Sequence[LogFormat]
) -> Iterator[Take]:
    """Each cause with each seed and each format; of all causes for none."""
    for cause in causes or SCENARIOS:
        for log_format in formats:
            for seed in seeds:
                yield Take(cause=cause, seed=seed, log_format=log_format)


def record(take: Take, into: Path) -> list[Path]:
    """Play it and write its cases, `NAME/evidence/` and `NAME/truth.yaml`; their folders.

    The view of the caller's log is left out where no failure shows there.
    """
    scenario = SCENARIOS[take.cause]
    with tempfile.TemporaryDirectory(prefix="why503-take-") as place:
        bundle = Path(place)
        options = Options(seed=take.seed, log_format=take.log_format)
        outcome = play(scenario, bundle, options)
        views = [view for view in View if view is not View.CALLER or outcome.failures]
        return [_case(take, scenario, bundle, view, into) for view in views]


def _case(take: Take, scenario: Scenario, bundle: Path, view: View, into: Path) -> Path:
    folder = into / f"{take.cause}-{take.log_format}-{take.seed}-{view.name.lower()}"
    evidence = folder / "evidence"
    if folder.exists():
        shutil.rmtree(folder)
    for path in files_of(bundle, view):
        for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
            target = evidence / file.relative_to(bundle)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    era = era_of(take.log_format, take.seed)
    (folder / "truth.yaml").write_text(truth(take.cause, scenario, view, era), encoding="utf-8")
    return folder


def main(arguments: Sequence[str] | None = None) -> None:
    """Record all that was asked for, on all processors."""
    asked = _arguments().parse_args(arguments)
    formats = [LogFormat(word) for word in asked.formats.split(",")]
    seeds = [int(word) for word in asked.seeds.split(",")]
    wanted = list(takes(asked.cause, seeds, formats))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for cases in pool.map(record, wanted, [asked.into] * len(wanted)):
            for case in cases:
                sys.stdout.write(f"{case}\n")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m calibration.recording", description=__doc__)
    parser.add_argument("into", type=Path, help="folder of the cases")
    parser.add_argument("--seeds", default="1,4", help="seeds of the plays, with commas")
    parser.add_argument("--formats", default="text,json", help="formats of the access logs")
    parser.add_argument(
        "--cause", action="append", default=[], choices=SCENARIOS, help="only this one; repeatable"
    )
    return parser


if __name__ == "__main__":
    main()
