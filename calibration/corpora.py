"""Where evidence with a known answer comes from, and how much each source counts."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from calibration.evaluation import Evidence
from calibration.item import Truth
from tests.causes.case_file import all_cases
from why503.proof.truth import ORIGIN

OUTSIDE, OWN, THIN, PLAYED = 0.1, 0.05, 0.1, 0.01
"""How much a case counts against an incident at first sight, which counts 1.

Causes are mended until they name the cases at hand, so that these teach little but boldness, the
project's own still more so. A thinned one may be answered wrongly and teaches modesty, but nobody
knows how often such evidence comes with which cause. A scenario that was played is the project's
own as well, and it comes as many cases that differ little; its views have been thinned already.
"""


def own() -> Iterator[Evidence]:
    """The project's own cases that say what must come first, or that nothing must be named."""
    for case in all_cases():
        expect = case.expect
        top = expect.get("top", "")
        if top or expect.get("answer", "findings") != "findings":
            yield Evidence(
                corpus="own cases",
                name=case.id,
                truth=Truth(
                    cause=top,
                    accepted=frozenset({top, *expect.get("also", ())} if top else ()),
                    difficulty="",
                ),
                files={name: text.encode() for name, text in case.files.items()},
                worth=OWN,
                thin_worth=THIN,
                promise=True,
            )


def outside(folder: Path) -> Iterator[Evidence]:
    """Cases of a folder: `NAME/evidence/` with the files and `NAME/truth.yaml` with the answer.

    Of the truth are read `causes` (the first is the answer; none: nothing is wrong),
    `also_acceptable`, `difficulty` and `origin`.
    """
    for truth in sorted(folder.glob("*/truth.yaml")):
        told = yaml.safe_load(truth.read_text(encoding="utf-8"))
        evidence = truth.parent / "evidence"
        causes = list(told["causes"] or ())
        played = told.get("origin") == ORIGIN
        yield Evidence(
            corpus=folder.resolve().name,
            name=truth.parent.name,
            truth=Truth(
                cause=causes[0] if causes else "",
                accepted=frozenset([*causes, *(told.get("also_acceptable") or ())]),
                difficulty=str(told.get("difficulty") or ""),
            ),
            files={
                path.relative_to(evidence).as_posix(): path.read_bytes()
                for path in sorted(evidence.rglob("*"))
                if path.is_file()
            },
            worth=PLAYED if played else OUTSIDE,
            thin_worth=0.0 if played else THIN,
        )
