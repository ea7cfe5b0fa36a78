import re

import pytest

from tests.diagnosis.lint_world import linted, rules
from why503.mesh.crd import cel

VERSIONS = [(1, 20), (1, 24), (1, 28)]
MISPLACED, UNKNOWN = "advice/misplaced-field", "schema/unknown-field"
WRONG, BROKEN = "schema/wrong-value", "schema/broken-rule"
REFUSED = "advice/retry-on-refused"

SIDECAR = """apiVersion: networking.istio.io/v1beta1
kind: Sidecar
metadata: {name: mill, namespace: works}
spec:
  workloadSelector: {labels: {app: mill}}
"""
ROUTE = """apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: mill, namespace: works}
spec:
  hosts: [mill]
"""
POLICY = """apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: mill, namespace: works}
spec:
  host: mill
"""
INGRESS = "  ingress:\n  - port: {number: 8080, protocol: HTTP, name: http}\n"
TO_MILL = "route: [{destination: {host: mill}}]"
POOL = "  trafficPolicy:\n    connectionPool:\n"


def always(*found):
    return {one: list(found) for one in VERSIONS}


def from_1_24(*found):
    return {one: list(found) for one in VERSIONS[1:]}


FIELDS = {
    "one pool for all ports": (
        SIDECAR + "  inboundConnectionPool: {http: {idleTimeout: 40s}}\n",
        {},
    ),
    "a pool for one port": (
        SIDECAR + INGRESS + "    connectionPool: {http: {idleTimeout: 40s}}\n",
        {},
    ),
    "inbound with Envoy's name in it": (
        SIDECAR
        + "  inbound:\n    port: {number: 8080, protocol: HTTP, name: http}\n"
        + "    defaultEndpoint: 127.0.0.1:8080\n"
        + "    httpProtocolOptions: {idleTimeout: 40s}\n",
        always(
            (MISPLACED, "inbound", "spec.inboundConnectionPool"),
            (
                MISPLACED,
                "httpProtocolOptions",
                "spec.ingress[].connectionPool.http.idleTimeout",
            ),
        ),
    ),
    "inbound as a list, with a field that no port has": (
        SIDECAR
        + "  inbound:\n  - port: {number: 8080, protocol: HTTP, name: http}\n    wheel: 2\n",
        always((MISPLACED, "inbound", ""), (UNKNOWN, "wheel", "")),
    ),
    "inbound beside spec": (
        SIDECAR + "inbound:\n  httpProtocolOptions: {idleTimeout: 40s}\n",
        always(
            (MISPLACED, "inbound", "spec.ingress[]"),
            (MISPLACED, "httpProtocolOptions", "spec.ingress[].connectionPool.http"),
        ),
    ),
    "Envoy's name in the policies of a Sidecar": (
        SIDECAR
        + "  outboundTrafficPolicy: {mode: ALLOW_ANY, httpProtocolOptions: {idleTimeout: 1s}}\n"
        + "  inboundTrafficPolicy: {httpProtocolOptions: {idleTimeout: 1s}}\n",
        always(
            (MISPLACED, "httpProtocolOptions", "of a DestinationRule"),
            (MISPLACED, "inboundTrafficPolicy", "meshConfig"),
            (MISPLACED, "httpProtocolOptions", "spec.inboundConnectionPool.http.idleTimeout"),
        ),
    ),
    "idleTimeout at a port, in a pool and in its TCP half": (
        SIDECAR + INGRESS + "    idleTimeout: 40s\n    connectionPool: {idleTimeout: 40s}\n"
        "  inboundConnectionPool: {tcp: {idleTimeout: 40s}, http: {connectTimeout: 1s}}\n",
        {
            (1, 20): [
                (MISPLACED, "idleTimeout", "spec.ingress[].connectionPool.http.idleTimeout"),
                (MISPLACED, "idleTimeout", "spec.ingress[].connectionPool.http.idleTimeout"),
                (MISPLACED, "idleTimeout", "spec.inboundConnectionPool.http.idleTimeout"),
                (MISPLACED, "connectTimeout", "spec.inboundConnectionPool.tcp.connectTimeout"),
            ],
            **from_1_24(
                (MISPLACED, "idleTimeout", "spec.ingress[].connectionPool.http.idleTimeout"),
                (MISPLACED, "idleTimeout", "spec.ingress[].connectionPool.http.idleTimeout"),
                (MISPLACED, "connectTimeout", "spec.inboundConnectionPool.tcp.connectTimeout"),
            ),
        },
    ),
    "egress has no timeouts": (
        SIDECAR + "  egress:\n  - hosts: [./*]\n    idleTimeout: 40s\n",
        always((MISPLACED, "idleTimeout", "of a DestinationRule")),
    ),
    "a mode that there is not": (
        SIDECAR + "  outboundTrafficPolicy: {mode: DENY_ALL}\n",
        always((WRONG, "DENY_ALL", "REGISTRY_ONLY")),
    ),
    "the whole of a route": (
        ROUTE + f"  http:\n  - timeout: 9s\n    retries: {{attempts: 2, perTryTimeout: 2s, "
        f"retryOn: 'gateway-error,reset,503'}}\n    {TO_MILL}\n",
        {},
    ),
    "words of retryOn": (
        ROUTE
        + f"  http:\n  - retries: {{attempts: 2, retryOn: 'reset,stream-reset'}}\n    {TO_MILL}\n",
        always((REFUSED, "stream-reset", "`reset` repeats after any reset")),
    ),
    "a word that came later": (
        ROUTE + f"  http:\n  - retries: {{attempts: 2, retryOn: reset-before-request}}\n"
        f"    {TO_MILL}\n",
        {(1, 20): [(REFUSED, "reset-before-request", "it came with 1.23")]},
    ),
    "a back-off, which came later": (
        ROUTE + f"  http:\n  - retries: {{attempts: 2, backoff: 50ms}}\n    {TO_MILL}\n",
        {one: [(MISPLACED, "backoff", "1.27")] for one in VERSIONS[:2]},
    ),
    "http beside spec, and what is wrong in it": (
        ROUTE + "http:\n- timeout: 30\n  idleTimeout: 5s\n"
        "  retries: {attempts: 2, retryOn: stream-reset, numRetries: 3}\n"
        f"  {TO_MILL}\n",
        always(
            ("advice/outside-spec", "http", "spec.http"),
            ("advice/duration-without-unit", "timeout", "30s"),
            (MISPLACED, "idleTimeout", "of a DestinationRule"),
            (REFUSED, "stream-reset", ""),
            (MISPLACED, "numRetries", "attempts"),
        ),
    ),
    "http beside spec, and nothing else": (
        ROUTE + f"http:\n- timeout: 30s\n  {TO_MILL}\n",
        always(("advice/outside-spec", "http", "spec.http")),
    ),
    "idleTimeout in a route": (
        ROUTE + f"  http:\n  - idleTimeout: 40s\n    {TO_MILL}\n",
        always((MISPLACED, "idleTimeout", "of a DestinationRule")),
    ),
    "the whole of a policy": (
        POLICY + POOL + "      tcp: {maxConnections: 200, connectTimeout: 3s, "
        "tcpKeepalive: {time: 100s, interval: 10s}}\n"
        "      http: {h2UpgradePolicy: DO_NOT_UPGRADE, idleTimeout: 40s}\n"
        "    outlierDetection: {consecutive5xxErrors: 9, interval: 5s, baseEjectionTime: 20s}\n"
        "    loadBalancer: {simple: LEAST_REQUEST}\n    tls: {mode: ISTIO_MUTUAL}\n",
        {},
    ),
    "an old name in outlierDetection": (
        POLICY + "  trafficPolicy: {outlierDetection: {consecutive5xx: 9}}\n",
        always((MISPLACED, "consecutive5xx", "consecutive5xxErrors")),
    ),
    "a pool without trafficPolicy, with TCP's settings under http": (
        POLICY + "  connectionPool: {idleTimeout: 40s, http: {maxConnections: 5}}\n",
        always(
            (MISPLACED, "connectionPool", "spec.trafficPolicy.connectionPool"),
            (MISPLACED, "idleTimeout", "spec.trafficPolicy.connectionPool.http.idleTimeout"),
            (MISPLACED, "maxConnections", "spec.trafficPolicy.connectionPool.tcp"),
        ),
    ),
    "idleTimeout in a policy, a port's and a subset's": (
        POLICY + "  trafficPolicy:\n    idleTimeout: 40s\n    portLevelSettings:\n"
        "    - port: {number: 80}\n      idleTimeout: 40s\n"
        "  subsets:\n  - name: v1\n    trafficPolicy: {idleTimeout: 40s}\n",
        always(
            (MISPLACED, "idleTimeout", "spec.trafficPolicy.connectionPool.http.idleTimeout"),
            (MISPLACED, "idleTimeout", "portLevelSettings[].connectionPool.http.idleTimeout"),
            (MISPLACED, "idleTimeout", "spec.subsets[].trafficPolicy.connectionPool.http"),
        ),
    ),
    "fields that came later": (
        POLICY + POOL + "      tcp: {idleTimeout: 40s}\n      http: {maxConcurrentStreams: 9}\n",
        {
            (1, 20): [
                (MISPLACED, "idleTimeout", "connectionPool.http.idleTimeout"),
                (UNKNOWN, "maxConcurrentStreams", "Istio 1.20"),
            ]
        },
    ),
    "a rule in CEL beside an unknown field": (
        POLICY + POOL + "      tcp: {connectTimeout: 0s}\n      http: {wheel: 2}\n",
        {
            (1, 20): [(UNKNOWN, "wheel", "")],
            **from_1_24((BROKEN, "connectTimeout", "valid duration"), (UNKNOWN, "wheel", "")),
        },
    ),
    "a version of the API that came later": (
        (POLICY + "  exportTo: ['.']\n").replace("v1beta1", "v1"),
        {(1, 20): [("schema/not-served", "v1", "v1beta1")]},
    ),
}
EACH = [
    pytest.param(text, istio, expected.get(istio, []), id=f"{name}, {istio[0]}.{istio[1]}")
    for name, (text, expected) in FIELDS.items()
    for istio in VERSIONS
]


