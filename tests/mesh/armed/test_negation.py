import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.negation import all_denied, never_met


def policy(rules, name="web", more=""):
    return obj("AuthorizationPolicy", name, f"{{action: DENY, rules: [{rules}]{more}}}")


def met(rule):
    return [found.values["field"] for found in never_met(mesh_of(policy(rule)))]


def operation(fields):
    return f"{{to: [{{operation: {{{fields}}}}}]}}"


def source(fields):
    return f"{{from: [{{source: {{{fields}}}}}]}}"


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (operation("methods: [GET], notMethods: [GET, PUT]"), "notMethods"),
        (operation("paths: ['/a/b', '/a/c*'], notPaths: ['/a*']"), "notPaths"),
        (operation("hosts: ['x.example'], notHosts: ['*.example']"), "notHosts"),
        (operation("notPaths: ['*']"), "notPaths"),
        (source("principals: [a], notPrincipals: ['*']"), "notPrincipals"),
        ("{when: [{key: source.namespace, values: [a], notValues: [a]}]}", "notValues"),
    ],
)
def test_a_negation_that_takes_all_is_told(rule, field):
    assert met(rule) == [field]


@pytest.mark.parametrize(
    "rule",
    [
        operation("paths: ['/a*'], notPaths: ['/a/b']"),
        operation("paths: ['*b'], notPaths: ['b*']"),
        operation("methods: [GET, PUT], notMethods: [GET]"),
        operation("ports: ['80'], notPaths: ['/a']"),
        source("notRequestPrincipals: ['*']"),
        source("notPrincipals: ['*']"),
        source("ipBlocks: [10.0.0.1], notIpBlocks: [10.0.0.0/8]"),
    ],
)
def test_a_negation_that_leaves_something_is_not(rule):
    assert met(rule) == []


def denied(text):
    return [found.values["one"] for found in all_denied(mesh_of(text))]


def test_two_that_spare_different_ones_deny_all():
    one, other = source("notNamespaces: [a]"), source("notNamespaces: [b, c]")
    assert denied(policy(f"{one}, {other}")) == ["b, c"]
    assert denied(policy(one) + policy(other, "other")) == ["b, c"]
    both = "{from: [{source: {notNamespaces: [a]}}, {source: {notNamespaces: [b]}}]}"
    assert denied(policy(both)) == ["b"]


def test_what_both_spare_is_not_denied():
    one, other = source("notNamespaces: [a, b]"), source("notNamespaces: [b, c]")
    assert denied(policy(f"{one}, {other}")) == []
    ranges = source("notIpBlocks: [10.0.0.0/8]"), source("notIpBlocks: [10.1.0.0/16]")
    assert denied(policy(", ".join(ranges))) == []


def test_other_conditions_or_other_pods_keep_them_apart():
    one = source("notNamespaces: [a]")
    narrow = "{from: [{source: {notNamespaces: [b]}}], to: [{operation: {paths: [/x]}}]}"
    assert denied(policy(f"{one}, {narrow}")) == []
    assert denied(policy(f"{one}, {source('notNamespaces: [b], principals: [p]')}")) == []
    assert denied(policy(f"{one}, {source('notPrincipals: [p]')}")) == []
    selected = policy(source("notNamespaces: [b]"), "other", ", selector: {matchLabels: {a: b}}")
    assert denied(policy(one) + selected) == []


def test_odd_policies_are_survived():
    mesh = odd("AuthorizationPolicy", "{action: DENY, rules: [7, {to: [7], when: [7]}]}")
    assert [*never_met(mesh), *all_denied(mesh)] == []
