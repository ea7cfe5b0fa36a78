"""The bundled examples give the answers that the documentation promises."""

from pathlib import Path

import pytest

import why503
from why503.diagnosis.finding import Diagnosis, Finding

EXAMPLES = Path(__file__).parent.parent / "examples"


def diagnosis_of(*names: str) -> Diagnosis:
    return why503.diagnose(*(str(EXAMPLES / name) for name in names))


def finding(diagnosis: Diagnosis, cause: str) -> Finding:
    found = [finding for finding in diagnosis.findings if finding.cause == cause]
    assert found, [(finding.cause, finding.confidence) for finding in diagnosis.findings]
    return found[0]


def test_vmalert_remote_write_is_the_race_in_front_of_vminsert_and_nothing_is_lost() -> None:
    diagnosis = diagnosis_of("vmalert-remote-write")
    first = diagnosis.findings[0]
    assert first.cause == "keepalive-race"
    assert first.hop.id == "upstream-proxy->upstream-app"
    assert first.confidence >= 0.9
    assert diagnosis.data_loss is not None
    assert diagnosis.data_loss.verdict == "nothing-lost"
    patches = [patch.yaml for remedy in first.remedies for patch in remedy.patches]
    assert any("idleTimeout: 50s" in yaml for yaml in patches)


def test_the_blank_in_the_url_of_vmalerts_log_is_found_beside_the_race() -> None:
    diagnosis = diagnosis_of("vmalert-remote-write/vmalert/app.log")
    assert diagnosis.findings[0].cause == "keepalive-race"
    assert [armed.cause for armed in diagnosis.armed] == ["url-malformed"]
    assert "/api/v1 /write" in diagnosis.armed[0].text


def test_node_ui_behind_a_gateway_closes_after_five_seconds() -> None:
    first = diagnosis_of("node-ui-behind-gateway").findings[0]
    assert first.cause == "keepalive-race"
    assert first.hop.id == "downstream-proxy->upstream-app"
    assert any("5 s" in clue.text for clue in first.clues)


@pytest.mark.parametrize(
    ("cause", "hop"),
    [
        ("keepalive-race", "upstream-proxy->upstream-app"),
        ("upstream-crash", "upstream-app"),
        ("egress-address-stale", "downstream-proxy->external"),
        ("route-timeout", "downstream-proxy"),
    ],
)
def test_each_of_four_troubles_in_one_log_is_told_apart(cause: str, hop: str) -> None:
    assert finding(diagnosis_of("one-service-four-troubles"), cause).hop.id == hop


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir()))
def test_every_line_of_an_example_is_understood(example: str) -> None:
    assert diagnosis_of(example).unread == ()
