import pytest

from tests.repair.rollout.world import (
    BASE,
    CANARY,
    HOST,
    NOW,
    SPACE,
    V1,
    V2,
    between,
    push,
    route,
    rule,
    service,
    workload,
)
from why503.repair.rollout.change import hosts_of
from why503.repair.rollout.state import Key


def test_what_the_cluster_adds_by_itself_is_no_change() -> None:
    live = NOW.replace(
        "kind: Service\nmetadata: {",
        "apiVersion: v1\nkind: Service\nstatus: {loadBalancer: {}}\n"
        "metadata: {uid: a, resourceVersion: '7', annotations: "
        "{kubectl.kubernetes.io/last-applied-configuration: x}, ",
    )
    assert between(NOW, live) == ()
    assert between(live, NOW) == ()


def test_changes_are_told_by_what_they_do_and_deletions_come_last() -> None:
    scaled = workload("quay-v1", "app: quay, version: v1", "replicas: 0, ")
    found = between(NOW, BASE.replace("- ", "- ") + scaled + V2 + rule("v2") + route({"v2": 100}))
    assert [(one.action, one.key.name) for one in found] == [
        ("scale-down", "quay-v1"),
        ("create", "quay-v2"),
        ("change", "quay"),
        ("change", "quay"),
    ]
    assert found[0].takes_pods
    assert not found[1].takes_pods
    (gone,) = between(V1 + V2, V1)
    assert (gone.action, gone.takes_pods, gone.manifest.name) == ("delete", True, "quay-v2")


def test_labels_that_pods_lose_in_place_are_seen_and_more_labels_are_none() -> None:
    def of(labels: str) -> str:
        return workload("quay", labels)

    (lost,) = between(of("app: quay, version: v1"), of("app: quay, version: v2"))
    (more,) = between(of("app: quay"), of("app: quay, version: v2"))
    assert (lost.relabels, more.relabels) == (True, False)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (BASE, BASE + V1),
        (BASE, BASE + rule("v1")),
        (BASE, BASE + rule("v1", host="'*.ferry.svc.cluster.local'")),
        (BASE, BASE + route({"v1": 1})),
        (BASE, BASE.replace("9080", "9081")),
        (BASE + V1, BASE),
    ],
)
def test_the_services_that_a_change_concerns_are_found(now: str, wanted: str) -> None:
    changes = between(now, wanted)
    found = hosts_of(changes, [push(now), push(wanted)])
    assert HOST in set().union(*found.values())


def test_a_selector_of_before_counts_as_one_of_after() -> None:
    blue = service(selector="app: quay, version: v1")
    green = service(selector="app: quay, version: v2")
    changes = between(blue + V1, green)
    found = hosts_of(changes, [push(blue + V1), push(green)])
    assert found[Key("Deployment", SPACE, "quay-v1")] == {HOST}


def test_what_is_not_followed_concerns_nothing() -> None:
    more = "---\nkind: ConfigMap\nmetadata: {name: x}\n"
    assert hosts_of(between(CANARY, CANARY + more), [push(CANARY + more)]) == {}
