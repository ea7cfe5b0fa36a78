"""Every case gives the answer that it expects."""

from pathlib import Path
from typing import Any

import pytest

from tests.causes.case_file import Case, all_cases
from tests.causes.refused import refusals
from why503.causes import CATALOGUE
from why503.diagnosis.diagnose import diagnose
from why503.diagnosis.finding import Diagnosis, Finding
from why503.evidence import read_paths
from why503.evidence.reader import Options
from why503.mesh import Mesh

KEYS = {"answer", "top", "hop", "at_least", "at_most", "not", "also", "data_loss", "asks"}
KEYS |= {"decides"}


def answer_of(case: Case, folder: Path) -> Diagnosis:
    case.write(folder)
    return diagnose(read_paths([str(folder)], Options()), CATALOGUE)


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_case_is_answered_as_expected(case: Case, tmp_path: Path) -> None:
    expect: dict[str, Any] = case.expect
    assert set(expect) <= KEYS, "unknown keys in the expectation"
    diagnosis = answer_of(case, tmp_path)
    assert diagnosis.answer.value == expect.get("answer", "findings")
    if diagnosis.findings:
        check_first(diagnosis.findings[0], expect)
    assert [said for finding in diagnosis.findings for said in refusals(finding)] == []
    names = [finding.cause for finding in diagnosis.findings]
    assert set(expect.get("also", ())) <= set(names)
    if "data_loss" in expect:
        assert diagnosis.data_loss is not None
        assert diagnosis.data_loss.verdict == expect["data_loss"]
    if "asks" in expect:
        asked = " ".join(f"{check.what} {check.command}" for check in diagnosis.next_checks)
        assert expect["asks"] in asked


def check_first(first: Finding, expect: dict[str, Any]) -> None:
    assert first.cause == expect.get("top", first.cause)
    assert first.cause not in expect.get("not", ())
    assert first.hop.id == expect.get("hop", first.hop.id)
    assert expect.get("at_least", 0) <= first.confidence <= expect.get("at_most", 1)


def test_every_cause_reads_what_it_claims_and_no_more(tmp_path: Path) -> None:
    asked: dict[str, set[str]] = {cause.ID: set() for cause in CATALOGUE}
    for number, case in enumerate(all_cases()):
        folder = tmp_path / str(number)
        folder.mkdir()
        case.write(folder)
        mesh = Mesh(read_paths([str(folder)], Options()))
        for cause in CATALOGUE:
            with mesh.watched() as kinds:
                for hop in mesh.hops:
                    list(cause.weigh(hop, mesh))
            asked[cause.ID] |= kinds
    wrong = {
        cause.ID: sorted(asked[cause.ID] ^ cause.READS)
        for cause in CATALOGUE
        if asked[cause.ID] != cause.READS
    }
    assert not wrong, f"READS and deeds differ: {wrong}"
