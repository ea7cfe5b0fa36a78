import pytest

from tests.mesh.build import mesh
from why503.facts import LoadedCluster, LoadedRoute, RejectedConfig, Source
from why503.mesh import loaded

HOST = "shelf.books.svc.cluster.local"
NAME = f"outbound|80||{HOST}"


def cluster(name=NAME, teller="desk", **fields):
    return LoadedCluster(source=Source(path="d.json", line=9), teller=teller, name=name, **fields)


def route(**fields):
    return LoadedRoute(
        source=Source(path="d.json", line=5),
        teller="desk",
        config="80",
        virtual_host="shelf",
        domains=("*",),
        **fields,
    )


@pytest.mark.parametrize(
    ("name", "port", "direction", "expected"),
    [
        (NAME, 80, "outbound", True),
        (NAME, None, "", True),
        (NAME, 81, "outbound", False),
        (NAME, 80, "inbound", False),
        ("inbound|80||", 80, "inbound", True),
        ("inbound|80||", 80, "outbound", False),
        ("outbound|80||other.books.svc.cluster.local", 80, "outbound", False),
        (HOST, 80, "outbound", True),
        ("PassthroughCluster", 80, "outbound", False),
    ],
)
def test_a_cluster_leads_to_its_host(name, port, direction, expected):
    assert loaded.is_cluster_of(name, HOST, port, direction) is expected


def test_the_whole_service_goes_before_its_subsets_and_warming_clusters():
    subset = cluster(f"outbound|80|v1|{HOST}")
    found = loaded.loaded_clusters(mesh(cluster(state="warming"), subset, cluster()), "shelf.books")
    assert [(c.name, c.state) for c in found] == [
        (NAME, "active"),
        (subset.name, "active"),
        (NAME, "warming"),
    ]


def test_a_route_leads_to_every_host_that_it_forwards_to():
    answering, forwarding = route(direct_response=404), route(weighted=((NAME, 9),))
    other = route(cluster="outbound|80||other.books.svc.cluster.local")
    assert loaded.loaded_routes(mesh(answering, other, forwarding), HOST) == (forwarding,)


def test_the_latest_refusal_comes_first():
    old, new = (
        RejectedConfig(
            source=Source(path="d.json"),
            teller="desk",
            kind="listener",
            resource="in",
            details=str(time),
            time=time,
        )
        for time in (1.0, 2.0)
    )
    assert loaded.rejected(mesh(old, new)) == (new, old)
