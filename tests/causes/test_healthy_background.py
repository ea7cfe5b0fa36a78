"""What else a busy proxy logs does not change the answer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.causes.background import HOSTS, apart, has_log, mixed
from tests.causes.case_file import Case, all_cases
from why503.causes import CATALOGUE
from why503.diagnosis.diagnose import diagnose
from why503.diagnosis.finding import Diagnosis, Finding
from why503.evidence import read_paths
from why503.evidence.reader import Options

SURE = 0.8
FALLS = 0.02
RISES = 0.2
"""By how much the confidence may move. It may rise, for a log that shows good requests was not cut
down to the failures: that all requests to the service failed says more then."""
LOGGED = [case for case in all_cases() if any(map(has_log, case.files.values()))]


def between(case: Case) -> dict[str, str]:
    return {name: mixed(text) if has_log(text) else text for name, text in case.files.items()}


def beside(case: Case) -> dict[str, str]:
    text = next(text for text in case.files.values() if has_log(text))
    return {**case.files, "elsewhere-proxy/access.log": apart(text)}


def diagnosed(files: dict[str, str], folder: Path) -> Diagnosis:
    Case(folder, files, {}).write(folder)
    return diagnose(read_paths([str(folder)], Options()), CATALOGUE)


def own(diagnosis: Diagnosis) -> list[Finding]:
    """Findings that are not about the background's services."""
    return [f for f in diagnosis.findings if not any(host in f.hop.destination for host in HOSTS)]


def test_most_cases_have_an_access_log() -> None:
    assert len(LOGGED) > 120


@pytest.mark.parametrize("background", [between, beside])
@pytest.mark.parametrize("case", LOGGED, ids=lambda case: case.id)
def test_a_healthy_background_changes_nothing(
    case: Case, background: Callable[[Case], dict[str, str]], tmp_path: Path
) -> None:
    bare = diagnosed(case.files, tmp_path / "bare")
    busy = diagnosed(background(case), tmp_path / "busy")
    assert busy.traffic.requests >= bare.traffic.requests + 200
    if not bare.findings:
        assert own(busy) == []
        return
    was, now = bare.findings[0], own(busy)[0]
    assert (now.cause, now.hop.id, now.hop.destination) == (
        was.cause,
        was.hop.id,
        was.hop.destination,
    )
    assert -FALLS <= now.confidence - was.confidence <= RISES
    if was.confidence >= SURE:
        assert busy.findings[0] == now
