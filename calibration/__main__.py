"""`make calibrate`: how far the confidences can be relied on, and the weights that fit best."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from calibration import corpora, first_sight, writing
from calibration.evaluation import items_of
from calibration.report import Report


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; with ``--write`` put the fitted weights in force."""
    asked = _arguments().parse_args(arguments)
    if asked.keep:
        cases = [case for folder in asked.cases for case in corpora.outside(folder)]
        full = [item for item in items_of(cases) if "thinned" not in item.corpus]
        sys.stdout.write(f"{first_sight.keep(full, asked.keep)}\n")
        return
    own = () if asked.no_own else corpora.own()
    cases = [*own, *(case for folder in asked.cases for case in corpora.outside(folder))]
    items = [*first_sight.kept(), *items_of(cases)]
    report = Report(items)
    for line in report.lines():
        sys.stdout.write(f"{line}\n")
    if asked.write:
        writing.write(report.table)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m calibration", description=__doc__)
    parser.add_argument(
        "cases", nargs="*", type=Path, help="folders of cases: NAME/evidence/, NAME/truth.yaml"
    )
    parser.add_argument("--write", action="store_true", help="put the fitted weights in force")
    parser.add_argument(
        "--keep",
        metavar="NAME",
        help="only keep, under this name, how the cases are weighed today, at first sight",
    )
    parser.add_argument("--no-own", action="store_true", help="leave the project's own cases out")
    return parser


if __name__ == "__main__":
    main()
