"""Each cause's scenario, played on a real Envoy: what it shows is told rightly from every view.

`WHY503_SCENARIOS=all` in the environment plays each in two formats, with two seeds, on both Envoys.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import why503
from tests.envoy.conftest import BINARIES
from why503.causes import CATALOGUE
from why503.diagnosis.finding import Diagnosis, Finding
from why503.diagnosis.scenario import Scenario, View
from why503.proof.cured import cured
from why503.proof.log_format import LogFormat
from why503.proof.play import Options, Outcome, play
from why503.proof.view import files_of

SURE = 0.8
"""Confidence from which a wrong answer does harm."""
CLAIMED = 0.5

EXCUSED = ("envoy.log", "certs.json")
"""Envoy prints its start-up configuration over many lines; a proxy may have no certificate."""

STAGE = re.compile(r"\b127\.(?!0\.0\.)\d{1,3}\.\d{1,3}\.\d{1,3}|/why503-\w+/")
"""Addresses and folders of this machine."""

ALL = os.environ.get("WHY503_SCENARIOS") == "all"
FORMATS = (LogFormat.TEXT, LogFormat.JSON) if ALL else (LogFormat.TEXT,)
SEEDS = (1, 4) if ALL else (1,)
ENVOYS = tuple(BINARIES) if ALL else ("newest",)

SCENARIOS = {cause.ID: cause.SCENARIO for cause in CATALOGUE if cause.SCENARIO is not None}

CURABLE = tuple(cause for cause, scenario in SCENARIOS.items() if scenario.cure is not None)
CURED = CURABLE if ALL else ("keepalive-race", "mtls-mismatch", "route-timeout")
"""Causes whose cure is played; by default one for each way in which a cure acts."""


@dataclass(frozen=True)
class Played:
    """A scenario with what came of it."""

    cause: str
    scenario: Scenario = field(repr=False)
    outcome: Outcome = field(repr=False)
    bundle: Path

    def diagnosis(self, view: View) -> Diagnosis:
        return why503.diagnose(*files_of(self.bundle, view))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((cause, log_format, seed, envoy), id=f"{cause}-{log_format}-{seed}-{envoy}")
        for cause in SCENARIOS
        for log_format in FORMATS
        for seed in SEEDS
        for envoy in ENVOYS
    ],
)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    cause, log_format, seed, envoy = request.param
    bundle = tmp_path_factory.mktemp(cause)
    options = Options(seed=seed, log_format=log_format, envoy=str(BINARIES[envoy]))
    outcome = play(SCENARIOS[cause], bundle, options)
    return Played(cause, SCENARIOS[cause], outcome, bundle)


def right(played: Played, finding: Finding) -> bool:
    return (finding.cause, finding.hop.id) == (played.cause, played.scenario.hop)


def wrong(played: Played, finding: Finding) -> bool:
    return not right(played, finding) and finding.cause not in played.scenario.also


@pytest.mark.parametrize("view", View, ids=lambda view: view.name.lower())
def test_the_failure_that_was_made_is_told(played: Played, view: View) -> None:
    findings = played.diagnosis(view).findings
    told = [(round(one.confidence, 2), one.cause, one.hop.id) for one in findings]
    if view is View.CALLER and not played.outcome.failures:
        assert told == [], "the caller's proxy repeated what failed: its log shows no failure"
    elif view in played.scenario.modest:
        claimed = [o for o in findings if o.confidence >= CLAIMED and wrong(played, o)]
        assert not claimed or played.cause in [one.cause for one in findings[:3]], told
        assert [one for one in findings if one.confidence >= SURE and wrong(played, one)] == []
    else:
        assert told, "nothing was told"
        assert right(played, findings[0]), told


def test_every_file_of_the_bundle_is_read(played: Played) -> None:
    unread = [(e.source.path, e.reason) for e in played.diagnosis(View.BUNDLE).unread]
    assert [entry for entry in unread if not entry[0].endswith(EXCUSED)] == []


@pytest.mark.parametrize("cause", CURED)
def test_the_cure_removes_the_failure(cause: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[cause]
    assert scenario.cure is not None
    outcome = play(cured(scenario, scenario.cure), tmp_path, Options())
    assert [reply.error for reply in outcome.replies if reply.failed] == []
    found = why503.diagnose(*files_of(tmp_path, View.PROXIES)).findings
    assert [finding.cause for finding in found] == []


def test_no_address_of_the_stage_is_in_the_bundle(played: Played) -> None:
    for path in played.bundle.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert STAGE.findall(text) == [], path
