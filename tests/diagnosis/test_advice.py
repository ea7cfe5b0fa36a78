import pytest

from tests.diagnosis.lint_world import linted, rules

RETRY = """apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web]
  http:
  - route: [{destination: {host: web}}]
    retries: {attempts: 2, retryOn: WORD}
"""
SIDECAR = """apiVersion: networking.istio.io/v1beta1
kind: Sidecar
metadata: {name: s, namespace: shop}
spec:
  inbound:
    defaultEndpoint: 127.0.0.1:8480
    httpProtocolOptions: {idleTimeout: 180s}
"""


@pytest.mark.parametrize("istio", [(1, 20), (1, 24), (1, 28)])
def test_advice_that_circulates_is_named_in_every_version(tmp_path, istio):
    report = linted(
        tmp_path, RETRY.replace("WORD", "stream-reset") + "---\n" + SIDECAR, istio=istio
    )
    assert rules(report) == ["advice/retry-on-refused", "advice/misplaced-field"]
    assert "spec.inboundConnectionPool" in report.findings[1].text


@pytest.mark.parametrize(("istio", "refused"), [((1, 20), True), ((1, 24), False)])
def test_a_word_is_judged_by_the_version_in_use(tmp_path, istio, refused):
    report = linted(tmp_path, RETRY.replace("WORD", "reset-before-request"), istio=istio)
    assert ("advice/retry-on-refused" in rules(report)) is refused
