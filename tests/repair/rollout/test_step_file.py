from pathlib import Path

import pytest

from tests.repair.rollout.world import NOW, SPACE, V1, V2, rule, state
from why503.evidence.read import ReadError
from why503.repair.rollout.state import Key
from why503.repair.rollout.step_file import StepFile, step_file


def read(folder: Path, text: str = "", **files: str) -> StepFile:
    (folder / "v2.yaml").write_text(V2, encoding="utf-8")
    (folder / "rule.yaml").write_text(rule("v1", "v2"), encoding="utf-8")
    (folder / "steps.txt").write_text(text, encoding="utf-8")
    return step_file(str(folder / "steps.txt"), state(NOW), SPACE)


def test_a_list_of_files_is_waited_for(tmp_path: Path) -> None:
    found = read(tmp_path, "# first the pods\nv2.yaml\n\nrule.yaml\n")
    assert not found.script
    assert [(one.title, one.source.line) for one in found.steps] == [
        ("v2.yaml", 2),
        ("rule.yaml", 4),
    ]
    assert all(one.waits_pods is None and one.waits_rules for one in found.steps)


def test_a_script_waits_where_it_says_so(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "kubectl apply \\\n  -f v2.yaml\nkubectl rollout status deploy/quay-v2\n"
        "kubectl apply -f rule.yaml\nistioctl proxy-status\n",
    )
    assert found.script
    pods, rules = found.steps
    assert (pods.source.line, rules.source.line) == (1, 4)
    assert pods.waits_pods == {Key("Deployment", SPACE, "quay-v2")}
    assert (pods.waits_rules, rules.waits_rules, rules.waits_pods) == (False, True, frozenset())


def test_deletions_and_scales_are_steps(tmp_path: Path) -> None:
    found = read(
        tmp_path, "kubectl -n ferry delete deploy quay-v1\nkubectl scale deploy/desk --replicas=0\n"
    )
    gone, scaled = found.steps
    assert gone.objects == {Key("Deployment", SPACE, "quay-v1"): None}
    (desk,) = scaled.objects.values()
    assert desk.get("spec", "replicas") == 0


def test_what_is_not_understood_is_told_with_its_line(tmp_path: Path) -> None:
    found = read(
        tmp_path, "v2.yaml\nhelm upgrade x y\ngone.yaml\nkubectl scale deploy/nobody --replicas=1\n"
    )
    assert [one.rpartition("steps.txt:")[2] for one in found.not_understood] == [
        "2: helm upgrade x y",
        "3: gone.yaml",
        "4: kubectl scale deploy/nobody --replicas=1",
    ]
    assert len(found.steps) == 1


def test_a_text_given_inline_is_passed_over_whole(tmp_path: Path) -> None:
    found = read(
        tmp_path, "kubectl apply -f - <<'EOF'\nkind: x\nspec:\nEOF\nkubectl apply -f v2.yaml\n"
    )
    assert len(found.steps) == len(found.not_understood) == 1


def test_numbered_folders_go_by_their_numbers(tmp_path: Path) -> None:
    for name, text in (("10-rule", rule("v1", "v2")), ("2-pods", V2), ("1-old", V1)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "all.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "11-end.sh").write_text("kubectl delete deploy/quay-v1\n", encoding="utf-8")
    (tmp_path / ".hidden").write_text("x", encoding="utf-8")
    found = step_file(str(tmp_path), state(NOW), SPACE)
    assert [one.title for one in found.steps] == [
        "1-old",
        "2-pods",
        "10-rule",
        "kubectl delete deploy/quay-v1",
    ]


def test_an_order_without_steps_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="holds no step"):
        read(tmp_path, "# nothing\n")
    with pytest.raises(ReadError, match="no such file"):
        step_file(str(tmp_path / "gone"), state(NOW), SPACE)


def test_bytes_that_are_no_text_are_survived(tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_bytes(b"\xff\xfe\x00kubectl\n\x00")
    with pytest.raises(ReadError):
        step_file(str(tmp_path / "odd.txt"), state(NOW), SPACE)


def test_a_secret_in_a_command_is_told_nowhere(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "curl -H 'Authorization: Bearer abcdefghijklmnop' https://x.example/\n"
        "kubectl apply -f v2.yaml --token=abcdefghijklmnop\n",
    )
    assert found.not_understood
    assert "abcdefghijklmnop" not in str(found.not_understood) + found.steps[0].title


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    read(tmp_path, "v2.yaml\n")
    (tmp_path / "marked.txt").write_bytes(b"\xef\xbb\xbfv2.yaml\r\nrule.yaml\r\n")
    found = step_file(str(tmp_path / "marked.txt"), state(NOW), SPACE)
    assert [one.title for one in found.steps] == ["v2.yaml", "rule.yaml"]
