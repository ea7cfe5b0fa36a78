from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, CLUSTER, HOST, proxy, push_of
from why503.mesh.traced.upstream import upstream_of

RULE = obj(
    "DestinationRule",
    "quay",
    f"{{host: {HOST}, trafficPolicy: {{connectionPool: {{http: {{h2UpgradePolicy: UPGRADE}}}}}}, "
    "subsets: [{name: v1, labels: {version: v1}}, {name: v9, labels: {version: v9}}]}",
)


def cluster(name, text=""):
    push = push_of(BASE + text)
    return upstream_of(push, proxy(push), name)


def test_a_cluster_has_endpoints_policies_and_a_tls_mode():
    found = cluster(CLUSTER, RULE)
    assert found.exists
    assert found.backends is not None
    assert len(found.backends.found) == 1
    assert found.speaks_h2
    assert found.tls is not None
    assert found.tls.value == ""


def test_a_subset_narrows_the_endpoints():
    first = cluster(f"outbound|9080|v1|{HOST}", RULE)
    assert first.applied[0].says == "subset v1: version=v1"
    assert first.backends is not None
    assert len(first.backends.found) == 1
    last = cluster(f"outbound|9080|v9|{HOST}", RULE)
    assert last.backends is not None
    assert last.backends.found == ()


def test_what_is_missing_is_named_and_how_sure_that_is():
    subset = cluster(f"outbound|9080|v2|{HOST}", RULE)
    assert (subset.exists, subset.sure) == (False, True)
    assert "v2" in subset.text
    assert not cluster(f"outbound|9080|v2|{HOST}").sure
    port = cluster(f"outbound|1||{HOST}")
    assert (port.exists, port.sure) == (False, True)
    host = cluster("outbound|80||pier.shop.svc.cluster.local")
    assert (host.exists, host.sure) == (False, False)
    assert not cluster("UnknownService").exists


def test_a_service_out_of_scope_or_not_exported_is_known_not_to_be_there():
    scope = obj("Sidecar", "s", "{egress: [{hosts: ['web/*']}]}")
    found = cluster(CLUSTER, scope)
    assert (found.exists, found.sure) == (False, True)
    assert "Sidecar shop/s" in found.text
    entry = "{hosts: [a.example], exportTo: ['.'], ports: [{number: 80, protocol: HTTP}]}"
    hidden = cluster("outbound|80||a.example", obj("ServiceEntry", "a", entry, "web"))
    assert "is not exported" in hidden.text


def test_istios_own_clusters_are_always_there():
    assert cluster("PassthroughCluster").exists
    passing = "{hosts: [a.example], resolution: NONE, ports: [{number: 80, protocol: HTTP}]}"
    found = cluster("outbound|80||a.example", obj("ServiceEntry", "a", passing))
    assert (found.exists, found.backends, found.external) == (True, None, True)


def test_a_service_entry_says_how_its_endpoints_are_found():
    words = {
        "NONE": "addresses that are called",
        "STATIC": "those that are listed",
        "DNS": "asks DNS for them",
        "DNS_ROUND_ROBIN": "asks DNS for them",
        "DYNAMIC_DNS": "for the host of each request",
    }
    for resolution, says in words.items():
        spec = (
            f"{{hosts: ['*.a.example'], resolution: {resolution}, "
            "ports: [{number: 80, name: http, protocol: HTTP}]}"
        )
        text = cluster("outbound|80||*.a.example", obj("ServiceEntry", "a", spec)).text
        assert says in text, resolution
        assert f"(resolution {resolution})" in text
