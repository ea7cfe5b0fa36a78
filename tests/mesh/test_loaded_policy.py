import math

import pytest

from tests.mesh.build import inbound, log
from tests.mesh.make import mesh_of
from why503.facts import (
    FilterChain,
    LoadedCluster,
    LoadedListener,
    OutlierDetection,
    ProxyInfo,
    Source,
    Threshold,
    TlsContext,
    Transport,
)
from why503.mesh import loaded_policy
from why503.mesh.mtls import mtls_conflict, server_mtls
from why503.mesh.traffic_policy import (
    client_tls,
    client_tls_settings,
    connect_timeout,
    idle_timeout_upstream,
    limit,
    limits_set,
    outlier_detection,
)

HOST = "orders.shop.svc.cluster.local"
OUT, IN = f"outbound|80||{HOST}", "inbound|8080||"
RULE = f"""
    kind: DestinationRule
    metadata: {{name: orders, namespace: shop}}
    spec:
      host: {HOST}
      trafficPolicy:
        connectionPool:
          http: {{idleTimeout: 3s, http1MaxPendingRequests: 7}}
          tcp: {{connectTimeout: 2s}}
        outlierDetection: {{consecutive5xxErrors: 9}}
        tls: {{mode: DISABLE}}
    ---
    kind: Service
    metadata: {{name: orders, namespace: shop}}
    spec: {{selector: {{app: orders}}, ports: [{{port: 80, targetPort: 8080}}]}}
    """
STRICT = """
    ---
    kind: PeerAuthentication
    metadata: {name: default, namespace: shop}
    spec: {mtls: {mode: STRICT}}
    """
SERVER = ProxyInfo(
    source=Source(path="s.json"),
    teller="server",
    kind="sidecar",
    pod="orders-7d9f8b6c5-x2k4p",
    namespace="shop",
)


def cluster(name=OUT, teller="client", line=5, **fields):
    return LoadedCluster(
        source=Source(path="d.json", line=line), teller=teller, name=name, **fields
    )


def listener(*chains, teller="server", direction="INBOUND"):
    return LoadedListener(
        source=Source(path="d.json", line=9),
        teller=teller,
        name="virtualInbound",
        direction=direction,
        chains=chains,
    )


def test_the_inbound_cluster_of_the_servers_proxy_decides_on_idleness():
    mesh = mesh_of(RULE, SERVER, cluster(IN, "server"), cluster(idle_timeout=1.0))
    found = idle_timeout_upstream(mesh, HOST, 80)
    assert (found.value, found.default) == (3600.0, True)
    assert found.source == Source(path="d.json", line=5)
    assert found.by == f"the loaded cluster {IN} of server"


def test_a_proxy_beside_the_server_is_known_by_the_requests_that_it_took():
    taken = log(inbound(503, "UC", teller="beside"), teller="beside")
    mesh = mesh_of("", taken, cluster(IN, "beside", idle_timeout=4.0))
    assert loaded_policy.server_proxies(mesh, HOST) == {"beside"}
    assert idle_timeout_upstream(mesh, HOST, 8080).value == 4.0


def test_an_inbound_cluster_of_somebody_elses_proxy_says_nothing():
    mesh = mesh_of(RULE, cluster(IN, "client", idle_timeout=60.0))
    assert idle_timeout_upstream(mesh, HOST, 80).value == 3.0


def test_no_idle_timeout_means_for_ever():
    mesh = mesh_of("", SERVER, cluster(IN, "server", idle_timeout=0.0))
    assert idle_timeout_upstream(mesh, HOST, 8080).value == math.inf


def test_a_server_without_sidecar_is_kept_by_the_callers_cluster():
    bare = """
    kind: Pod
    metadata: {name: orders-0, namespace: shop, labels: {app: orders}}
    spec: {containers: [{name: orders}]}
    status: {podIP: 10.0.0.1}
    """
    mesh = mesh_of(RULE + "---" + bare, cluster(idle_timeout=20.0))
    assert idle_timeout_upstream(mesh, HOST, 80).value == 20.0


def test_the_callers_cluster_tells_the_connect_timeout():
    mesh = mesh_of(RULE, cluster(connect_timeout=0.25))
    found = connect_timeout(mesh, HOST, 80)
    assert (found.value, found.default) == (0.25, False)
    assert connect_timeout(mesh_of(RULE, cluster(connect_timeout=10.0)), HOST, 80).default


def test_the_callers_own_cluster_goes_before_the_servers_towards_itself():
    mesh = mesh_of("", SERVER, cluster(teller="server", connect_timeout=1.0), cluster())
    assert [c.teller for c in loaded_policy.calling_clusters(mesh, HOST, 80)] == [
        "client",
        "server",
    ]


def test_a_subset_has_its_own_cluster():
    v1 = cluster(f"outbound|80|v1|{HOST}")
    mesh = mesh_of("", cluster(), v1)
    assert loaded_policy.calling_clusters(mesh, HOST, 80, "v1") == (v1,)
    assert loaded_policy.calling_clusters(mesh, HOST, 80, "v9")[0].name == OUT


def test_only_limits_that_somebody_set_count_and_they_beat_the_rule():
    unlimited = loaded_policy.UNLIMITED
    threshold = Threshold(max_connections=12, max_requests=unlimited, max_retries=unlimited)
    mesh = mesh_of(RULE, cluster(thresholds=(threshold,)))
    (found,) = limits_set(mesh, HOST, 80)
    assert found.value == 12
    assert found.by == f"max_connections of the loaded cluster {OUT} of client"
    assert limit(mesh, HOST, 80, "http1MaxPendingRequests") is None
    assert limit(mesh, HOST, 80, "maxConnections") == found


