from tests.repair.rollout.world import DESK, V1, route, rule, service, state
from why503.mesh.workload import labels_of
from why503.repair.rollout.assumed import assumed_pods


def test_pods_stand_for_each_subset_of_a_service_without_workloads() -> None:
    pods, told = assumed_pods(state(service() + rule("v1", "v2") + route({"v1": 100})))
    assert [labels_of(one) for one in pods] == [
        {"app": "quay", "version": "v1"},
        {"app": "quay", "version": "v2"},
    ]
    assert len(told) == 1
    assert "ferry/quay" in told[0]


def test_without_subsets_one_stands_for_all() -> None:
    pods, _told = assumed_pods(state(service()))
    assert [labels_of(one) for one in pods] == [{"app": "quay"}]


def test_where_workloads_are_given_nothing_is_assumed() -> None:
    for given in (V1, DESK):
        assert assumed_pods(state(service() + given)) == ((), ())
    assert assumed_pods(state(service(selector=""))) == ((), ())
