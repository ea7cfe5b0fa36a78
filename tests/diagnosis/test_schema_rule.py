import pytest

from tests.diagnosis.lint_world import linted, rules

POOL = """apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec:
  host: web
  trafficPolicy:
    connectionPool:
      http: {idleTimeout: 120s, maxConcurrentStreams: 100}
"""


@pytest.mark.parametrize(("istio", "found"), [((1, 20), 1), ((1, 24), 0), ((1, 28), 0)])
def test_a_field_is_judged_by_the_version_in_use(tmp_path, istio, found):
    report = linted(tmp_path, POOL, istio=istio)
    assert rules(report).count("schema/unknown-field") == found


def test_objects_of_others_and_null_fields_are_left_alone(tmp_path):
    text = (
        POOL.replace("networking.istio.io", "example.com")
        + "---\n"
        + POOL.replace("maxConcurrentStreams: 100", "maxRetries: null")
    )
    assert [rule for rule in rules(linted(tmp_path, text)) if rule.startswith("schema/")] == []
