from tests.repair.rollout.world import (
    CANARY,
    DESK,
    DONE,
    NOW,
    between,
    service,
    state,
    watch_of,
    workload,
)
from why503.repair.rollout.moment import gap_of, mixtures, pending_of, versions_of, workloads_of


def test_the_fewest_changes_come_first_and_every_mixture_once() -> None:
    pending = pending_of(between(NOW, CANARY))
    found = [(having, lacking) for having, lacking, _mixed in mixtures(state(NOW), pending)]
    assert len(found) == len(set(found)) == 8
    assert found[0] == ((), tuple(pending))
    assert found[-1] == (tuple(pending), ())


def test_very_many_changes_are_not_mixed_in_every_way() -> None:
    many = "".join(workload(f"w{n}", "app: quay") for n in range(30))
    found = list(mixtures(state(""), pending_of(between("", many))))
    assert 60 < len(found) < 400


def test_dangers_name_what_has_come_and_what_would_mend_it() -> None:
    changes = between(NOW, CANARY)
    found = watch_of(NOW, CANARY).dangers(state(NOW), pending_of(changes))
    told = {
        (
            one.loss.outcome.flag,
            tuple(key.kind for key in one.having),
            tuple(key.kind for key in one.lacking),
        )
        for one in found
    }
    assert told == {
        ("NC", ("VirtualService",), ("DestinationRule",)),
        ("UH", ("DestinationRule", "VirtualService"), ("Deployment",)),
    }
    assert not any(one.lasting for one in found)


def test_what_was_lost_before_is_not_told_again() -> None:
    watch = watch_of(NOW, DONE)
    pending = pending_of(between(NOW, DONE))
    known = frozenset(one.loss.way for one in watch.dangers(state(NOW), pending))
    assert known
    assert watch.dangers(state(NOW), pending, known) == ()


def test_pods_that_go_before_new_ones_come_are_a_version_of_their_own() -> None:
    def of(image: str, more: str) -> str:
        return workload("quay", "app: quay", more).replace(
            "name: app}", f"name: app, image: {image}}}"
        )

    def counts(more: str) -> list[object]:
        (change,) = between(of("a:1", more), of("a:2", more))
        return [one and one.get("spec", "replicas") for one in versions_of(change)]

    assert counts("") == [None, None]
    assert counts("strategy: {type: Recreate}, ") == [None, 0, None]
    assert counts("replicas: 3, strategy: {rollingUpdate: {maxUnavailable: 3}}, ") == [3, 0, 3]
    assert counts("strategy: {rollingUpdate: {maxUnavailable: 100%}}, ") == [None, 0, None]
    (scaled,) = between(
        workload("a", "b: c"), workload("a", "b: c", "strategy: {type: Recreate}, ")
    )
    assert gap_of(scaled) == ()
    alone = of("a:1", "").replace("Deployment", "StatefulSet")
    (change,) = between(alone, alone.replace("a:1", "a:2"))
    assert gap_of(change) == ("spec", "replicas")


def test_changes_queue_behind_those_that_are_not_through() -> None:
    first = between(NOW, CANARY)
    second = between(CANARY, DONE)
    versions = pending_of(second, pending_of(first))
    lengths = {key.kind: len(found) for key, found in versions.items() if key.name == "quay"}
    assert lengths == {"DestinationRule": 3, "VirtualService": 3}


def test_services_that_no_change_ties_are_watched_apart() -> None:
    pier = service("pier", "app: pier")
    watch = watch_of(NOW + pier + DESK, CANARY + pier + workload("pier", "app: pier"))
    assert len(watch.hosts) == 2
    assert [one.asked for one in watch.losses(state(NOW + pier))] == [
        "pier.ferry.svc.cluster.local:9080"
    ]


def test_every_workload_of_some_moments_is_told_once() -> None:
    found = workloads_of([state(NOW), state(DONE), state(NOW)])
    assert sorted(one.name for one in found) == ["desk", "quay-v1", "quay-v2"]
