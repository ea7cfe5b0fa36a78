from pathlib import Path

import pytest

from why503.causes import CATALOGUE
from why503.diagnosis.cause import Severity
from why503.evidence.read import read_paths
from why503.evidence.reader import Options
from why503.repair.gate import Gate, with_texts

RULE = """apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec:
  host: web
  trafficPolicy:
    connectionPool:
      http: {idleTimeout: 50s}
"""
OLD = RULE.replace("50s", "50s, speed: fast")


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def of(text):
        Path("rule.yaml").write_text(text, encoding="utf-8")
        return read_paths(["rule.yaml"], Options())

    return of


def objected(bundle, text, **options):
    found = Gate(bundle, CATALOGUE, (1, 28), **options).objections({"rule.yaml": text})
    return [one.rule for one in found]


def test_a_field_that_the_version_does_not_have_is_an_objection(read):
    bundle = read(RULE)
    assert objected(bundle, RULE) == []
    assert objected(bundle, OLD) == ["schema/unknown-field"]
    assert objected(bundle, RULE.replace("50s", "fifty")) != []


def test_what_stood_there_before_is_no_objection(read):
    bundle = read(OLD)
    assert objected(bundle, OLD.replace("50s", "40s")) == []
    assert objected(bundle, OLD.replace("fast", "fast, haste: 1")) == ["schema/unknown-field"]


def test_the_version_asked_for_decides(read):
    old = RULE.replace("istio.io/v1", "istio.io/v1beta1")
    text = old.replace("50s", "50s, maxConcurrentStreams: 100")
    bundle = read(old)
    found = Gate(bundle, CATALOGUE, (1, 20)).objections({"rule.yaml": text})
    assert [one.rule for one in found] == ["schema/unknown-field"]
    assert Gate(bundle, CATALOGUE, (1, 28)).objections({"rule.yaml": text}) == ()


def test_a_file_that_is_not_there_yet_is_judged_too(read):
    found = Gate(read(RULE), CATALOGUE, (1, 28), Severity.ERROR).objections({"new.yaml": OLD})
    assert ("schema/unknown-field", "new.yaml") in [(one.rule, one.source.path) for one in found]


def test_a_new_text_takes_the_place_of_the_old_and_of_no_other(read):
    bundle = read(RULE)
    after = with_texts(bundle, {"rule.yaml": RULE.replace("50s", "40s"), "b.yaml": RULE})
    told = [(fact.source.path, fact.get("spec", "trafficPolicy")) for fact in after.facts]
    assert [path for path, _policy in told] == ["b.yaml", "rule.yaml"]
    assert "40s" in str(dict(told)["rule.yaml"])
    assert "50s" in str(dict(told)["b.yaml"])
