import json

from tests.evidence.any_json import assert_takes_any_json
from tests.evidence.fuzz import CONTEXT, assert_never_raises
from why503.evidence import clusters_json
from why503.facts import Counter, ProxyCluster, ProxyEndpoint

NAME = "outbound|80|v1|shelf.books.svc.cluster.local"


def host(port: int, **health):
    return {
        "address": {"socket_address": {"address": "10.1.0.4", "port_value": port}},
        "stats": [{"name": "cx_connect_fail", "value": "3"}, {"name": "rq_error"}],
        "health_status": {"eds_health_status": "HEALTHY", **health},
    }


PAGE = {
    "cluster_statuses": [
        {
            "name": NAME,
            "added_via_api": True,
            "host_statuses": [
                host(1),
                host(2, failed_outlier_check=True),
                host(3, failed_active_health_check=True),
                host(4, eds_health_status="DRAINING"),
            ],
        }
    ]
}


def facts(value, kind):
    reading = clusters_json.read(json.dumps(value, indent=1), CONTEXT)
    return [fact for fact in reading.facts if isinstance(fact, kind)]


def test_health_and_ejection_of_each_endpoint_are_told():
    assert clusters_json.bid(json.dumps(PAGE)) >= 0.9
    assert [(e.healthy, e.ejected) for e in facts(PAGE, ProxyEndpoint)] == [
        (True, False),
        (True, True),
        (False, False),
        (False, False),
    ]
    (cluster,) = facts(PAGE, ProxyCluster)
    assert (cluster.port, cluster.subset, cluster.direction) == (80, "v1", "outbound")
    assert cluster.source.line == 4


def test_the_endpoints_own_counters_carry_its_address():
    first, second = facts(PAGE, Counter)[:2]
    assert (first.name, first.value) == (f"cluster.{NAME}.cx_connect_fail", 3.0)
    assert first.labels == (("address", "10.1.0.4:1"),)
    assert second.value == 0.0


def test_the_list_of_istioctl_is_read():
    status = {"address": {"socketAddress": {"address": "10.1.0.4", "portValue": 1}}}
    value = [{"name": NAME, "addedViaApi": True, "hostStatuses": [status]}]
    assert clusters_json.bid(json.dumps(value, indent=4)) >= 0.9
    assert [endpoint.address for endpoint in facts(value, ProxyEndpoint)] == ["10.1.0.4:1"]


def test_takes_any_json():
    assert_takes_any_json(clusters_json, PAGE)


def test_never_raises():
    assert_never_raises(clusters_json, json.dumps(PAGE, indent=1))
