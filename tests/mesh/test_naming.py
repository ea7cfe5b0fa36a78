import dataclasses

import pytest

from tests.mesh.build import RESET, inbound, log, manifest, mesh, outbound, request
from why503.facts import ProxyInfo, Source, Witness
from why503.mesh import Mesh
from why503.mesh.naming import (
    caller_of,
    caller_pod,
    failing_namespace,
    namespace_of,
    object_name,
    rule_host,
    selecting_labels,
    server_pod,
    service_name,
    upstream_workload,
)
from why503.mesh.pod_naming import pod_at

UC = {"details": RESET + "{connection_termination}"}
LINE = log(outbound(503, "UC", downstream_remote="10.1.0.3:50000", **UC))


def pod(name: str, address: str, **labels: str) -> object:
    return manifest(
        "Pod", name, "shop", metadata={"labels": labels}, status={"podIPs": [{"ip": address}]}
    )


def test_names_come_from_the_pods_at_the_addresses_of_the_failures() -> None:
    found = mesh(LINE, pod("orders-1", "10.1.0.7"), pod("web-1", "10.1.0.3"))  # type: ignore[arg-type]
    (hop,) = found.hops
    assert (service_name(hop), namespace_of(hop, found)) == ("orders", "shop")
    assert (server_pod(hop, found), caller_pod(hop, found)) == ("orders-1", "web-1")
    assert caller_of(hop) == "caller"
    assert pod_at(found, "10.1.0.9") is None


def test_the_workload_stands_in_for_an_unknown_pod() -> None:
    made = manifest("StatefulSet", "orders", "shop")
    (hop,) = (found := mesh(LINE, made)).hops
    assert server_pod(hop, found) == upstream_workload(hop, found) == "sts/orders"
    (hop,) = (found := mesh(LINE)).hops
    assert upstream_workload(hop, found) == "deploy/orders"


def test_what_the_evidence_does_not_tell_stands_in_angle_brackets() -> None:
    nameless = inbound(503, "UC", authority="10.1.0.7:80", server_name="", **UC)
    found: Mesh = mesh(log(nameless))
    (hop,) = found.hops
    assert service_name(hop) == "<service>"
    assert namespace_of(hop, found) == "<namespace>"
    assert (caller_pod(hop, found), caller_of(hop)) == ("<client-pod>", "")


def test_the_service_object_names_the_namespace_of_a_short_host() -> None:
    told = outbound(503, "UC", upstream_cluster="", **UC)
    found = mesh(log(told), manifest("Service", "orders", "store"))
    assert namespace_of(found.hops[0], found) == "store"


def test_the_services_selector_names_the_pods_and_else_app_does() -> None:
    bare = mesh(LINE)
    service = manifest("Service", "orders", "shop", spec={"selector": {"tier": "orders"}})
    told = mesh(LINE, service)
    assert selecting_labels(bare.hops[0], bare) == {"app": "orders"}
    assert selecting_labels(told.hops[0], told) == {"tier": "orders"}


@pytest.mark.parametrize(
    ("host", "name", "rule"),
    [
        ("orders.shop", "orders", "orders.shop.svc.cluster.local"),
        ("stripe.com", "stripe.com", "stripe.com"),
        ("api.pay.example", "api.pay.example", "api.pay.example"),
        ("orders", "orders", "orders"),
    ],
)
def test_a_service_with_its_namespace_is_named_by_its_first_part(
    host: str, name: str, rule: str
) -> None:
    hop = dataclasses.replace(mesh(LINE).hops[0], host=host)
    assert (service_name(hop), rule_host(hop)) == (name, rule)


def test_a_caller_that_names_itself_is_named():
    info = ProxyInfo(source=Source(path="i.json"), teller="caller", pod="till-0")
    world = mesh(log(outbound(503, "UC"), teller="caller"), info)
    assert caller_pod(world.hops[0], world) == "till-0"


def test_the_servers_own_proxy_is_no_caller():
    info = ProxyInfo(source=Source(path="i.json"), teller="server", pod="orders-0", kind="sidecar")
    world = mesh(log(inbound(503, "UC"), teller="server"), info)
    assert caller_pod(world.hops[0], world) == "<client-pod>"
    assert server_pod(world.hops[0], world) == "orders-0"


def test_an_object_for_one_proxy_goes_where_that_proxy_is() -> None:
    front = manifest("Pod", "web-1", "front", status={"podIPs": [{"ip": "10.1.0.3"}]})
    (hop,) = (found := mesh(LINE, front)).hops
    assert failing_namespace(hop, found) == "front"
    (hop,) = (found := mesh(LINE)).hops
    assert failing_namespace(hop, found) == "<client-namespace>"
    (hop,) = (found := mesh(log(inbound(503, "UC", **UC)))).hops
    assert failing_namespace(hop, found) == "shop"


def test_a_gateway_of_unknown_namespace_is_no_client() -> None:
    at_gateway = outbound(429, "RL", downstream_local="10.1.0.9:8443", forwarded_for="192.0.2.7")
    (hop,) = (found := mesh(log(at_gateway))).hops
    assert failing_namespace(hop, found) == "<gateway-namespace>"


def test_no_object_is_named_after_an_address() -> None:
    lone = inbound(503, "UC", authority="10.1.0.7:80", server_name="", upstream_cluster="", **UC)
    (hop,) = (found := mesh(log(lone))).hops
    assert object_name(hop, found) == "<service>"
    (hop,) = (found := mesh(LINE)).hops
    assert object_name(hop, found) == "orders"


def test_a_file_named_as_nothing_in_kubernetes_can_be_names_no_caller() -> None:
    (hop,) = mesh(log(outbound(503, "UC", teller="all_lines", **UC), teller="all_lines")).hops
    assert caller_of(hop) == ""


def test_where_no_service_is_told_the_pods_own_name_gives_the_workload() -> None:
    pod = manifest("Pod", "oven-7c9d8f6b5d-q2w4z", "bakery")
    nameless = request(503, "UF", authority="", witness=Witness.CLIENT)
    (hop,) = (found := mesh(nameless, pod)).hops
    assert upstream_workload(hop, found) == "deploy/oven"
