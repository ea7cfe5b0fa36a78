from pathlib import Path

from tests.proof.build import players
from why503.diagnosis.scenario import Inbound, Topology
from why503.proof.listener import Files, inbound_listeners, outbound_listeners
from why503.proof.log_format import LogFormat

FILES = Files(Path("/pod"), LogFormat.TEXT)


def chains(mode):
    cast = players()
    told = inbound_listeners(cast, cast.pods[0].ip, FILES, {}, {}, mode)[0]
    return [one["filter_chain_match"]["transport_protocol"] for one in told["filter_chains"]]


def test_the_modes_have_the_chains_of_istio():
    assert chains(Inbound.STRICT) == ["tls"]
    assert chains(Inbound.PERMISSIVE) == ["tls", "raw_buffer"]
    assert chains(Inbound.DISABLE) == ["raw_buffer"]


def test_the_caller_is_served_at_the_services_address():
    cast = players()
    first, second = outbound_listeners(cast, FILES, "r", {})
    assert first["address"]["socket_address"]["address"] == cast.service_ip
    assert (first["name"], second["name"]) == (f"0.0.0.0_{cast.port}", "virtualOutbound")


def test_a_gateway_listens_at_its_own_address():
    cast = players(topology=Topology.GATEWAY)
    (only,) = outbound_listeners(cast, FILES, "r", {})
    assert only["address"]["socket_address"] == {"address": cast.caller.ip, "port_value": 8080}


def test_filters_stand_before_the_router_and_the_manager_takes_the_overlay():
    over = {"http_filters": [{"name": "mine"}], "hcm": {"stream_idle_timeout": "1s"}}
    (filter_,) = outbound_listeners(players(), FILES, "r", over)[0]["filter_chains"][0]["filters"]
    manager = filter_["typed_config"]
    assert [one["name"] for one in manager["http_filters"]][-2:] == [
        "mine",
        "envoy.filters.http.router",
    ]
    assert manager["stream_idle_timeout"] == "1s"


def test_refused_connections_are_logged_too():
    assert FILES.entries(only_unrouted=True)[0]["filter"] == {
        "response_flag_filter": {"flags": ["NR"]}
    }
    assert "filter" not in FILES.entries()[0]
