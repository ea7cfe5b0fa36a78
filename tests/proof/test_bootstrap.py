from pathlib import Path

from tests.proof.build import players
from why503.diagnosis.scenario import Topology
from why503.proof.bootstrap import bootstrap, namespace_of, node
from why503.proof.era import TODAY


def test_the_node_says_which_pod_it_is():
    cast = players()
    told = node(cast, cast.pods[0], TODAY)
    assert told["id"].startswith(f"sidecar~{cast.pods[0].ip}~{cast.pods[0].name}.{cast.namespace}~")
    assert told["metadata"]["ISTIO_VERSION"] == TODAY.version


def test_a_gateway_is_a_router_in_its_own_namespace():
    cast = players(topology=Topology.GATEWAY)
    assert node(cast, cast.caller, TODAY)["id"].startswith("router~")
    assert namespace_of(cast, cast.caller) == "istio-system"
    assert namespace_of(cast, cast.pods[0]) == cast.namespace


def test_by_default_a_proxy_counts_what_istios_count():
    cast = players()
    told = [
        bootstrap(cast, cast.caller, TODAY, Path("/xds"), all_stats=one)["stats_config"]
        for one in (False, True)
    ]
    assert ["stats_matcher" in one for one in told] == [True, False]
