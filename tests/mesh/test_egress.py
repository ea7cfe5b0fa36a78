from tests.mesh.build import HOST, log, manifest, mesh
from why503.facts import Request, Source
from why503.mesh.egress import exported_elsewhere, registry_only, scope_without, unnamed_dials

AT = Source(path="access.log", line=1)


def sidecar(*hosts, namespace="portal", mode=None):
    spec = {"egress": [{"hosts": list(hosts)}]} if hosts else {}
    if mode:
        spec["outboundTrafficPolicy"] = {"mode": mode}
    return manifest("Sidecar", "default", namespace, spec=spec)


def test_registry_only_is_found_in_sidecar_and_mesh_config():
    config = manifest("MeshConfig", outboundTrafficPolicy={"mode": "REGISTRY_ONLY"})
    assert registry_only(mesh(sidecar(mode="REGISTRY_ONLY"))).by == "Sidecar portal/default"
    assert registry_only(mesh(config)) is not None
    assert registry_only(mesh(sidecar(mode="ALLOW_ANY"))) is None


def test_a_scope_lets_see_what_it_names():
    for hosts in (["*/*"], ["shop/*"], [f"shop/{HOST}"], [f"*/{HOST}"], ["./*", "shop/*"]):
        assert scope_without(mesh(sidecar(*hosts)), HOST) is None, hosts


def test_a_scope_hides_other_namespaces_and_hosts():
    for hosts in (["./*"], ["web/*"], ["shop/web.shop.svc.cluster.local"], ["~/*"]):
        found = scope_without(mesh(sidecar(*hosts)), HOST)
        assert found is not None, hosts
        assert found.value == tuple(hosts)


def test_its_own_namespace_is_the_dot():
    assert scope_without(mesh(sidecar("./*", namespace="shop")), HOST) is None


def test_no_scope_hides_nothing():
    assert scope_without(mesh(sidecar(mode="REGISTRY_ONLY")), HOST) is None


def test_export_is_narrow_unless_it_names_all():
    def service(written):
        annotations = {"networking.istio.io/exportTo": written}
        return manifest("Service", "orders", "shop", metadata={"annotations": annotations}, spec={})

    assert exported_elsewhere(mesh(service(".")), HOST).value == "."
    assert exported_elsewhere(mesh(service("*")), HOST) is None
    entry = manifest(
        "ServiceEntry", "api", "shop", spec={"hosts": ["api.example.org"], "exportTo": ["."]}
    )
    assert exported_elsewhere(mesh(entry), "api.example.org").by == "ServiceEntry shop/api"


def test_dials_that_name_nobody_are_those_to_public_addresses():
    told = {"code": 0, "flags": frozenset({"UH"}), "method": "", "upstream_cluster": ""}
    for address, count in (("198.51.100.4:443", 1), ("10.0.0.4:443", 0)):
        line = Request(source=AT, upstream_host="", downstream_local=address, **told)
        (hop,) = mesh(log(line)).hops
        assert len(unnamed_dials(hop)) == count, address
