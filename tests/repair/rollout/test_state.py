from dataclasses import replace

from tests.mesh.make import manifests
from tests.repair.rollout.world import BASE, SPACE, V1, V2, bundle, state
from why503.repair.rollout.state import (
    Key,
    idle,
    key_of,
    layers,
    placed,
    ready_now,
    replicas,
    stand_in,
    state_of,
    with_data,
)

QUAY = Key("Deployment", SPACE, "quay-v1")


def test_objects_stand_once_in_the_namespace_that_they_are_applied_to() -> None:
    bare = V1.replace(", namespace: ferry", "")
    told = state_of(bundle(bare + bare.replace("name: app}", "name: new}")), SPACE)
    assert list(told.objects) == [QUAY]
    assert told.objects[QUAY].get("spec", "template", "spec", "containers", 0, "name") == "new"
    assert str(QUAY) == "Deployment ferry/quay-v1"
    assert str(Key("Namespace", "", "ferry")) == "Namespace ferry"
    (space,) = manifests("kind: Namespace\nmetadata: {name: ferry}\n")
    assert placed(space, "other").namespace == ""


def test_rows_and_what_controllers_make_are_left_out() -> None:
    pod = "---\nkind: Pod\nmetadata: {name: p, namespace: ferry}\n"
    assert {key.kind for key in state(V1 + pod).objects} == {"Deployment"}
    assert {key.kind for key in state(pod).objects} == {"Pod"}
    (row,) = manifests(V1, partial=True)
    assert state_of(replace(bundle(""), facts=(row,)), SPACE).objects == {}


def test_changes_make_another_state_and_leave_the_first_alone() -> None:
    first = state(V1)
    second = first.having(
        {QUAY: None, key_of(state(V2).of("Deployment")[0]): state(V2).of("Deployment")[0]}
    )
    assert [key.name for key in second.objects] == ["quay-v2"]
    assert list(first.objects) == [QUAY]


def test_a_workload_of_another_moment_is_there_without_pods() -> None:
    (gone,) = state(V2).of("Deployment")
    push = state(BASE + V1).push(SPACE, [gone])
    counts = {one.name: one.get("spec", "replicas") for one in push.mesh.manifests("Deployment")}
    assert counts == {"desk": None, "quay-v1": None, "quay-v2": 0}


def test_one_field_changes_and_its_line_stays() -> None:
    one = state(V1).objects[QUAY]
    changed = with_data(one, ("spec", "template", "spec", "containers", 0, "name"), "new")
    assert changed.get("spec", "template", "spec", "containers", 0, "name") == "new"
    assert one.get("spec", "template", "spec", "containers", 0, "name") == "app"
    assert changed.where("spec") == one.where("spec")


def test_replicas_and_readiness_are_read() -> None:
    one = state(V1).objects[QUAY]
    assert (replicas(one), replicas(idle(one))) == (1, 0)
    assert ready_now(one)
    starting = with_data(one, ("status",), {"replicas": 1})
    assert not ready_now(starting)
    assert ready_now(with_data(starting, ("status", "readyReplicas"), 1))
    assert ready_now(idle(starting))


def test_a_stand_in_has_the_lines_of_what_asks_for_it() -> None:
    one = state(V1).objects[QUAY]
    key = Key("ReplicaSet", SPACE, "quay")
    made = stand_in(key, {"spec": {"replicas": 2}}, one.source, one)
    assert key_of(made) == key
    assert replicas(made) == 2
    assert made.where("spec") == one.where("spec")


def test_layers_hold_every_version_of_every_object() -> None:
    first, second = state(V1 + V2), state(V1.replace("version: v1", "version: v3"))
    found = layers([first, second, first])
    assert len(found) == 2
    assert {key.name for each in found for key in each.objects} == {"quay-v1", "quay-v2"}
    assert layers([]) == []