def test_a_loaded_cluster_without_limits_beats_the_rule_too():
    assert limits_set(mesh_of(RULE, cluster()), HOST, 80) == ()
    assert [s.value for s in limits_set(mesh_of(RULE), HOST, 80)] == [7]


def test_requests_of_high_priority_have_limits_of_their_own():
    threshold = Threshold(priority="HIGH", max_connections=3)
    assert limits_set(mesh_of("", cluster(thresholds=(threshold,))), HOST, 80) == ()


def test_loaded_outlier_detection_is_told_in_the_words_of_a_rule():
    outlier = OutlierDetection(consecutive_5xx=3, base_ejection_time=45.0)
    found = outlier_detection(mesh_of(RULE, cluster(outlier=outlier)), HOST, 80)
    assert found is not None
    assert found.value == {"consecutive5xxErrors": 3, "baseEjectionTime": "45s"}
    assert outlier_detection(mesh_of(RULE, cluster()), HOST, 80) is None
    assert outlier_detection(mesh_of(RULE), HOST, 80) is not None


MESH_TLS = TlsContext(alpn=("istio",), secrets=("default",), sans=("spiffe://cluster.local/x",))


@pytest.mark.parametrize(
    ("transports", "mode"),
    [
        ((), "DISABLE"),
        ((Transport(),), "DISABLE"),
        ((Transport(match={"tlsMode": "istio"}, tls=MESH_TLS), Transport()), ""),
        ((Transport(tls=MESH_TLS),), "ISTIO_MUTUAL"),
        ((Transport(tls=TlsContext(sni="a.example")),), "SIMPLE"),
        ((Transport(tls=TlsContext(secrets=("kubernetes://mine",))),), "MUTUAL"),
    ],
)
def test_the_transports_tell_the_mode_of_tls(transports, mode):
    found = client_tls(mesh_of(RULE, cluster(transports=transports)), HOST, 80)
    assert (found.value, found.default) == (mode, not mode)


def test_a_loaded_cluster_names_the_server_by_itself_or_by_each_request():
    bare, named = TlsContext(), TlsContext(sni="pay.example")
    for context, auto, shown in ((bare, False, None), (named, False, "pay.example")):
        held = cluster(transports=(Transport(tls=context),), auto_sni=auto)
        settings = client_tls_settings(mesh_of("", held), HOST, 80)
        assert settings is not None
        assert settings.value.get("sni") == shown
    held = cluster(transports=(Transport(tls=bare),), auto_sni=True)
    assert "sni" in client_tls_settings(mesh_of("", held), HOST, 80).value


def test_auto_mtls_has_no_settings_of_its_own():
    held = cluster(transports=(Transport(match={"a": "b"}, tls=MESH_TLS), Transport()))
    assert client_tls_settings(mesh_of(RULE, held), HOST, 80) is None


MUTUAL = FilterChain(
    transport_protocol="tls", port=8080, tls=TlsContext(require_client_certificate=True)
)
PLAIN = FilterChain(port=8080, transport_protocol="raw_buffer")


@pytest.mark.parametrize(
    ("chains", "mode"),
    [
        ((MUTUAL,), "STRICT"),
        ((MUTUAL, PLAIN), "PERMISSIVE"),
        ((PLAIN,), "DISABLE"),
        ((MUTUAL, FilterChain(port=15006)), "STRICT"),
    ],
)
def test_the_servers_chains_tell_what_it_takes(chains, mode):
    mesh = mesh_of(RULE + STRICT, SERVER, listener(*chains))
    found = server_mtls(mesh, HOST, 80)
    assert found is not None
    assert found.value == mode
    assert found.by == "the loaded listener virtualInbound of server"


def test_a_port_without_chains_of_its_own_gets_those_for_every_port():
    other = FilterChain(port=9090)
    every = FilterChain(transport_protocol="tls", tls=TlsContext(require_client_certificate=True))
    found = server_mtls(mesh_of(RULE, SERVER, listener(other, every)), HOST, 80)
    assert found is not None
    assert found.value == "STRICT"


def test_listeners_of_callers_and_outbound_ones_say_nothing():
    mesh = mesh_of("", SERVER, listener(PLAIN, teller="client"))
    assert server_mtls(mesh, HOST, 80) is None
    assert server_mtls(mesh_of("", SERVER, listener(PLAIN, direction="OUTBOUND")), HOST, 80) is None


def test_what_both_proxies_loaded_can_clash():
    mesh = mesh_of("", SERVER, cluster(), listener(MUTUAL))
    conflict = mtls_conflict(mesh, HOST, 80)
    assert conflict is None  # nothing maps port 80 to the chain's
    conflict = mtls_conflict(mesh_of(RULE, SERVER, cluster(), listener(MUTUAL)), HOST, 80)
    assert conflict is not None
    assert (conflict.client.value, conflict.server.value) == ("DISABLE", "STRICT")


def test_hosts_that_proxies_hold_a_cluster_for_are_told_once():
    mesh = mesh_of("", cluster(), cluster(f"outbound|80|v1|{HOST}"), cluster(IN, "server"))
    assert loaded_policy.called_hosts(mesh) == (HOST,)
