import jsonschema
import pytest

from why503.causes import CATALOGUE
from why503.repair.alerts.manifest import Kind, Placed, rules, scrapes
from why503.repair.alerts.rule import watched

WATCHED = watched(CATALOGUE)
PLACED = Placed(namespace="obs", labels=(("release", "kube-prometheus-stack"),))
WORD = {"type": "string", "minLength": 1}
NAME = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
DURATION = {"type": "string", "pattern": "^(0|([0-9]+(ms|[smhdwy]))+)$"}


def closed(required: list[str], **fields: object) -> dict[str, object]:
    return {
        "type": "object",
        "required": required,
        "properties": fields,
        "additionalProperties": False,
    }


WORDS = {"type": "object", "additionalProperties": WORD}
SELECTOR = closed(
    [],
    matchLabels=WORDS,
    matchExpressions={
        "type": "array",
        "items": closed(
            ["key", "operator"],
            key=WORD,
            operator={"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
            values={"type": "array", "items": WORD},
        ),
    },
)
ENDPOINTS = {
    "type": "array",
    "minItems": 1,
    "items": closed(["port"], port=NAME, path=WORD, interval=DURATION),
}
RULE = closed(["expr"], alert=WORD, expr=WORD, labels=WORDS, annotations=WORDS, **{"for": DURATION})
GROUPS = {
    "type": "array",
    "items": closed(
        ["name", "rules"], name=WORD, rules={"type": "array", "minItems": 1, "items": RULE}
    ),
}
SPACES = closed([], any={"type": "boolean"}, matchNames={"type": "array"})
SPECS = {
    "rule": closed(["groups"], groups=GROUPS),
    "pods": closed(
        ["selector", "podMetricsEndpoints"],
        selector=SELECTOR,
        namespaceSelector=SPACES,
        podMetricsEndpoints=ENDPOINTS,
    ),
    "services": closed(
        ["selector", "endpoints"],
        selector=SELECTOR,
        namespaceSelector=SPACES,
        endpoints=ENDPOINTS,
    ),
}
"""What the definitions of both operators have in common, as far as it is used."""
ROLES = {
    "PrometheusRule": "rule",
    "VMRule": "rule",
    "PodMonitor": "pods",
    "VMPodScrape": "pods",
    "ServiceMonitor": "services",
    "VMServiceScrape": "services",
}


def check(made: dict[str, object]) -> None:
    metadata = closed(["name", "namespace", "labels"], name=NAME, namespace=NAME, labels=WORDS)
    spec = SPECS[ROLES[str(made["kind"])]]
    whole = closed(
        ["apiVersion", "kind", "metadata", "spec"],
        apiVersion=WORD,
        kind=WORD,
        metadata=metadata,
        spec=spec,
    )
    jsonschema.validate(made, whole)


@pytest.mark.parametrize("kind", list(Kind))
def test_objects_have_the_fields_that_the_operators_ask_for(kind: Kind) -> None:
    made = [rules(WATCHED, kind, PLACED), *scrapes(WATCHED, kind, PLACED)]
    for one in made:
        check(one)
        assert one["metadata"]["namespace"] == "obs"
        assert one["metadata"]["labels"]["release"] == "kube-prometheus-stack"


def test_each_operator_gets_its_own_kinds() -> None:
    made = {
        kind: [
            one["kind"] for one in (rules(WATCHED, kind, PLACED), *scrapes(WATCHED, kind, PLACED))
        ]
        for kind in Kind
    }
    assert made[Kind.PROMETHEUS] == ["PrometheusRule", "PodMonitor", "ServiceMonitor", "PodMonitor"]
    assert made[Kind.VICTORIA_METRICS] == [
        "VMRule",
        "VMPodScrape",
        "VMServiceScrape",
        "VMPodScrape",
    ]
    versions = [rules(WATCHED, kind, PLACED)["apiVersion"] for kind in Kind]
    assert versions == ["monitoring.coreos.com/v1", "operator.victoriametrics.com/v1beta1"]


def test_both_kinds_hold_the_same_rules() -> None:
    one, other = (rules(WATCHED, kind, PLACED)["spec"] for kind in Kind)
    assert one == other


def test_only_what_the_chosen_alerts_need_is_scraped() -> None:
    few = [one for one in WATCHED if one.cause.ID == "circuit-breaker"]
    names = [one["metadata"]["name"] for one in scrapes(few, Kind.PROMETHEUS, PLACED)]
    assert names == ["why503-proxies"]
    keys = [one for one in WATCHED if one.cause.ID == "jwks-unavailable"]
    names = [one["metadata"]["name"] for one in scrapes(keys, Kind.PROMETHEUS, PLACED)]
    assert names == ["why503-istiod"]
