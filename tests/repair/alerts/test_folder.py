import json
from pathlib import Path

import pytest
import yaml

from why503.causes import CATALOGUE
from why503.repair.alerts.folder import TakenError, files, stream, write
from why503.repair.alerts.manifest import Kind, Placed, rules, scrapes
from why503.repair.alerts.rule import watched
from why503.repair.alerts.stats_matcher import mesh_config, pod_annotation

WATCHED = watched(CATALOGUE)
MADE = files(WATCHED, list(Kind), Placed())


def test_every_file_can_be_read() -> None:
    for path, text in MADE.items():
        if path.endswith(".json"):
            assert json.loads(text)["schemaVersion"] == 39
        else:
            assert [document for document in yaml.safe_load_all(text) if document], path


def test_files_hold_what_was_made() -> None:
    for kind in Kind:
        placed = Placed()
        assert yaml.safe_load(MADE[f"{kind}/rule.yaml"]) == rules(WATCHED, kind, placed)
        written = list(yaml.safe_load_all(MADE[f"{kind}/scrape.yaml"]))
        assert written == scrapes(WATCHED, kind, placed)
    assert yaml.safe_load(MADE["istio/mesh-config.yaml"]) == mesh_config(WATCHED)
    assert yaml.safe_load(MADE["istio/pod-annotation.yaml"]) == pod_annotation(WATCHED)


def test_objects_stand_apart_from_what_kubectl_would_refuse() -> None:
    for path, text in MADE.items():
        documents = [] if path.endswith(".json") else list(yaml.safe_load_all(text))
        is_object = bool(documents) and all("kind" in document for document in documents)
        assert is_object != (path.startswith("istio/") or path.endswith(".json")), path


def test_the_config_map_holds_the_dashboard() -> None:
    found = yaml.safe_load(MADE["grafana/config-map.yaml"])
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(found["data"]["why503.json"])["uid"] == "why503"


def test_the_stream_is_objects_and_comments_only() -> None:
    objects = [one for one in yaml.safe_load_all(stream(MADE)) if one]
    kinds = [one["kind"] for one in objects]
    assert sorted(set(kinds)) == [
        *("ConfigMap", "PodMonitor", "PrometheusRule", "ServiceMonitor"),
        *("VMPodScrape", "VMRule", "VMServiceScrape"),
    ]
    assert "#     proxyStatsMatcher:" in stream(MADE)


def test_what_needs_no_counter_of_envoy_brings_no_fragment_of_istio() -> None:
    few = [one for one in WATCHED if one.cause.ID == "circuit-breaker"]
    made = files(few, [Kind.PROMETHEUS], Placed())
    assert sorted(made) == [
        *("grafana/config-map.yaml", "grafana/dashboard.json"),
        *("prometheus/rule.yaml", "prometheus/scrape.yaml"),
    ]


def test_it_writes_its_own_files_again(tmp_path: Path) -> None:
    write(tmp_path, MADE)
    other = files(WATCHED[:3], list(Kind), Placed(namespace="other"))
    paths = write(tmp_path, other)
    assert {path.relative_to(tmp_path).as_posix() for path in paths} == set(other)
    for path in paths:
        assert path.read_text("utf-8") == other[path.relative_to(tmp_path).as_posix()]


@pytest.mark.parametrize("path", ["prometheus/rule.yaml", "grafana/dashboard.json"])
def test_a_file_that_was_changed_by_hand_is_left_alone_and_nothing_is_written(
    tmp_path: Path, path: str
) -> None:
    write(tmp_path, MADE)
    changed = tmp_path / path
    changed.write_text(MADE[path].replace("UO", "UH", 1), encoding="utf-8")
    before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    with pytest.raises(TakenError, match=path):
        write(tmp_path, files(WATCHED[:2], list(Kind), Placed()))
    assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before
    write(tmp_path, MADE, force=True)
    assert changed.read_text("utf-8") == MADE[path]


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "grafana").mkdir()
    (tmp_path / "grafana" / "dashboard.json").write_text("{}", encoding="utf-8")
    with pytest.raises(TakenError, match=r"dashboard\.json"):
        write(tmp_path, MADE)
    assert not (tmp_path / "prometheus").exists()


def test_a_folder_in_a_files_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "prometheus" / "rule.yaml").mkdir(parents=True)
    with pytest.raises(TakenError, match=r"rule\.yaml"):
        write(tmp_path, MADE)
