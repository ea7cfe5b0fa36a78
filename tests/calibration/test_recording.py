"""A scenario becomes cases that the calibration reads."""

from calibration import corpora
from calibration.recording import SCENARIOS, main, takes
from why503.diagnosis.scenario import View
from why503.proof.log_format import LogFormat


def test_a_play_becomes_one_case_for_each_view(tmp_path) -> None:
    main([str(tmp_path), "--cause", "no-route", "--seeds", "2", "--formats", "json"])
    cases = {case.name: case for case in corpora.outside(tmp_path)}
    assert set(cases) == {f"no-route-json-2-{view.name.lower()}" for view in View}
    assert {case.truth.cause for case in cases.values()} == {"no-route"}
    assert {case.thin_worth for case in cases.values()} == {0.0}
    assert list(cases["no-route-json-2-caller"].files) == ["client/access.log"]
    assert "k8s/virtualservice.yaml" in cases["no-route-json-2-bundle"].files


def test_all_causes_are_recorded_where_none_is_named() -> None:
    found = list(takes((), (1, 4), (LogFormat.TEXT,)))
    assert len(found) == 2 * len(SCENARIOS)
