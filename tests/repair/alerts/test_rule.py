import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.repair.alerts.oracle import hops_of, labels_of, played, run
from why503.causes import CATALOGUE
from why503.diagnosis.alert import Alert, Unseen
from why503.diagnosis.alert_later import made
from why503.repair.alerts.rule import RUNBOOKS, groups, rule, watched

WATCHED = watched(CATALOGUE)
each = pytest.mark.parametrize("one", WATCHED, ids=lambda one: one.cause.ID)


def test_every_cause_has_an_alert_or_says_why_it_has_none() -> None:
    for cause in CATALOGUE:
        assert isinstance(made(cause.ALERT), Alert | Unseen), cause.ID
    unseen = {cause.ID for cause in CATALOGUE if isinstance(made(cause.ALERT), Unseen)}
    assert unseen == {"front-lb", "keepalive-max-requests", "headless-service", "url-malformed"}
    assert len(WATCHED) + len(unseen) == len(CATALOGUE)


def test_every_alert_fires_and_stays_quiet_when_it_must(tmp_path: Path) -> None:
    played(WATCHED, tmp_path)


def test_promtool_would_tell_of_an_alert_that_is_not_quiet(tmp_path: Path) -> None:
    (one,) = [one for one in WATCHED if one.cause.ID == "circuit-breaker"]
    loud = replace(one, alert=replace(one.alert, quiet=one.alert.fires))
    with pytest.raises(AssertionError, match="FAILED"):
        played([loud], tmp_path)


def test_promtool_and_vmalert_take_all_rules(tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(json.dumps({"groups": groups(WATCHED)}), encoding="utf-8")
    said = run("promtool", "check", "rules", "rules.json", folder=tmp_path)
    assert f"{len(WATCHED)} rules found" in said
    run("vmalert", "-dryRun", "-rule=rules.json", folder=tmp_path)


def test_vmalert_would_tell_of_a_broken_rule(tmp_path: Path) -> None:
    broken = groups(WATCHED)
    broken[0]["rules"][0]["expr"] = "sum by ("
    (tmp_path / "rules.json").write_text(json.dumps({"groups": broken}), encoding="utf-8")
    with pytest.raises(AssertionError):
        run("vmalert", "-dryRun", "-rule=rules.json", folder=tmp_path)


def test_the_sentence_is_filled_in_when_it_fires(tmp_path: Path) -> None:
    (one,) = [one for one in WATCHED if one.cause.ID == "circuit-breaker"]
    told = "150 requests of web.shop to quay.shop.svc.cluster.local ended with flag UO within 5m."
    labels = {
        "severity": "warning",
        "cause": "circuit-breaker",
        "source_workload": "web",
        "source_workload_namespace": "shop",
        "destination_service": "quay.shop.svc.cluster.local",
        "reporter": "source",
    }
    annotations = {"summary": one.summary, "description": told, "runbook_url": one.runbook}
    test = {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": values} for name, values in one.alert.fires[0].series
        ],
        "alert_rule_test": [
            {
                "eval_time": "60m",
                "alertname": one.name,
                "exp_alerts": [{"exp_labels": labels, "exp_annotations": annotations}],
            }
        ],
    }
    documents = {
        "rule.json": {"groups": groups([one])},
        "test.json": {"rule_files": ["rule.json"], "evaluation_interval": "1m", "tests": [test]},
    }
    for name, document in documents.items():
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    run("promtool", "test", "rules", "test.json", folder=tmp_path)


@each
def test_names_share_their_first_word_and_are_camel_case(one) -> None:
    assert re.fullmatch(r"Why503(?:[A-Z][a-z0-9]*)+", one.name) or one.name.endswith("5xx")
    assert one.name.lower() == "why503" + one.cause.ID.replace("-", "")


@each
def test_a_rule_says_what_to_do_and_how_urgent_it_is(one) -> None:
    made = rule(one)
    assert set(made) == {"alert", "expr", "for", "labels", "annotations"}
    assert made["labels"]["severity"] in {"critical", "warning", "info"}
    assert made["annotations"]["runbook_url"] == f"{RUNBOOKS}/{one.cause.ID}.md"
    page = Path(__file__).parents[3] / "docs" / "causes" / f"{one.cause.ID}.md"
    assert page.is_file()
    summary = made["annotations"]["summary"]
    assert "{" not in summary
    assert summary.endswith(".")
    assert not summary.endswith("..")


@each
def test_the_sentence_names_only_labels_that_the_alert_has(one) -> None:
    known = set().union(*hops_of(one.alert.expression))
    assert labels_of(one.alert.told)
    assert labels_of(one.alert.told) <= known
    assert not re.search(r"(?<!\{)\{\w+\}", one.alert.told)


@each
def test_nothing_is_divided_and_no_name_is_left_out_of_a_rate(one) -> None:
    assert " / " not in one.alert.expression
    assert not re.search(r"(?:rate|increase)\(\{", one.alert.expression)


@each
def test_an_alert_shows_that_it_can_fire_and_be_quiet(one) -> None:
    assert one.alert.fires
    assert one.alert.quiet
    assert "$__rate_interval" in one.alert.graph or "rate(" not in one.alert.graph
    assert '$namespace"' in one.alert.graph


def test_runbooks_stand_where_the_user_says() -> None:
    (one,) = watched(CATALOGUE[:1], "https://wiki.example/mesh/{cause}.html#top")
    assert one.runbook == f"https://wiki.example/mesh/{one.cause.ID}.html#top"
    (other,) = watched(CATALOGUE[:1], "https://wiki.example/mesh/")
    assert other.runbook == f"https://wiki.example/mesh/{one.cause.ID}.md"


def test_groups_are_named_by_what_breaks_and_hold_every_rule_once() -> None:
    made = groups(WATCHED)
    assert [group["name"] for group in made][:2] == ["why503-application", "why503-capacity"]
    names = [rule["alert"] for group in made for rule in group["rules"]]
    assert len(names) == len(set(names)) == len(WATCHED)
