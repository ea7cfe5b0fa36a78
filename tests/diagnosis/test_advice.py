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
    assert rules(report) == ["advice/retry-on-refused", *["advice/misplaced-field"] * 2]
    assert "spec.inboundConnectionPool" in report.findings[1].text


@pytest.mark.parametrize(("istio", "refused"), [((1, 20), True), ((1, 24), False)])
def test_a_word_is_judged_by_the_version_in_use(tmp_path, istio, refused):
    report = linted(tmp_path, RETRY.replace("WORD", "reset-before-request"), istio=istio)
    assert ("advice/retry-on-refused" in rules(report)) is refused


PODS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata:
      annotations:
        proxy.istio.io/config: |
          terminationDrainDuration: 20s
          proxyMetadata:
            EXIT_ON_ZERO_ACTIVE_CONNECTIONS: VALUE
    spec:
      containers: [{name: app, image: app}]
"""


@pytest.mark.parametrize(
    ("value", "lines"), [('"true"', [9]), ("true", [11]), ('"false"', []), ('"TRUE"', [9])]
)
def test_what_waits_for_connections_is_a_text_and_puts_the_drain_out_of_force(
    tmp_path, value, lines
):
    report = linted(tmp_path, PODS.replace("VALUE", value))
    found = [one for one in report.findings if one.rule == "advice/proxy-config-key"]
    assert [one.source.line for one in found] == lines
