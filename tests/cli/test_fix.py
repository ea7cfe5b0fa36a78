import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from why503.cli.diagnose import Unreadable
from why503.cli.fix import fix
from why503.report import fix_json

EXAMPLE = Path(__file__).parents[2] / "examples" / "vmalert-remote-write"
MANIFESTS = Path("incident/k8s/manifests.yaml")


def run(*arguments):
    return CliRunner().invoke(fix, [str(word) for word in arguments], standalone_mode=False)


@pytest.fixture(autouse=True)
def incident(tmp_path, monkeypatch):
    shutil.copytree(EXAMPLE, tmp_path / "incident")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_nothing_is_written_unless_it_is_asked_for():
    before = MANIFESTS.read_bytes()
    for words in ((), ("--diff",), ("-o", "json"), ("--remedy", 1)):
        done = run("incident", *words)
        assert done.return_value == 0
        assert "inboundConnectionPool" in done.stdout
    assert MANIFESTS.read_bytes() == before
    assert not Path("state").exists()


def test_the_diff_alone_is_what_git_apply_takes():
    done = run("incident", "--diff")
    assert done.stdout.startswith("--- a/incident/k8s/manifests.yaml\n+++ b/incident/")


def test_what_is_written_can_be_taken_back():
    before = MANIFESTS.read_bytes()
    done = run("incident", "--write")
    assert done.return_value == 0
    assert "why503 fix --revert" in done.stdout
    assert b"idleTimeout: 50s" in MANIFESTS.read_bytes()
    back = run("--revert")
    assert back.return_value == 0
    assert "manifests.yaml" in back.stdout
    assert MANIFESTS.read_bytes() == before
    assert run("--revert").return_value == 1


def test_a_change_since_is_not_overwritten_by_the_way_back():
    run("incident", "--write")
    MANIFESTS.write_text("kind: Service\n", encoding="utf-8")
    done = run("--revert")
    assert done.return_value == 1
    assert "changed since" in done.stderr
    assert MANIFESTS.read_text(encoding="utf-8") == "kind: Service\n"


def test_copies_go_below_another_folder():
    before = MANIFESTS.read_bytes()
    assert run("incident", "--output-dir", "out").return_value == 0
    assert MANIFESTS.read_bytes() == before
    assert b"idleTimeout: 50s" in (Path("out") / MANIFESTS).read_bytes()


def test_json_keeps_to_its_schema():
    document = json.loads(run("incident", "-o", "json").stdout)
    assert document["schema"] == "why503/fix/v1"
    assert document["written"] is None
    assert set(document) == set(fix_json.json_schema()["$defs"]["Fix"]["properties"])
    written = json.loads(run("incident", "-o", "json", "--write").stdout)["written"]
    assert written["files"] == [str(MANIFESTS)]


def test_what_was_asked_for_and_cannot_be_made_is_a_failure():
    done = run("incident", "--write", "--remedy", 9)
    assert done.return_value == 1
    assert "no remedy 9" in done.stdout
    assert run("incident", "--remedy", 9).return_value == 0


@pytest.mark.parametrize(
    "words",
    [
        ("incident", "--diff", "--write"),
        ("incident", "--revert"),
        ("incident", "--cause", "gremlins"),
        ("incident", "--istio-version", "new"),
        ("nowhere",),
    ],
)
def test_wrong_usage_is_refused_with_a_sentence(words):
    done = run(*words)
    assert getattr(done.exception, "exit_code", None) == 2
    assert isinstance(done.exception, Unreadable) or str(done.exception)


def test_a_change_that_belongs_elsewhere_is_not_written(tmp_path):
    rendered(tmp_path)
    before = Path("rendered/k8s/manifests.yaml").read_bytes()
    assert run("rendered", "--write").return_value == 1
    assert run("rendered").return_value == 0
    assert Path("rendered/k8s/manifests.yaml").read_bytes() == before


PAGE = Path(__file__).parents[2] / "docs" / "commands" / "fix.md"


def rendered(folder: Path) -> None:
    """The manifests of the incident as Helm would print them."""
    shutil.copytree(folder / "incident", folder / "rendered")
    path = folder / "rendered" / "k8s" / "manifests.yaml"
    parts = path.read_text(encoding="utf-8").split("---\n")
    head = "---\n# Source: metrics/templates/all.yaml\n"
    path.write_text("".join(head + part for part in parts), encoding="utf-8")


def test_the_page_shows_what_the_program_says(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".local" / "state"))
    page = PAGE.read_text(encoding="utf-8")
    rendered(tmp_path)
    shown = re.findall(r"```console\n\$ why503 fix ([^\n]*)\n(.*?)```", page, flags=re.DOTALL)
    assert len(shown) >= 5
    for words, output in shown:
        assert run(*words.split()).stdout.replace(str(tmp_path), "/home/me") == output, words
    (part,) = re.findall(r"```text\n(.*?)```", page, flags=re.DOTALL)
    assert part in run("rendered").stdout


def test_every_option_stands_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    names = {name for option in fix.params for name in option.opts if name.startswith("--")}
    assert sorted(name for name in names if name not in page) == ["--access-log-format"]


def test_nothing_is_written_where_no_manifest_was_given():
    shutil.rmtree(MANIFESTS.parent)
    before = sorted(Path().rglob("*.yaml"))

    done = run(*Path("incident").rglob("*.log"), "--write")

    assert sorted(Path().rglob("*.yaml")) == before
    assert "--output-dir" in done.stdout or "Nothing is written" in done.stdout
