from tests.mesh.build import manifest, mesh
from why503.facts import ProxyCluster, Source
from why503.mesh.listener_cluster import stray_listeners

HOST = "stock.depot.svc.cluster.local"


def cluster(host, port=6500, subset="-"):
    return ProxyCluster(
        source=Source(path="t.txt", line=2),
        teller="t",
        host=host,
        port=port,
        subset=subset,
        direction="outbound" if port else "",
        type="EDS",
    )


def listener(host, port=6500):
    return manifest(
        "ProxyListener",
        "",
        "",
        address="0.0.0.0",
        port=port,
        destination=f"Cluster: outbound|{port}||{host}",
    )


def test_a_listener_with_its_cluster_is_none():
    assert stray_listeners(mesh(listener(HOST), cluster(HOST), cluster("other"))) == ()


def test_a_table_cut_to_another_port_shows_nothing():
    assert stray_listeners(mesh(listener(HOST), cluster("other", port=80))) == ()


def test_a_listener_without_its_cluster_is_told_and_whether_the_table_is_whole():
    (cut,) = stray_listeners(mesh(listener(HOST), cluster("other")))
    assert (cut.cluster, cut.alias, cut.complete) == (f"outbound|6500||{HOST}", "", False)
    (whole,) = stray_listeners(
        mesh(listener(HOST), cluster("other", port=80), cluster("BlackHoleCluster", port=None))
    )
    assert whole.complete


def test_the_alias_whose_target_it_names_is_told():
    spec = {"type": "ExternalName", "externalName": "ledger.example.net"}
    service = manifest("Service", "ledger", "bank", spec=spec)
    (found,) = stray_listeners(mesh(listener("ledger.example.net"), cluster("own"), service))
    assert "ledger" in found.alias