@pytest.mark.parametrize(("text", "istio", "expected"), EACH)
def test_each_field_is_judged_by_the_version_in_use(tmp_path, text, istio, expected):
    if any(rule == BROKEN for rule, _name, _said in expected) and not cel.available():
        pytest.skip("rules in CEL need the extra `lint`")
    report = linted(tmp_path, text, istio=istio)
    told = [one for one in report.findings if re.match("(?:schema|advice)/", one.rule)]
    assert [one.rule for one in told] == [rule for rule, _name, _said in expected]
    for one, (_rule, name, said) in zip(told, expected, strict=True):
        line = text.splitlines()[one.source.line - 1]
        assert name in line[one.source.column - 1 :]
        assert name in one.text
        assert said in one.text


@pytest.mark.parametrize(("istio", "refused"), [((1, 19), 2), ((1, 20), 0)])
def test_the_pools_of_a_sidecar_came_with_1_20(tmp_path, istio, refused):
    pools = "    connectionPool: {http: {idleTimeout: 40s}}\n  inboundConnectionPool: {}\n"
    report = linted(tmp_path, SIDECAR + INGRESS + pools, istio=istio)
    assert rules(report).count("advice/later-field") == refused


def test_an_unknown_field_is_said_once_whatever_is_in_it(tmp_path):
    text = SIDECAR + "  gearing: {wheel: {teeth: 9}, shaft: [{teeth: 3}]}\n"
    assert rules(linted(tmp_path, text)) == [UNKNOWN]


def test_objects_of_others_and_null_fields_are_left_alone(tmp_path):
    pool = POLICY + POOL + "      http: {NAME}\n"
    text = pool.replace("networking.istio.io", "example.com").replace("NAME", "wheel: 2")
    text += "---\n" + pool.replace("NAME", "maxRetries: null")
    assert [rule for rule in rules(linted(tmp_path, text)) if rule.startswith("schema/")] == []
