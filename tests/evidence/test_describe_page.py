from why503.evidence.describe_entry import entries_of
from why503.evidence.describe_page import objects_of


def objects(text, kind=""):
    rows = list(enumerate(text.strip("\n").split("\n"), 1))
    return [data for data, _line in objects_of(entries_of(rows), kind)]


def test_a_service_page_tells_ports_targets_and_selector():
    found, _endpoints = objects("""
Name:              web
Namespace:         shop
Selector:          app=web,tier=front
Type:              ClusterIP
IP:                10.0.0.9
Port:              http  80/TCP
TargetPort:        8080/TCP
Port:              <unset>  81/TCP
TargetPort:        metrics/TCP
Endpoints:         <none>
Session Affinity:  None
""")
    assert found["kind"] == "Service"
    assert found["spec"]["selector"] == {"app": "web", "tier": "front"}
    first, second = found["spec"]["ports"]
    assert first == {"port": 80, "protocol": "TCP", "name": "http", "targetPort": 8080}
    assert second == {"port": 81, "protocol": "TCP", "targetPort": "metrics"}


def test_a_service_page_without_endpoints_tells_that_there_are_none():
    _service, endpoints = objects("""
Name:              web
Namespace:         shop
Labels:            app=web
Port:              http  80/TCP
Endpoints:         <none>
Session Affinity:  None
""")
    assert endpoints == {
        "kind": "Endpoints",
        "metadata": {"name": "web", "namespace": "shop"},
        "subsets": [],
    }


def test_a_service_page_tells_the_endpoints_of_each_port():
    _service, endpoints = objects("""
Name:              web
Port:              http  80/TCP
Endpoints:         10.1.0.1:8080,10.1.0.2:8080 + 1 more...
Port:              admin  81/TCP
Endpoints:         10.1.0.1:8081
Session Affinity:  None
""")
    assert endpoints["subsets"] == [
        {"addresses": [{"ip": "10.1.0.1"}, {"ip": "10.1.0.2"}], "ports": [{"port": 8080}]},
        {"addresses": [{"ip": "10.1.0.1"}], "ports": [{"port": 8081}]},
    ]


def test_a_service_page_cut_before_its_endpoints_claims_nothing_about_them():
    (found,) = objects("""
Name:              web
Port:              http  80/TCP
Session Affinity:  None
""")
    assert found["kind"] == "Service"


def test_an_endpoints_page_tells_who_is_ready():
    (found,) = objects("""
Name:         web
Namespace:    shop
Subsets:
  Addresses:          <none>
  NotReadyAddresses:  10.1.0.1,10.1.0.2
  Ports:
    Name  Port  Protocol
    ----  ----  --------
    http  8080  TCP
Events:  <none>
""")
    (subset,) = found["subsets"]
    assert "addresses" not in subset
    assert subset["notReadyAddresses"] == [{"ip": "10.1.0.1"}, {"ip": "10.1.0.2"}]
    assert subset["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]


def test_a_custom_resource_page_is_spelled_as_in_yaml():
    (found,) = objects("""
Name:         default
Namespace:    shop
API Version:  security.istio.io/v1
Kind:         PeerAuthentication
Spec:
  Port Level Mtls:
    8080:
      Mode:  DISABLE
  Mtls:
    Mode:  STRICT
""")
    assert found["apiVersion"] == "security.istio.io/v1"
    assert found["spec"]["mtls"] == {"mode": "STRICT"}


def test_a_deployment_page_tells_replicas_and_probes():
    (found,) = objects("""
Name:                   web
Replicas:               3 desired | 3 updated | 3 total | 1 available | 2 unavailable
StrategyType:           RollingUpdate
Pod Template:
  Labels:  app=web
  Containers:
   web:
    Image:      web:1
    Liveness:   tcp-socket :8080 delay=0s timeout=1s period=3s #success=1 #failure=2
""")
    assert found["spec"]["replicas"] == 3
    assert found["status"] == {"availableReplicas": 1}
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["tcpSocket"] == {"port": 8080}
    assert container["livenessProbe"]["failureThreshold"] == 2
