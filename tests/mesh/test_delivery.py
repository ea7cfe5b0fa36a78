import pytest

from tests.mesh.build import HOST, OUTBOUND, START, manifest, mesh
from why503.facts import (
    DnsAnswer,
    Manifest,
    ProxyCluster,
    ProxyEndpoint,
    ProxyEvent,
    ProxyEventKind,
    Source,
)
from why503.mesh.delivery import (
    broken_streams,
    empty_list,
    held_but_gone,
    last_update,
    pushed_without_endpoints,
    true_addresses,
)


def held(address, cluster=OUTBOUND):
    return ProxyEndpoint(
        source=Source(path="clusters.txt", line=1),
        teller="caller",
        cluster=cluster,
        address=address,
        healthy=True,
    )


def slice_of(*addresses):
    return manifest(
        "EndpointSlice",
        "orders-abcde",
        "shop",
        metadata={"labels": {"kubernetes.io/service-name": "orders"}},
        endpoints=[{"addresses": [address]} for address in addresses],
    )


def row_of(*addresses):
    subsets = [{"addresses": [{"ip": address} for address in addresses]}]
    return Manifest(
        source=Source(path="get.txt", line=2),
        kind="Endpoints",
        name="orders",
        namespace="shop",
        data={"subsets": subsets},
        partial=True,
    )


def event(kind, text, line=1, node=""):
    return ProxyEvent(
        source=Source(path="log", line=line),
        kind=kind,
        teller="p",
        time=START + line,
        connection=node,
        text=text,
    )


def truth(*facts, dialled=("10.1.0.7",)):
    return true_addresses(mesh(*facts), HOST, dialled, [])


def test_the_endpoint_list_is_the_truth():
    found = truth(slice_of("10.1.0.8"))
    assert found is not None
    assert found.addresses == {"10.1.0.8"}


def test_an_empty_list_is_not_compared():
    assert truth(slice_of()) is None


def test_a_table_row_counts_while_it_is_surely_whole():
    assert truth(row_of("10.1.0.8", "10.1.0.9")) is not None
    assert truth(row_of("10.1.0.8", "10.1.0.9", "10.1.0.10")) is None


def test_dns_counts_only_where_it_tells_pods_and_not_the_service():
    def answer(address):
        return DnsAnswer(source=Source(path="dig.txt", line=1), name=f"{HOST}.", address=address)

    assert truth(answer("10.96.0.1")) is None
    found = truth(answer("10.1.0.7"), answer("10.1.0.8"))
    assert found is not None
    assert found.addresses == {"10.1.0.7", "10.1.0.8"}


def test_pods_count_where_all_tell_their_address_and_none_is_leaving():
    def pod(name, address, **metadata):
        labels = {"labels": {"app": "orders"}, **metadata}
        return manifest("Pod", name, "shop", metadata=labels, status={"podIP": address})

    one = pod("orders-5d4f7b9c8-abcde", "10.1.0.8")
    assert truth(one) is not None
    assert truth(one, pod("orders-5d4f7b9c8-fghij", None)) is None
    leaving = pod("orders-5d4f7b9c8-fghij", "10.1.0.7", deletionTimestamp="2026-01-01T00:00:00Z")
    assert truth(one, leaving) is None


def test_what_the_proxy_holds_too_much_is_found():
    found = truth(slice_of("10.1.0.8"))
    assert found is not None
    gone = held_but_gone([held("10.1.0.7:8080"), held("10.1.0.8:8080")], found)
    assert [endpoint.address for endpoint in gone] == ["10.1.0.7:8080"]


def test_gateways_to_other_networks_and_other_ip_families_are_not_held_against_a_proxy():
    found = truth(slice_of("10.1.0.8"))
    assert found is not None
    assert found.misses(["10.9.9.9:15443", "[fd00::1]:80", "envoy://connect_originate/x"]) == []
    assert found.misses(["10.9.9.9:80", "10.1.0.8:80"]) == ["10.9.9.9"]


def test_an_empty_list_needs_a_list_of_that_proxy():
    cluster = ProxyCluster(
        source=Source(path="clusters.txt", line=9),
        teller="caller",
        host=HOST,
        port=8080,
        subset="",
        direction="outbound",
        type="",
    )
    other = held("10.1.0.5:80", "outbound|80||web.shop.svc.cluster.local")
    assert empty_list(mesh(cluster), HOST) is None
    assert empty_list(mesh(cluster, other), HOST) == cluster.source


@pytest.mark.parametrize(
    ("kind", "text", "broken"),
    [
        ("XDS_THROTTLED", "request rate limit exceeded", True),
        ("XDS_DISCONNECTED", "gRPC config stream to xds-grpc closed: 14, connect error", True),
        ("XDS_DISCONNECTED", "gRPC config stream closed: 13,", False),
        ("XDS_DISCONNECTED", "gRPC config stream closed: 0,", False),
        ("XDS_DISCONNECTED", "initial fetch timed out for type.googleapis.com/x.Runtime", False),
        ("XDS_DISCONNECTED", "initial fetch timed out for type.googleapis.com/x.Cluster", True),
        ("CLUSTER_UPDATE", "cds: add 1 cluster(s), remove 0 cluster(s)", False),
    ],
)
def test_only_real_breaks_of_the_stream_count(kind, text, broken):
    assert bool(broken_streams(mesh(event(ProxyEventKind[kind], text)))) is broken


def pushes(*kinds, node="gw"):
    return mesh(
        *(
            event(ProxyEventKind.XDS_PUSH, kind, line=line, node=node)
            for line, kind in enumerate(kinds, 1)
        )
    )


def test_a_push_of_clusters_without_endpoints_is_found():
    assert pushed_without_endpoints(pushes("CDS", "LDS", "RDS")) is not None


def test_endpoints_behind_the_clusters_and_a_log_that_ends_there_tell_nothing():
    assert pushed_without_endpoints(pushes("CDS", "EDS", "LDS", "RDS")) is None
    assert pushed_without_endpoints(pushes("CDS")) is None


def test_only_a_last_line_is_a_last_update():
    update = event(ProxyEventKind.CLUSTER_UPDATE, "cds: add 1 cluster(s)", line=1)
    later = event(ProxyEventKind.SHUTDOWN, "caught SIGTERM", line=2)
    assert last_update(mesh(update)) == update
    assert last_update(mesh(update, later)) is None
