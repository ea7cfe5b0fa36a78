import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.repair.rollout.world import CANARY, DONE, NOW, route, rule
from why503.cli.diagnose import FOUND, Unreadable
from why503.cli.rollout import rollout
from why503.report import rollout_json

PAGE = Path(__file__).parents[2] / "docs" / "commands" / "rollout.md"


def run(*arguments: object, **given):
    words = [str(word) for word in arguments]
    return CliRunner().invoke(rollout, words, standalone_mode=False, **given)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("now", NOW), ("to", DONE), ("canary", CANARY)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "all.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "route.yaml").write_text(route({"v2": 100}), encoding="utf-8")
    (tmp_path / "rule.yaml").write_text(rule("v1", "v2"), encoding="utf-8")
    (tmp_path / "steps.txt").write_text("route.yaml\nrule.yaml\n", encoding="utf-8")
    return tmp_path


def test_two_folders_give_a_plan(folder: Path) -> None:
    done = run(folder / "now", "--to", folder / "to", "--fail-on", "unsafe")
    assert done.return_value == 0
    assert done.stdout.startswith("safe: there is a safe order\n")


def test_an_unsafe_order_fails_only_where_asked_to(folder: Path) -> None:
    steps = (folder / "now", "--steps", folder / "steps.txt")
    assert run(*steps).return_value == 0
    done = run(*steps, "--fail-on", "unsafe")
    assert done.return_value == FOUND
    assert done.stdout.startswith("unsafe: step 1 loses requests")


def test_json_keeps_to_its_schema_and_the_schema_can_be_had(folder: Path) -> None:
    document = json.loads(run(folder / "now", "--to", folder / "to", "-o", "json").stdout)
    assert document["schema"] == "why503/rollout/v1"
    assert [one["id"] for one in document["orders"]] == ["plan", "at-once"]
    assert run("--print-schema").stdout == rollout_json.schema_text()


def test_the_namespace_of_bare_objects_can_be_given(folder: Path) -> None:
    bare = NOW.replace(", namespace: ferry", "")
    (folder / "now" / "all.yaml").write_text(bare, encoding="utf-8")
    done = run(folder / "now", "--to", folder / "canary", "-n", "ferry", "-o", "json")
    assert json.loads(done.stdout)["verdict"] == "safe"


def test_what_cannot_be_read_is_refused_with_a_sentence(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "empty" / "a.txt").write_text("nothing here\n", encoding="utf-8")
    for words in (
        (folder / "gone",),
        (folder / "now", "--to", folder / "gone"),
        (folder / "now", "--steps", folder / "gone.txt"),
        (folder / "empty",),
    ):
        assert isinstance(run(*words).exception, Unreadable), words


def test_the_page_shows_what_the_program_says(tmp_path: Path, monkeypatch) -> None:
    page = PAGE.read_text("utf-8")
    for name, text in re.findall(r"```\w+ ([\w./-]+)\n(.*?)```", page, flags=re.DOTALL):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown = re.findall(r"```console\n\$ why503 rollout ([^\n]*)\n(.*?)```", page, flags=re.DOTALL)
    assert len(shown) >= 3
    for words, output in shown:
        assert run(*words.split()).stdout == output, words


def test_every_hazard_is_explained_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    sources = PAGE.parents[2] / "src" / "why503" / "repair" / "rollout"
    ids = {
        found
        for path in sources.glob("*.py")
        for found in re.findall(r'\bid="([a-z-]+)"', path.read_text("utf-8"))
    }
    assert len(ids) > 12
    assert sorted(one for one in ids if f"`{one}`" not in page) == []
