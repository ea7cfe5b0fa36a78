from tests.mesh.build import HOST, manifest, mesh
from why503.mesh.readiness import is_ready, none_ready, on_its_way, scaled_to_zero


def pod(name, **status):
    return manifest("Pod", name, "shop", metadata={"labels": {"app": "orders"}}, status=status)


def service():
    return manifest("Service", "orders", "shop", spec={"selector": {"app": "orders"}})


def condition(word):
    return [{"type": "Ready", "status": word}]


def test_readiness_is_read_from_condition_containers_or_phase():
    assert is_ready(pod("a", conditions=condition("True"))) is True
    assert is_ready(pod("a", conditions=condition("False"))) is False
    assert is_ready(pod("a", containerStatuses=[{"ready": True}, {"ready": False}])) is False
    assert is_ready(pod("a", phase="Pending")) is False
    assert is_ready(pod("a", phase="Running")) is None


def test_one_ready_pod_is_enough():
    ready = pod("orders-a", conditions=condition("True"))
    unready = pod("orders-b", conditions=condition("False"))
    assert none_ready(mesh(service(), ready, unready), HOST) is None
    found = none_ready(mesh(service(), unready), HOST)
    assert found is not None
    assert found.count == 1


def test_the_reason_is_what_the_container_waits_for():
    waiting = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "ready": False}
    found = none_ready(mesh(service(), pod("orders-a", containerStatuses=[waiting])), HOST)
    assert found is not None
    assert found.reason == "CrashLoopBackOff"


def test_zero_replicas_are_seen_where_no_other_workload_wants_pods():
    def deployment(name, replicas):
        template = {"metadata": {"labels": {"app": "orders"}}}
        spec = {"replicas": replicas, "template": template}
        return manifest("Deployment", name, "shop", spec=spec)

    empty = deployment("orders", 0)
    assert scaled_to_zero(mesh(service(), empty), HOST) == empty
    assert scaled_to_zero(mesh(service(), empty, deployment("orders-v2", 1)), HOST) is None
    assert scaled_to_zero(mesh(service(), deployment("orders", None)), HOST) is None


def version(name="orders-v2", **parts):
    labels = {"metadata": {"labels": {"app": "orders", "version": "v2"}}}
    spec = {"template": labels, **parts.pop("spec", {})}
    return manifest("Deployment", name, "shop", spec=spec, **parts)


def test_a_version_is_on_its_way_until_one_of_its_pods_is_ready():
    wanted = {"version": "v2"}
    waiting = version(status={"replicas": 2})
    assert on_its_way(mesh(service(), waiting), HOST, wanted) is waiting
    serving = version(status={"replicas": 2, "readyReplicas": 1})
    assert on_its_way(mesh(service(), serving), HOST, wanted) is None


def test_a_version_that_wants_no_pods_or_tells_nothing_is_not_on_its_way():
    idle = version(spec={"replicas": 0}, status={"replicas": 0})
    for workload in (idle, version()):
        assert on_its_way(mesh(service(), workload), HOST, {"version": "v2"}) is None
    assert on_its_way(mesh(service(), version(status={"x": 1})), HOST, {"version": "v3"}) is None
