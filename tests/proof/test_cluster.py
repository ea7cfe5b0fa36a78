from pathlib import Path

from tests.proof.build import players
from why503.diagnosis.scenario import Server, Topology, Upstream
from why503.proof import cluster

XDS = Path("/xds")


def test_the_callers_cluster_is_named_as_istio_names_it():
    cast = players()
    told = cluster.outbound(cast, XDS, {}, Upstream.AUTO)
    assert told["name"] == f"outbound|{cast.port}||{cast.host}"
    assert [one["name"] for one in told["transport_socket_matches"]] == [
        "tlsMode-istio",
        "tlsMode-disabled",
    ]


def test_tls_is_as_the_scenario_says():
    cast = players()
    always, never = (
        cluster.outbound(cast, XDS, {}, one) for one in (Upstream.ALWAYS, Upstream.NEVER)
    )
    assert always["transport_socket"]["name"] == "envoy.transport_sockets.tls"
    assert not {"transport_socket", "transport_socket_matches"} & set(never)


def test_the_overlay_reaches_the_cluster():
    told = cluster.outbound(players(), XDS, {"cluster": {"connect_timeout": "1s"}}, Upstream.AUTO)
    assert told["connect_timeout"] == "1s"


def test_an_external_service_has_fixed_addresses():
    cast = players(topology=Topology.EXTERNAL)
    told = cluster.outbound(cast, XDS, {}, Upstream.AUTO)
    assert told["type"] == "STATIC"
    assert "eds_cluster_config" not in told


def test_the_server_dials_its_own_application():
    cast = players()
    told = cluster.inbound(cast, "127.9.9.9", {})
    assert told["name"] == cast.inbound
    assert "127.9.9.9" in str(told["load_assignment"])


def test_endpoints_are_all_pods_or_what_the_overlay_says():
    cast = players(servers=(Server(), Server()))
    assert len(cluster.addresses(cast, {})) == 2
    assert cluster.addresses(cast, {"endpoints": ()}) == []
    told = cluster.assignment(cast, ["1.2.3.4:5"], kind=True)
    (endpoint,) = told["endpoints"][0]["lb_endpoints"]
    assert endpoint["metadata"]["filter_metadata"]["envoy.transport_socket_match"] == {
        "tlsMode": "istio"
    }


def test_an_added_cluster_is_a_copy_or_stands_for_itself():
    over = {"clusters": ({"name": "subset"}, {"name": "own", "type": "STATIC"})}
    copy, own = cluster.added(players(), XDS, over, Upstream.AUTO)
    assert (copy["name"], copy["type"]) == ("subset", "EDS")
    assert set(own) == {"@type", "name", "type"}


def test_there_are_places_for_all_other_traffic():
    names = [one["name"] for one in cluster.ends("127.1.1.1")]
    assert names == ["BlackHoleCluster", "PassthroughCluster"]
    assert cluster.tcp_proxy("PassthroughCluster", [])["typed_config"]["cluster"] == names[1]


def test_a_cluster_beside_the_servers_own_carries_its_type():
    (told,) = cluster.beside({"clusters": ({"name": "own", "type": "STATIC"},)})
    assert told["@type"].endswith(".Cluster")
    assert cluster.beside({}) == []
