import pytest

from tests.repair.rollout.test_controller import ARGO, ISTIO, STEPS, rollout
from tests.repair.rollout.world import state
from why503.repair.rollout.argo_hazard import argo_hazards


def found(canary: str, kind: str = "canary") -> dict[str, str]:
    given = state(ARGO + rollout(canary, kind))
    return {one.id: one.severity for one in argo_hazards(given.of("Rollout")[0], given)}


@pytest.mark.parametrize(
    ("seconds", "severity"), [(0, "error"), (5, "warning"), (30, None), (600, None)]
)
def test_old_pods_must_stay_a_while(seconds: int, severity: str | None) -> None:
    for canary, kind in (
        (f"scaleDownDelaySeconds: {seconds}, {ISTIO}, {STEPS}", "canary"),
        (f"scaleDownDelaySeconds: {seconds}, activeService: quay", "blueGreen"),
    ):
        assert found(canary, kind).get("short-scale-down-delay") == severity


def test_a_delay_that_argo_ignores_is_not_told() -> None:
    assert "short-scale-down-delay" not in found(f"scaleDownDelaySeconds: 1, {STEPS}")


@pytest.mark.parametrize(("seconds", "told"), [(0, False), (5, True), (30, False)])
def test_new_pods_must_stay_a_while_after_an_abort(seconds: int, told: bool) -> None:
    canary = f"abortScaleDownDelaySeconds: {seconds}, {ISTIO}, {STEPS}"
    assert ("short-abort-delay" in found(canary)) is told


def test_a_stable_that_shrinks_with_the_weight_is_worse_where_a_step_goes_to_100() -> None:
    dynamic = f"dynamicStableScale: true, {ISTIO}"
    assert found(f"{dynamic}, {STEPS}")["stable-scaled-with-weight"] == "warning"
    whole = f"{dynamic}, steps: [{{setWeight: 100}}]"
    assert found(whole)["stable-scaled-with-weight"] == "error"


def test_the_line_of_the_setting_is_named() -> None:
    given = state(ARGO + rollout(f"scaleDownDelaySeconds: 1, {ISTIO}, {STEPS}"))
    (one, *_rest) = argo_hazards(given.of("Rollout")[0], given)
    rollout_line = given.of("Rollout")[0].where(
        "spec", "strategy", "canary", "scaleDownDelaySeconds"
    )
    assert one.source == rollout_line
