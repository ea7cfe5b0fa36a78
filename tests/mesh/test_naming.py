from tests.mesh.build import RESET, inbound, log, manifest, mesh, outbound
from why503.mesh import Mesh
from why503.mesh.naming import (
    caller_of,
    caller_pod,
    namespace_of,
    pod_at,
    selecting_labels,
    server_pod,
    service_name,
    upstream_workload,
)

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
