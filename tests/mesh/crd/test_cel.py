import pytest

from why503.mesh.crd import cel, schema


def broken(kind, spec, api="networking.istio.io/v1"):
    found = schema.schema_of((1, 28), api, kind)
    return [one.path for one in cel.broken_rules(found.tree, {"spec": spec})]


def test_a_rule_that_does_not_hold_is_told_with_its_place():
    pool = {"trafficPolicy": {"connectionPool": {"tcp": {"connectTimeout": "0s"}}}}
    place = ("spec", "trafficPolicy", "connectionPool", "tcp", "connectTimeout")
    assert broken("DestinationRule", {"host": "a", **pool}) == [place]


def test_rules_that_hold_are_silent():
    pool = {"trafficPolicy": {"connectionPool": {"tcp": {"connectTimeout": "100ms"}}}}
    assert broken("DestinationRule", {"host": "a", **pool}) == []


def test_what_is_no_duration_breaks_its_rule():
    rule = {"timeout": "soon", "route": [{"destination": {"host": "a"}}]}
    assert broken("VirtualService", {"hosts": ["a"], "http": [rule]}) != []


def test_functions_that_kubernetes_adds_are_there():
    rules = {"jwtRules": [{"issuer": "a", "jwksUri": "ftp://a"}]}
    place = ("spec", "jwtRules", 0, "jwksUri")
    assert broken("RequestAuthentication", rules, "security.istio.io/v1") == [place]


def test_a_rule_that_cannot_be_taken_says_nothing():
    assert cel.broken_rules({"x-kubernetes-validations": [{"rule": "no cel ("}]}, {}) == []


VALUES = [
    "5s",
    "0s",
    "1ms",
    "100ms",
    "1m30s",
    "0.5s",
    "soon",
    "",
    "*",
    "a.*",
    "a",
    0,
    1,
    65535,
    65536,
]
VALUES += [-1, True, None, {}, {"a": 1}, {"": 1}, {"a*": 1}]


@pytest.mark.parametrize("rule", cel._PLAIN)
def test_a_value_that_plainly_keeps_a_rule_keeps_it_by_cel_python_too(rule):
    plain = [value for value in VALUES if cel._PLAIN[rule](value)]
    assert plain
    assert [cel._evaluated(rule, value) for value in plain] == [True] * len(plain)
