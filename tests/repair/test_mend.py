import shutil
from pathlib import Path

import pytest

from why503.causes import CATALOGUE
from why503.evidence.read import read_paths
from why503.evidence.reader import Options
from why503.repair.fixed import Outcome, State
from why503.repair.mend import Asked, mended

EXAMPLE = Path(__file__).parents[2] / "examples" / "vmalert-remote-write"
MANIFESTS = "incident/k8s/manifests.yaml"


@pytest.fixture
def incident(tmp_path, monkeypatch):
    shutil.copytree(EXAMPLE, tmp_path / "incident")
    monkeypatch.chdir(tmp_path)

    def of(change=lambda text: text, **asked):
        path = Path(MANIFESTS)
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        return mended(read_paths(["incident"], Options()), CATALOGUE, Asked(**asked))

    return of


def by_kind(answer):
    return [(one.kind, one.state, one.chosen) for one in answer.remedies]


def test_the_fix_is_chosen_and_stop_gaps_are_offered(incident):
    answer, changes = incident()
    assert answer.outcome is Outcome.CHANGES
    assert by_kind(answer) == [
        ("stop-gap", State.OFFERED, False),
        ("stop-gap", State.BY_HAND, False),
        ("fix", State.OFFERED, True),
        ("prevention", State.OFFERED, False),
    ]
    assert answer.diff == answer.remedies[2].diff
    (file,) = changes.files
    assert b"inboundConnectionPool" in file.after
    assert b"retries" not in file.after
    assert answer.refused == ()


@pytest.mark.parametrize(
    ("istio", "kind", "version"),
    [
        ((1, 19), "DestinationRule", "v1beta1"),
        ((1, 20), "Sidecar", "v1beta1"),
        ((1, 24), "Sidecar", "v1"),
        ((1, 28), "Sidecar", "v1"),
    ],
)
def test_the_worked_example_is_right_in_every_field_of_the_version(incident, istio, kind, version):
    answer, _changes = incident(istio=istio)
    added = [line[1:] for line in answer.diff.splitlines() if line.startswith("+")]
    assert f"apiVersion: networking.istio.io/{version}" in added
    assert f"kind: {kind}" in added
    assert "idleTimeout: 50s" in answer.diff
    assert answer.remedies[2].state is State.OFFERED


def test_numbers_choose_and_several_go_together(incident):
    answer, changes = incident(numbers=(1, 4))
    assert [one.number for one in answer.remedies if one.chosen] == [1, 4]
    text = changes.files[0].after.decode()
    assert "retryOn: connect-failure,refused-stream,reset,503" in text
    assert "- -http.idleConnTimeout=70m" in text
    assert "inboundConnectionPool" not in text


def test_a_number_that_is_none_is_said(incident):
    answer, changes = incident(numbers=(9,))
    assert "no remedy 9" in answer.refused[0]
    assert changes.files == ()


def test_only_the_asked_cause_is_mended(incident):
    assert incident(cause="mtls-mismatch")[0].outcome is Outcome.NO_FINDING
    assert incident(cause="keepalive-race")[0].outcome is Outcome.CHANGES


def test_what_a_chart_rendered_is_told_elsewhere(incident):
    def rendered(text):
        return "".join(
            f"---\n# Source: shop/templates/all.yaml\n{part}" for part in text.split("---\n")
        )

    answer, changes = incident(rendered)
    states = [one.state for one in answer.remedies]
    assert states == [State.ELSEWHERE, State.BY_HAND, State.ELSEWHERE, State.ELSEWHERE]
    assert changes.files == ()
    retry, sidecar = answer.remedies[0].elsewhere[0], answer.remedies[2].elsewhere[0]
    assert [step["op"] for step in retry.operations] == ["add", "add"] or retry.operations
    assert "kind: Sidecar" in sidecar.patch
    assert "shop" in sidecar.advice


def test_without_the_manifests_the_sentence_says_what_is_missing(incident):
    Path(MANIFESTS).unlink()
    answer, changes = mended(read_paths(["incident"], Options()), CATALOGUE, Asked())
    assert answer.remedies
    for one in answer.remedies:
        assert one.state in {State.REFUSED, State.BY_HAND, State.OFFERED}
        assert all(reason.endswith(".") for reason in one.refused)
    assert {file.is_new for file in changes.files} <= {True}


def test_what_is_in_place_already_is_said(incident, tmp_path):
    _answer, changes = incident(numbers=(4,))
    Path(MANIFESTS).write_bytes(changes.files[0].after)
    again, _changes = mended(read_paths(["incident"], Options()), CATALOGUE, Asked())
    assert all(
        one.state is not State.OFFERED or "idleConnTimeout" not in one.diff
        for one in again.remedies
    )


def test_logs_of_good_requests_give_nothing_to_mend(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("kind: Service\nmetadata: {name: a}\n", encoding="utf-8")
    answer, changes = mended(read_paths(["."], Options()), CATALOGUE, Asked())
    assert (answer.outcome, answer.remedies, changes.files) == (Outcome.NO_FINDING, (), ())
