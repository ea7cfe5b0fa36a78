from tests.mesh.make import mesh_of, obj
from why503.mesh.traced.delegate import with_delegates
from why503.mesh.traced.routing import virtual_services

ROOT = obj(
    "VirtualService",
    "root",
    "{hosts: [quay], http: [{match: [{uri: {prefix: /a}, headers: {x: {exact: '1'}}}], "
    "timeout: 9s, delegate: {name: part}}, {route: [{destination: {host: rest}}]}]}",
)


def expanded(part):
    text = ROOT + obj("VirtualService", "part", part)
    (found,) = with_delegates(virtual_services(mesh_of(text), "shop"))
    return found.http


def test_the_delegates_rules_stand_in_place_within_the_path_left_to_them():
    rules = expanded(
        "{http: [{match: [{uri: {prefix: /a/b}}, {uri: {exact: /c}}], "
        "route: [{destination: {host: inner}}]}, {route: [{destination: {host: more}}]}]}"
    )
    hosts = [rule.targets[0].host.partition(".")[0] for rule in rules]
    assert hosts == ["inner", "more", "rest"]
    assert [match["uri"] for match in rules[0].matches] == [{"prefix": "/a/b"}]
    assert rules[0].matches[0]["headers"] == {"x": {"exact": "1"}}
    assert rules[0].fields["timeout"] == "9s"
    assert rules[1].matches[0]["uri"] == {"prefix": "/a"}


def test_a_setting_of_the_delegating_rule_names_that_object():
    own, other = expanded(
        "{http: [{timeout: 1s, route: []}, {match: [{uri: {prefix: /a}}], route: []}]}"
    )[:2]
    assert own.place_of("timeout")[0].name == "part"
    assert other.place_of("timeout")[0].name == "root"


def test_a_delegate_that_excludes_its_root_or_is_hidden_adds_nothing():
    outside = "{http: [{match: [{uri: {regex: .*}}], route: []}]}"
    assert len(expanded(outside)) == 1
    hidden = "{exportTo: [web], http: [{route: []}]}"
    assert len(expanded(hidden)) == 1


def test_other_conditions_that_differ_exclude_each_other():
    text = obj(
        "VirtualService",
        "root",
        "{hosts: [quay], http: [{match: [{method: {exact: GET}}], delegate: {name: part}}]}",
    ) + obj("VirtualService", "part", "{http: [{match: [{method: {exact: POST}}], route: []}]}")
    (found,) = with_delegates(virtual_services(mesh_of(text), "shop"))
    assert found.http == ()
