import pytest

from tests.mesh.make import mesh_of
from why503.facts import AppEvent, AppEventKind, ProxyEvent, ProxyEventKind, Source
from why503.mesh.pod_name import is_pod_of
from why503.mesh.teller import pods_of, tellers_of

HOST = "orders.shop.svc.cluster.local"
SERVICE = """
    kind: Service
    metadata: {name: orders, namespace: shop}
    spec: {selector: {app: shop-orders}}
    ---
    kind: Deployment
    metadata: {name: shop-orders, namespace: shop}
    spec: {template: {metadata: {labels: {app: shop-orders}}}}
    """


def pod(name, labels="{}", namespace="shop"):
    return f"""---
    kind: Pod
    metadata: {{name: {name}, namespace: {namespace}, labels: {labels}}}
    """


def app(teller, kind=AppEventKind.LISTENING, program=""):
    return AppEvent(source=Source(path=teller), kind=kind, teller=teller, program=program)


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("orders", True),
        ("orders-7d9f8b6c5-x2k4p", True),
        ("orders-0", True),
        ("orders-x2k4p", True),
        ("orders-db-0", False),
        ("orders-redis-7d9f8b6c5-x2k4p", False),
        ("ordersx", False),
    ],
)
def test_a_pods_name_shows_its_workload(name, mine):
    assert is_pod_of(name, "orders") is mine


def test_pods_without_labels_belong_to_the_workload_they_are_named_after():
    text = SERVICE + pod("shop-orders-7d9f8b6c5-x2k4p") + pod("users-7d9f8b6c5-x2k4p")
    assert [p.name for p in pods_of(mesh_of(text), HOST)] == ["shop-orders-7d9f8b6c5-x2k4p"]


def test_labels_go_before_names_and_namespaces_matter():
    text = (
        SERVICE
        + pod("anything", "{app: shop-orders}")
        + pod("orders-0", "{app: other}")
        + pod("orders-1", namespace="test")
    )
    assert [p.name for p in pods_of(mesh_of(text), HOST)] == ["anything"]


def test_pods_by_name_count_in_any_part_of_a_tellers_path():
    mesh = mesh_of(SERVICE, app("logs/shop-orders-7d9f8b6c5-x2k4p"), app("users-0"))
    assert tellers_of(mesh, HOST) == {"logs/shop-orders-7d9f8b6c5-x2k4p"}


def test_the_only_log_that_is_no_callers_is_the_servers():
    mesh = mesh_of("", app("a"), app("b", AppEventKind.CALL_FAILED), app("c", program="vmalert"))
    assert tellers_of(mesh, HOST) == {"a"}


def test_two_unknown_logs_are_nobodys():
    told = ProxyEvent(source=Source(path="b"), kind=ProxyEventKind.SHUTDOWN, teller="b")
    assert tellers_of(mesh_of("", app("a"), told), HOST) == frozenset()


def test_without_a_host_every_pod_and_every_teller_counts():
    mesh = mesh_of(pod("x"), app("a"), app("b"))
    assert tellers_of(mesh, "") == {"a", "b"}
    assert len(pods_of(mesh, "")) == 1
