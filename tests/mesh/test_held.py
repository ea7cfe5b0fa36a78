from tests.mesh.build import mesh
from why503.facts import (
    LoadedCluster,
    LoadedEndpoint,
    ProxyCluster,
    ProxyEndpoint,
    ProxyEvent,
    ProxyEventKind,
    Source,
)
from why503.mesh.held import held_clusters, held_endpoints, shown_empty

NAME = "outbound|80||shelf.books.svc.cluster.local"
DUMP, TABLE = Source(path="dump.json", line=3), Source(path="clusters.txt", line=8)


def loaded(name=NAME, teller="desk", **fields):
    return LoadedCluster(source=DUMP, teller=teller, name=name, **fields)


def listed(address="10.2.0.4:80", health="HEALTHY", teller="desk", cluster=NAME):
    return LoadedEndpoint(
        source=DUMP, teller=teller, cluster=cluster, address=address, health=health
    )


def row(address="10.2.0.4:80", **fields):
    told = {"healthy": True, "teller": "desk", "cluster": NAME, **fields}
    return ProxyEndpoint(source=TABLE, address=address, **told)


def test_a_cluster_of_a_dump_is_held_as_one_of_a_table_is():
    (found,) = held_clusters(mesh(loaded(type="EDS")))
    assert (found.host, found.port, found.direction, found.type) == (
        "shelf.books.svc.cluster.local",
        80,
        "outbound",
        "EDS",
    )


def test_a_cluster_that_both_show_is_held_once_with_its_type():
    table = ProxyCluster(
        source=TABLE,
        teller="desk",
        host="shelf.books.svc.cluster.local",
        port=80,
        subset="",
        direction="outbound",
        type="",
    )
    (found,) = held_clusters(mesh(table, loaded(type="STRICT_DNS")))
    assert found.type == "STRICT_DNS"


def test_a_warming_cluster_is_not_held_yet():
    assert held_clusters(mesh(loaded(state="warming"))) == ()


def test_a_cluster_without_istios_name_keeps_its_own():
    (found,) = held_clusters(mesh(loaded("BlackHoleCluster")))
    assert (found.host, found.port, found.direction) == ("BlackHoleCluster", None, "")


def test_what_clusters_says_of_an_endpoint_goes_before_the_dump():
    found = held_endpoints(mesh(listed(), listed("10.2.0.5:80"), row(ejected=True)))
    assert [(e.address, e.ejected) for e in found] == [
        ("10.2.0.4:80", True),
        ("10.2.0.5:80", False),
    ]


def test_an_endpoint_of_another_proxy_is_another_endpoint():
    assert len(held_endpoints(mesh(listed(teller="lamp"), row()))) == 2


def test_unhealthy_and_draining_endpoints_are_not_healthy():
    states = ("HEALTHY", "UNKNOWN", "DEGRADED", "UNHEALTHY", "DRAINING", "TIMEOUT")
    facts = [listed(f"10.2.0.{n}:80", state) for n, state in enumerate(states)]
    assert [e.healthy for e in held_endpoints(mesh(*facts))] == [True] * 3 + [False] * 3


def test_workloads_of_ztunnel_are_no_endpoints_of_a_cluster():
    assert held_endpoints(mesh(listed(cluster=""))) == ()


def test_a_table_without_rows_counts_only_where_no_endpoint_is_shown():
    bare = ProxyEvent(source=TABLE, kind=ProxyEventKind.TABLE_EMPTY)
    assert shown_empty(mesh(bare)) == (bare,)
    assert shown_empty(mesh(bare, row())) == ()
    assert shown_empty(mesh()) == ()
