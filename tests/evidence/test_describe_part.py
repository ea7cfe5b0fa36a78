# ruff: noqa: E501 - rows of tables are kept whole

from why503.evidence.describe_entry import entries_of
from why503.evidence.describe_page import objects_of

NODE = """\
Name:               n1
Taints:             pool=web:NoSchedule
                    node.kubernetes.io/memory-pressure:NoSchedule
Unschedulable:      true
Conditions:
  Type             Status  LastHeartbeatTime                 LastTransitionTime                Reason                       Message
  ----             ------  -----------------                 ------------------                ------                       -------
  MemoryPressure   True    Tue, 06 Jan 2026 10:00:00 +0000   Tue, 06 Jan 2026 09:00:00 +0000   KubeletHasInsufficientMemory kubelet has insufficient memory available
  Ready            True    Tue, 06 Jan 2026 10:00:00 +0000   Tue, 06 Jan 2026 09:00:00 +0000   KubeletReady                 kubelet is posting ready status
Addresses:
  InternalIP:  10.0.0.7
  Hostname:    n1
Capacity:
  cpu:  4
"""
SCALER = """\
Name:          desk
Namespace:     books
Reference:     Deployment/desk
Metrics:                                               ( current / target )
  resource cpu on pods  (as a percentage of request):  188% (940m) / 80%
Min replicas:                                          2
Max replicas:                                          5
Deployment pods:                                       5 current / 5 desired
Conditions:
  Type            Status  Reason            Message
  ----            ------  ------            -------
  ScalingLimited  True    TooManyReplicas   the desired count is more than the maximum
"""
SLICE = """\
Name:         desk-x7k2p
Namespace:    books
Labels:       kubernetes.io/service-name=desk
AddressType:  IPv4
Ports:
  Name     Port  Protocol
  ----     ----  --------
  http     7001  TCP
Endpoints:
  - Addresses:  10.1.0.4
    Conditions:
      Ready:    true
    TargetRef:  Pod/desk-0
    NodeName:   n1
  - Addresses:  10.1.0.5
    Conditions:
      Ready:    false
"""


def page(text):
    rows = list(enumerate(text.rstrip("\n").split("\n"), 1))
    return next(iter(objects_of(entries_of(rows), "")))[0]


def test_a_node_tells_its_conditions_taints_and_whether_it_is_cordoned():
    data = page(NODE)
    assert data["kind"] == "Node"
    pressure, ready = data["status"]["conditions"]
    assert (pressure["type"], pressure["status"]) == ("MemoryPressure", "True")
    assert (ready["reason"], ready["message"]) == (
        "KubeletReady",
        "kubelet is posting ready status",
    )
    assert data["spec"]["unschedulable"] is True
    assert data["spec"]["taints"] == [
        {"key": "pool", "value": "web", "effect": "NoSchedule"},
        {"key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"},
    ]
    assert data["status"]["addresses"][0] == {"type": "InternalIP", "address": "10.0.0.7"}


def test_an_autoscaler_tells_its_limits_and_that_it_reached_them():
    data = page(SCALER)
    assert data["kind"] == "HorizontalPodAutoscaler"
    assert data["spec"]["scaleTargetRef"] == {"kind": "Deployment", "name": "desk"}
    assert (data["spec"]["minReplicas"], data["spec"]["maxReplicas"]) == (2, 5)
    assert data["status"]["desiredReplicas"] == 5
    assert data["status"]["currentCPUUtilizationPercentage"] == 188
    assert data["status"]["conditions"][0]["reason"] == "TooManyReplicas"


def test_an_endpoint_slice_tells_who_is_ready():
    data = page(SLICE)
    assert data["kind"] == "EndpointSlice"
    assert data["metadata"]["labels"] == {"kubernetes.io/service-name": "desk"}
    assert data["ports"] == [{"name": "http", "port": 7001}]
    first, second = data["endpoints"]
    assert first == {
        "addresses": ["10.1.0.4"],
        "conditions": {"ready": True},
        "targetRef": {"kind": "Pod", "name": "desk-0"},
        "nodeName": "n1",
    }
    assert second["conditions"] == {"ready": False}
