import pytest

from why503.evidence.kubectl_row import kind_by_titles, kind_named, object_of


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("po", "Pod"),
        ("pods", "Pod"),
        ("svc", "Service"),
        ("virtualservices.networking.istio.io", "VirtualService"),
        ("networkpolicies", "NetworkPolicy"),
        ("endpointslices", "EndpointSlice"),
        ("ep", "Endpoints"),
        ("deployment/web", "Deployment"),
        ("nonsense", ""),
    ],
)
def test_kinds_are_known_by_all_their_names(word, kind):
    assert kind_named(word) == kind


def test_titles_tell_the_kind():
    assert kind_by_titles(frozenset({"NAME", "ENDPOINTS", "AGE"})) == "Endpoints"
    assert kind_by_titles(frozenset({"NAME", "AGE"})) == ""


def test_a_crashing_pod_tells_reason_restarts_and_readiness():
    row = {"NAME": "web-0", "READY": "1/2", "STATUS": "CrashLoopBackOff", "RESTARTS": "7 (2m ago)"}
    status = object_of("Pod", row, "shop")["status"]
    assert status["reason"] == "CrashLoopBackOff"
    first, second = status["containerStatuses"]
    assert (first["ready"], second["ready"], second["restartCount"]) == (True, False, 7)
    assert second["state"] == {"waiting": {"reason": "CrashLoopBackOff"}}
    assert status["conditions"] == [{"type": "Ready", "status": "False"}]


def test_a_terminating_pod_is_marked_for_deletion_and_a_running_one_is_not():
    leaving = object_of("Pod", {"NAME": "a", "READY": "1/1", "STATUS": "Terminating"}, "")
    staying = object_of("Pod", {"NAME": "a", "READY": "1/1", "STATUS": "Running"}, "")
    assert leaving["metadata"]["deletionTimestamp"] == ""
    assert "deletionTimestamp" not in staying["metadata"]
    assert "reason" not in staying["status"]


def test_endpoints_are_grouped_by_port_and_none_is_empty():
    row = {"NAME": "web", "ENDPOINTS": "10.0.0.1:80,10.0.0.2:80,10.0.0.1:9 + 2 more..."}
    subsets = object_of("Endpoints", row, "")["subsets"]
    assert subsets[0] == {
        "addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
        "ports": [{"port": 80}],
    }
    assert subsets[1]["ports"] == [{"port": 9}]
    assert object_of("Endpoints", {"NAME": "web", "ENDPOINTS": "<none>"}, "")["subsets"] == []


def test_other_kinds_have_the_paths_of_the_real_object():
    budget = {
        "NAME": "b",
        "MIN AVAILABLE": "50%",
        "MAX UNAVAILABLE": "N/A",
        "ALLOWED DISRUPTIONS": "0",
    }
    found = object_of("PodDisruptionBudget", budget, "")
    assert found["spec"] == {"minAvailable": "50%"}
    assert found["status"] == {"disruptionsAllowed": 0}
    deployment = object_of("Deployment", {"NAME": "d", "READY": "0/3", "AVAILABLE": "0"}, "")
    assert deployment["spec"] == {"replicas": 3}
    assert deployment["status"] == {"readyReplicas": 0, "availableReplicas": 0}
    piece = {"NAME": "s", "ADDRESSTYPE": "IPv4", "PORTS": "80,81", "ENDPOINTS": "10.0.0.1"}
    slices = object_of("EndpointSlice", piece, "")
    assert slices["endpoints"] == [{"addresses": ["10.0.0.1"]}]
    assert slices["ports"] == [{"port": 80}, {"port": 81}]
