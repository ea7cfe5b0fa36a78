import json

import pytest
import yaml

from tests.mesh.build import inbound, log
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.proposal import pool_setting, retry_on_503, shorter_than

HOST = "orders.shop.svc.cluster.local"
PROBES = (("tcp", "tcpKeepalive", "time", "120s"), ("tcp", "tcpKeepalive", "interval", "30s"))


def given(text=""):
    mesh = mesh_of(text, log(inbound(503, "UC")))
    return mesh.hops[0], mesh


def test_a_host_without_a_rule_gets_a_whole_one():
    (patch,), commands, undo = pool_setting(*given(), PROBES)
    rule = yaml.safe_load(patch.yaml)
    assert rule["spec"]["host"] == HOST
    probes = rule["spec"]["trafficPolicy"]["connectionPool"]["tcp"]["tcpKeepalive"]
    assert probes == {"time": "120s", "interval": "30s"}
    assert commands == ()
    assert undo == "kubectl -n shop delete destinationrule orders"


def test_a_rule_that_exists_is_merged_into():
    text = obj("DestinationRule", "mine", f"{{host: {HOST}}}")
    patches, (command,), undo = pool_setting(*given(text), PROBES)
    assert patches == ()
    assert command.startswith("kubectl -n shop patch destinationrule mine --type merge -p '")
    pool = json.loads(command.split("'")[1])["spec"]["trafficPolicy"]["connectionPool"]
    assert pool == {"tcp": {"tcpKeepalive": {"time": "120s", "interval": "30s"}}}
    assert undo == "kubectl -n shop edit destinationrule mine"


def test_numbers_stay_numbers():
    settings = (("http", "maxRequestsPerConnection", "80"),)
    (patch,), _, _ = pool_setting(*given(), settings)
    pool = yaml.safe_load(patch.yaml)["spec"]["trafficPolicy"]["connectionPool"]
    assert pool == {"http": {"maxRequestsPerConnection": 80}}


def test_the_retry_names_503_which_is_what_comes_from_behind_a_sidecar():
    (patch,) = retry_on_503(*given()).patches
    route = yaml.safe_load(patch.yaml)
    assert route["spec"]["hosts"] == [HOST]
    assert "503" in route["spec"]["http"][0]["retries"]["retryOn"].split(",")


@pytest.mark.parametrize(("idle", "ours"), [(60.0, 50.0), (5.0, 4.0), (2.0, 1.0), (0.5, 0.25)])
def test_the_proxys_idle_timeout_is_safely_below_the_servers(idle, ours):
    assert shorter_than(idle) == ours
