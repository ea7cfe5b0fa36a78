import pytest

from tests.mesh.build import manifest, mesh, request
from why503.mesh.route import http_rules
from why503.mesh.route_match import (
    hosts_of,
    matches_listed,
    route_takes,
    routes_taking,
    rule_takes,
    takes_host,
)


def virtual_service(*match, hosts=("orders.shop.svc.cluster.local",), kind="VirtualService"):
    rule = {"match": list(match)} if match else {}
    return manifest(kind, "orders", "shop", spec={"hosts": list(hosts), "http": [rule]})


def takes(match, **fields):
    (rule,) = http_rules(virtual_service(match))
    return rule_takes(rule, request(404, "NR", **fields))


@pytest.mark.parametrize(
    ("match", "path", "expected"),
    [
        ({"uri": {"prefix": "/v1/"}}, "/v1/a?x=1", True),
        ({"uri": {"prefix": "/v1/"}}, "/v1", False),
        ({"uri": {"exact": "/v1"}}, "/v1?x=1", True),
        ({"uri": {"exact": "/V1"}}, "/v1", False),
        ({"uri": {"exact": "/V1"}, "ignoreUriCase": True}, "/v1", True),
        ({"uri": {"regex": "/v[0-9]+"}}, "/v1", None),
        ({"uri": {"prefix": "/v1"}, "headers": {"x-team": {"exact": "a"}}}, "/v1", None),
        ({"uri": {"prefix": "/v2"}, "headers": {"x-team": {"exact": "a"}}}, "/v1", False),
    ],
)
def test_a_path_condition_is_judged_where_the_log_tells(match, path, expected):
    assert takes(match, path=path) is expected


def test_method_and_authority_have_to_hold_too():
    both = {"uri": {"prefix": "/"}, "method": {"exact": "POST"}}
    assert takes(both, method="GET") is False
    assert takes(both, method="POST") is True
    assert takes({"authority": {"exact": "a"}}, authority="b") is False


def test_another_port_than_the_listener_s_is_not_held_against_a_rule():
    assert takes({"port": 80}, downstream_local="10.0.0.1:8080") is None
    assert takes({"port": 80}, downstream_local="10.0.0.1:80") is True


def test_a_rule_without_conditions_takes_everything():
    (rule,) = http_rules(virtual_service())
    assert rule_takes(rule, request(404)) is True


def test_entries_of_a_match_are_alternatives():
    route = virtual_service({"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/b"}})
    assert route_takes(route, request(404, path="/b")) is True
    assert route_takes(route, request(404, path="/c")) is False


def test_a_route_without_http_rules_is_not_judged():
    assert route_takes(manifest("VirtualService", spec={"hosts": ["*"]}), request(404)) is None


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [("PathPrefix", "/v1/a", True), ("PathPrefix", "/v10", False), ("Exact", "/v1/a", False)],
)
def test_a_prefix_of_the_gateway_api_ends_at_a_slash(kind, path, expected):
    matches = [{"path": {"type": kind, "value": "/v1"}}]
    route = manifest("HTTPRoute", "r", "shop", spec={"rules": [{"matches": matches}]})
    assert route_takes(route, request(404, path=path)) is expected


def test_hosts_are_read_from_each_kind():
    assert hosts_of(manifest("HTTPRoute", spec={})) == ("*",)
    gateway = manifest("Gateway", spec={"servers": [{"hosts": ["shop/*.a.example", "b.example"]}]})
    assert hosts_of(gateway) == ("*.a.example", "b.example")


def test_routes_are_found_by_wildcard_and_partial_ones_are_left_out():
    wide = virtual_service(hosts=["*.example.org"])
    assert takes_host(wide, "a.example.org")
    assert not takes_host(wide, "example.com")
    assert routes_taking(mesh(wide), "a.example.org") == (wide,)


def test_conditions_are_listed_for_a_sentence():
    route = virtual_service({"uri": {"prefix": "/a"}}, {"method": {"exact": "GET"}})
    assert matches_listed(route) == "prefix /a, method"
