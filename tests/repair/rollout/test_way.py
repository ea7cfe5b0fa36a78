import pytest

from tests.mesh.make import obj
from tests.repair.rollout.world import (
    BASE,
    CANARY,
    HOST,
    NOW,
    SPACE,
    V1,
    V2,
    bundle,
    push,
    route,
    rule,
    workload,
)
from why503.diagnosis.trace import asked_of, traced
from why503.repair.rollout.way import MOST_CALLERS, callers_of, losses


def lost(text: str, hosts: frozenset[str] = frozenset({HOST})):
    given = push(text)
    return losses(given, callers_of([given]), hosts)


def test_a_state_in_which_every_weight_finds_pods_loses_nothing() -> None:
    assert lost(CANARY) == {}
    assert lost(BASE + V1) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BASE + V1 + rule("v1") + route({"v1": 90, "v2": 10}), ("no-cluster", "NC", 10.0)),
        (BASE + V1 + rule("v1", "v2") + route({"v1": 90, "v2": 10}), ("no-endpoint", "UH", 10.0)),
        (BASE, ("no-endpoint", "UH", 100.0)),
    ],
)
def test_every_way_without_an_endpoint_is_found(text: str, told: tuple) -> None:
    (found,) = lost(text).values()
    assert (found.way.id, found.outcome.flag, found.share) == told
    assert found.sources


def test_a_weight_of_nothing_and_a_way_to_others_are_not_followed() -> None:
    assert lost(BASE + V1 + rule("v1") + route({"v1": 100, "v2": 0})) == {}
    assert lost(BASE, frozenset({"pier.ferry.svc.cluster.local"})) == {}


def test_one_workload_of_each_namespace_calls_and_each_where_rules_tell_them_apart() -> None:
    two = NOW + workload("mast", "app: mast")
    assert [str(one) for one in callers_of([push(two)])] == ["any workload of ferry"]
    told = obj("Sidecar", "s", "{workloadSelector: {labels: {app: mast}}}", "ferry")
    names = {one.name for one in callers_of([push(two + told)])}
    assert names == {"deployment/desk", "deployment/mast", "deployment/quay-v1"}
    many = "".join(workload(f"w{n}", f"app: w{n}") for n in range(40))
    assert len(callers_of([push(many + told)])) == MOST_CALLERS


def test_plain_tcp_is_followed_too() -> None:
    text = (BASE + V1).replace("name: http", "name: tcp-x")
    assert lost(text) == {}
    (found,) = lost(
        text.replace(V1, V2).replace("app: quay, version: v2", "app: other")
        + V1.replace("app: quay", "app: no")
    ).values()
    assert (found.outcome.flag, found.outcome.status) == ("UH", None)


@pytest.mark.parametrize("subsets", [("v1",), ("v1", "v2"), ("v2",), ()])
@pytest.mark.parametrize("pods", ["", V1, V2, V1 + V2])
def test_it_tells_the_same_as_a_trace_of_the_request(subsets: tuple, pods: str) -> None:
    text = BASE + pods + rule(*subsets) + route({"v1": 70, "v2": 30})
    asked = asked_of("GET", "http://quay:9080/", (), source="deploy/desk", address="", sni="")
    branches = traced(bundle(text), asked, namespace=SPACE).branches
    failing = {(one.outcome.flag, one.share) for one in branches if not one.outcome.passes}
    assert {(one.outcome.flag, one.share) for one in lost(text).values()} == failing
