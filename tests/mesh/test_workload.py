import pytest

from tests.mesh.build import HOST, RESET, inbound, log, manifest, mesh, outbound
from why503.facts import LoadedEndpoint, ProxyInfo, Source
from why503.mesh.workload import (
    containers_of,
    has_own_sidecar,
    has_sidecar,
    is_external,
    proxies_of,
    same_host,
    service_entries_of,
    service_of,
    workloads_of,
)

SERVICE = manifest("Service", "orders", "shop", spec={"selector": {"app": "orders"}})


def deployment(name: str = "o", namespace: str = "shop", **annotations: str) -> object:
    template = {
        "metadata": {"labels": {"app": "orders"}, "annotations": annotations},
        "spec": {"containers": [{"name": "app"}]},
    }
    return manifest("Deployment", name, namespace, spec={"template": template})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("orders", HOST, True), ("orders.shop", HOST, True), ("orders.bar", HOST, False),
     ("Orders", "orders", True), ("api.example.com", "api", False), ("", "", False)],
)  # fmt: skip
def test_two_spellings_can_mean_one_service(one: str, other: str, same: bool) -> None:
    assert same_host(one, other) is same


def test_a_service_selects_its_workloads_by_labels() -> None:
    found = mesh(SERVICE, deployment(), deployment("p", "bar"))  # type: ignore[arg-type]
    assert service_of(found, HOST) is SERVICE
    (workload,) = workloads_of(found, HOST)
    assert [(path[-2:], box["name"]) for path, box in containers_of(workload)] == [
        (("containers", 0), "app")
    ]


def test_without_a_service_a_workload_is_found_by_its_name() -> None:
    found = mesh(deployment("orders-v2"), deployment("web"))  # type: ignore[arg-type]
    assert [workload.name for workload in workloads_of(found, HOST)] == ["orders-v2"]


def test_a_sidecar_is_told_by_annotation_namespace_or_its_own_log() -> None:
    off = deployment(**{"sidecar.istio.io/inject": "false"})
    assert has_sidecar(mesh(SERVICE, off), HOST) is False  # type: ignore[arg-type]
    space = manifest("Namespace", "shop", metadata={"labels": {"istio-injection": "enabled"}})
    assert has_sidecar(mesh(SERVICE, deployment(), space), HOST) is True  # type: ignore[arg-type]
    assert has_sidecar(mesh(SERVICE, deployment()), HOST) is None  # type: ignore[arg-type]
    told = inbound(503, "UC", details=RESET + "{connection_termination}")
    assert has_sidecar(mesh(log(told)), HOST) is True
    assert has_sidecar(mesh(), HOST) is None


def test_a_service_entry_says_whether_its_host_is_outside() -> None:
    inside = manifest("ServiceEntry", spec={"hosts": ["*.a.com"], "location": "MESH_INTERNAL"})
    found = mesh(inside)
    assert service_entries_of(found, "x.a.com") == (inside,)
    assert not is_external(found, "x.a.com")
    cluster = outbound(upstream_cluster="outbound|443||x.b.com")
    assert is_external(found, "x.b.com", cluster)
    assert not is_external(found, HOST, outbound())


def told(pod="", namespace="shop", teller="beside", **fields):
    fields = {"kind": "sidecar", **fields}
    return ProxyInfo(
        source=Source(path="i.json"), teller=teller, pod=pod, namespace=namespace, **fields
    )


@pytest.mark.parametrize(
    ("info", "beside"),
    [
        (told("orders-7d9f8b6c5-x2k4p"), True),
        (told("orders-0", labels={"app": "orders"}), True),
        (told("orders-0", labels={"app": "other"}), False),
        (told("whatever", labels={"app": "orders"}), True),
        (told("orders-0", namespace="elsewhere"), False),
        (told("users-0"), False),
        (told("users-0", addresses=("10.1.0.7",)), True),
        (told("orders-0", kind="router"), False),
    ],
)
def test_a_sidecar_says_beside_which_pods_it_stands(info, beside):
    endpoint = LoadedEndpoint(
        source=Source(path="d.json"),
        teller="caller",
        cluster=f"outbound|80||{HOST}",
        address="10.1.0.7:8080",
    )
    world = mesh(SERVICE, info, endpoint)
    assert proxies_of(world, HOST) == ((info,) if beside else ())
    assert (has_sidecar(world, HOST) is True) is beside


def test_one_workload_tells_of_its_sidecar_by_itself_or_by_its_namespace():
    labels = {"istio-injection": "enabled"}
    space = manifest("Namespace", "shop", metadata={"name": "shop", "labels": labels})
    plain = manifest("Namespace", "shop", metadata={"name": "shop"})
    refused = deployment(**{"sidecar.istio.io/inject": "false"})
    assert has_own_sidecar(mesh(), deployment()) is None
    assert has_own_sidecar(mesh(space), deployment()) is True
    assert has_own_sidecar(mesh(plain), deployment()) is False
    assert has_own_sidecar(mesh(space), refused) is False
