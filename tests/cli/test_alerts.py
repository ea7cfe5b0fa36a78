import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from why503.causes import CATALOGUE
from why503.cli.alerts import alerts
from why503.diagnosis.alert import Unseen
from why503.diagnosis.alert_later import made
from why503.repair.alerts.rule import watched

PAGE = Path(__file__).parents[2].joinpath("docs", "commands", "alerts.md").read_text("utf-8")


def run(*arguments: object):
    return CliRunner().invoke(alerts, [str(word) for word in arguments], standalone_mode=False)


def objects(*arguments: object):
    return [one for one in yaml.safe_load_all(run(*arguments).stdout) if one]


def test_without_a_folder_objects_go_to_standard_output() -> None:
    done = run("--kind", "victoriametrics", "-n", "obs", "--label", "team=mesh")
    assert done.return_value == 0
    made = [one for one in yaml.safe_load_all(done.stdout) if one]
    assert {one["kind"] for one in made} == {
        "VMRule",
        "VMPodScrape",
        "VMServiceScrape",
        "ConfigMap",
    }
    assert {one["metadata"]["namespace"] for one in made} == {"obs"}
    (rule,) = [one for one in made if one["kind"] == "VMRule"]
    assert rule["metadata"]["labels"]["team"] == "mesh"


def test_chosen_causes_alone_have_alerts() -> None:
    (rule,) = [
        one
        for one in objects("--cause", "no-route", "--cause", "no-route", "--cause", "no-cluster")
        if one["kind"] == "PrometheusRule"
    ]
    names = [one["alert"] for group in rule["spec"]["groups"] for one in group["rules"]]
    assert names == ["Why503NoRoute", "Why503NoCluster"]


def test_files_are_written_and_named(tmp_path: Path) -> None:
    done = run(
        "--output-dir", tmp_path / "new" / "folder", "--runbook-base", "https://w.example/{cause}"
    )
    written = [Path(line) for line in done.stdout.splitlines()]
    assert all(path.is_file() for path in written)
    text = (tmp_path / "new" / "folder" / "prometheus" / "rule.yaml").read_text("utf-8")
    assert "runbook_url: https://w.example/no-route\n" in text
    assert run("--output-dir", tmp_path / "new" / "folder").return_value == 0


def test_files_of_others_are_kept_unless_forced(tmp_path: Path) -> None:
    mine = tmp_path / "prometheus" / "rule.yaml"
    mine.parent.mkdir()
    mine.write_text("groups: []\n", encoding="utf-8")
    refused = run("--output-dir", tmp_path)
    assert getattr(refused.exception, "exit_code", None) == 2
    assert "--force" in str(refused.exception)
    assert mine.read_text("utf-8") == "groups: []\n"
    assert run("--output-dir", tmp_path, "--force").return_value == 0
    assert "Why503" in mine.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--cause", "no-such"), "no cause `no-such`"),
        (("--cause", "front-lb"), "No metric shows `front-lb`"),
        (("--label", "release"), "KEY=VALUE"),
        (("--label", "=x"), "KEY=VALUE"),
    ],
)
def test_wrong_usage_is_refused_with_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert getattr(done.exception, "exit_code", None) == 2
    assert said in str(done.exception)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run("--output-dir", tmp_path / "file" / "below")
    assert getattr(done.exception, "exit_code", None) == 2
    assert "below" in str(done.exception)


def test_the_page_shows_what_the_program_says(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ((words, shown),) = re.findall(
        r"^\$ why503 alerts ([^\n]*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE
    )
    assert run(*words.split()).stdout == shown
    parts = re.findall(r"```yaml (\S+)\n(.*?)```", PAGE, re.DOTALL)
    assert [path for path, _text in parts] == ["prometheus/rule.yaml", "istio/mesh-config.yaml"]
    for path, text in parts:
        assert text in Path("mesh-alerts", path).read_text("utf-8"), path


def test_the_page_lists_every_alert_and_every_cause_without_one() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| [`")]
    for one in watched(CATALOGUE):
        matched = "yes" if one.alert.stats else ""
        assert (
            f"| [`{one.name}`](../causes/{one.cause.ID}.md) | {one.alert.urgency} | "
            f"{one.alert.holds} | {', '.join(one.alert.exporters)} | {matched} |"
        ) in rows
    for cause in CATALOGUE:
        alert = made(cause.ALERT)
        if isinstance(alert, Unseen):
            assert f"| [`{cause.ID}`](../causes/{cause.ID}.md) | {alert.reason} |" in rows
    assert len(rows) == len(CATALOGUE)
