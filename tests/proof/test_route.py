from tests.proof.build import players
from why503.diagnosis.scenario import Topology
from why503.proof.era import BEFORE, TODAY
from why503.proof.route import inbound_routes, outbound_name, outbound_routes


def default(told):
    return told["virtual_hosts"][0]["routes"][-1]


def test_the_retries_are_those_of_the_era():
    cast = players()
    before, today = (default(outbound_routes(cast, era, {})) for era in (BEFORE, TODAY))
    assert before["route"]["retry_policy"]["retriable_status_codes"] == [503]
    policy = today["route"]["retry_policy"]
    assert "retriable_status_codes" not in policy
    assert "reset-before-request" not in policy["retry_on"]
    served = default(inbound_routes(cast, TODAY, {}))["route"]["retry_policy"]
    assert served["retry_on"] == "reset-before-request"
    assert "retry_policy" not in default(inbound_routes(cast, BEFORE, {}))["route"]


def test_added_routes_stand_before_the_default_one():
    over = {"routes": ({"name": "mine"},), "route": {"route": {"timeout": "1s"}}}
    routes = outbound_routes(players(), TODAY, over)["virtual_hosts"][0]["routes"]
    assert [one["name"] for one in routes] == ["mine", "default"]
    assert routes[1]["route"]["timeout"] == "1s"


def test_a_gateway_knows_the_public_name_only():
    cast = players(topology=Topology.GATEWAY)
    (host,) = outbound_routes(cast, TODAY, {})["virtual_hosts"]
    assert host["domains"] == [cast.public_host]
    assert outbound_name(cast) == "http.8080"


def test_a_sidecar_lets_unknown_hosts_pass():
    assert outbound_routes(players(), TODAY, {})["virtual_hosts"][-1]["name"] == "allow_any"
