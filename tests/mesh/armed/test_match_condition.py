import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.match_condition import matches_never_met


def found(match):
    text = obj("VirtualService", "web", f"{{http: [{{match: [{match}]}}]}}")
    return [one.values["why"] for one in matches_never_met(mesh_of(text))]


@pytest.mark.parametrize(
    ("match", "word"),
    [
        ("{headers: {x-a: {exact: b}}, withoutHeaders: {X-A: {}}}", "X-A"),
        ("{headers: {x-a: {exact: b}}, withoutHeaders: {x-a: {exact: b}}}", "x-a"),
        ("{headers: {x-a: {}}, withoutHeaders: {x-a: {}}}", "x-a"),
        ("{uri: {exact: orders}}", "`orders`"),
        ("{uri: {prefix: api/v1}}", "`api/v1`"),
    ],
)
def test_what_contradicts_itself_is_told(match, word):
    (why,) = found(match)
    assert word in why


@pytest.mark.parametrize(
    "match",
    [
        "{headers: {x-a: {}}, withoutHeaders: {x-a: {exact: b}}}",
        "{headers: {x-a: {exact: a}}, withoutHeaders: {x-a: {exact: b}}}",
        "{headers: {x-a: {exact: a}}, withoutHeaders: {x-b: {}}}",
        "{uri: {exact: /orders}}",
        "{uri: {exact: '*'}}",
        "{uri: {regex: 'orders.*'}}",
        "{}",
    ],
)
def test_what_a_request_can_meet_is_not(match):
    assert found(match) == []


def test_odd_matches_are_survived():
    mesh = odd(
        "VirtualService", "{http: [{match: [7, {uri: 7, headers: [1], withoutHeaders: 3}]}]}"
    )
    assert list(matches_never_met(mesh)) == []
