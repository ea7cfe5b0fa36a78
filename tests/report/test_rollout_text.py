from dataclasses import replace

from tests.repair.rollout.test_controller import ARGO, FLAGGER, ISTIO, STEPS, canary, rollout
from tests.repair.rollout.world import BASE, CANARY, DONE, NOW, V1, answer, route, rule, walked
from why503.report.rollout_text import render


def test_a_safe_plan_is_told_with_commands_and_what_to_wait_for() -> None:
    text = render(answer(NOW, DONE))
    assert text.startswith("safe: there is a safe order\n")
    assert "1. Bring up the pods" in text
    assert "add the new subsets to DestinationRule ferry/quay, beside the old ones" in text
    assert "Then wait until every proxy is in sync (SYNCED):\n      istioctl proxy-status" in text
    assert "step-2.yaml is:\n      kind: DestinationRule" in text
    assert text.index("A safe order") < text.index("Everything at once: unsafe at step 1")


def test_an_unsafe_step_is_told_first_with_flag_and_lines(tmp_path) -> None:
    files = {"route.yaml": route({"v1": 90, "v2": 10}), "rule.yaml": rule("v1", "v2")}
    text = render(walked(tmp_path, NOW, files, "route.yaml\nrule.yaml\n"), width=4000)
    assert text.startswith("unsafe: step 1 loses requests (route.yaml)\n")
    assert "503 NC cluster_not_found for requests to quay.ferry.svc.cluster.local:9080" in text
    assert "From this step on." in text
    assert "A safe order" in text or "No order of these changes is safe" in text


def test_beside_a_safe_order_no_other_is_told(tmp_path) -> None:
    files = {"rule.yaml": rule("v1", "v2")}
    text = render(walked(tmp_path, NOW, files, "rule.yaml\n"))
    assert text.startswith("safe: no step loses a request\n")
    assert "A safe order" not in text
    assert "istioctl proxy-status" in text


def test_each_verdict_has_its_words() -> None:
    assert render(answer(NOW, NOW)).startswith("nothing to do")
    broken = BASE + V1 + rule("v1") + route({"v2": 100})
    now = render(answer(broken))
    assert now.startswith("unsafe: requests are lost now\n")
    assert "Lost already, before the first step" in now
    assert render(answer(NOW, NOW.replace("subset: v1", "subset: v9"))).startswith(
        "unsafe: no order of these changes is safe\n"
    )
    hasty = render(answer(ARGO + rollout(f"scaleDownDelaySeconds: 0, {ISTIO}, {STEPS}")))
    assert hasty.startswith("unsafe: Argo Rollouts loses requests as it walks Rollout ferry/quay\n")
    assert "Settings that are dangerous" in hasty
    deleted = render(answer(FLAGGER + canary(), FLAGGER))
    assert deleted.startswith("unsafe: a setting loses requests\n")


def test_controllers_are_walked_without_the_objects_of_each_step() -> None:
    text = render(answer(FLAGGER + canary()))
    assert "Flagger walks Canary ferry/quay: safe" in text
    assert "Weight 20 for the canary" in text


def test_nothing_that_a_terminal_obeys_gets_through_and_ascii_is_ascii() -> None:
    told = answer(NOW, CANARY)
    strange = replace(told, assumed=("\x1b[31mred", "a\u202eb"))
    text = render(strange, ascii_only=True)
    assert "\x1b" not in text
    assert text.isascii()
    assert all(line == line.rstrip() for line in text.splitlines())
