import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.claim import claims_without_tokens

FRONT = obj("Gateway", "front", "{selector: {istio: front}, servers: [{hosts: ['*']}]}")
CLAIM = "'@request.auth.claims.group': {exact: staff}"


def route(match, gateways="[front]"):
    spec = f"{{hosts: [a.example], gateways: {gateways}, http: [{{match: [{match}]}}]}}"
    return obj("VirtualService", "web", spec)


def found(text):
    return [one.values["claim"] for one in claims_without_tokens(mesh_of(text))]


@pytest.mark.parametrize("section", ["headers", "withoutHeaders"])
def test_a_claim_is_told_where_nobody_reads_tokens(section):
    match = f"{{{section}: {{{CLAIM}}}}}"
    assert found(FRONT + route(match)) == ["@request.auth.claims.group"]
    assert found(FRONT + route("{headers: {group: {exact: staff}}}")) == []


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("{selector: {matchLabels: {istio: front}}}", 0),
        ("{selector: {matchLabels: {istio: front, app: gateway}}}", 0),
        ("{targetRefs: [{kind: Gateway, name: front}]}", 0),
        ("{}", 0),
        ("{selector: {matchLabels: {app: web}}}", 1),
    ],
)
def test_tokens_are_read_by_what_may_be_for_the_gateway(spec, count):
    reading = obj("RequestAuthentication", "jwt", spec)
    assert len(found(FRONT + route(f"{{headers: {{{CLAIM}}}}}") + reading)) == count


def test_gateways_that_are_not_given_are_left_alone():
    match = f"{{headers: {{{CLAIM}}}}}"
    assert found(route(match)) == []
    assert found(FRONT + route(match, "[other]")) == []


def test_odd_routes_are_survived():
    mesh = odd("VirtualService", "{gateways: [front], http: [{match: [7, {headers: [1]}]}]}")
    assert list(claims_without_tokens(mesh)) == []
