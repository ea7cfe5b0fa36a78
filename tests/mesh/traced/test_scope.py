from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, HOST, proxy, push_of, service
from why503.mesh.traced.scope import scope_of, sidecar_for

OTHER = service("pier", "{name: http, port: 80}", namespace="web")


def scope(text, spec="", namespace="shop"):
    made = obj("Sidecar", "s", spec, namespace) if spec else ""
    push = push_of(text + made)
    return scope_of(push, proxy(push))


def hosts(found):
    return {service.host.partition(".")[0] for service in found.services}


def test_without_a_sidecar_everything_exported_is_known():
    found = scope(BASE + OTHER)
    assert hosts(found) == {"quay", "pier"}
    assert not found.registry_only.value


def test_egress_hosts_narrow_what_is_known():
    for listed, known in (
        ("['./*']", {"quay"}),
        ("['web/*']", {"pier"}),
        ("['*/*']", {"quay", "pier"}),
        (f"['shop/{HOST}']", {"quay"}),
        ("['*/*.web.svc.cluster.local']", {"pier"}),
        ("['~/*']", set()),
    ):
        assert hosts(scope(BASE + OTHER, f"{{egress: [{{hosts: {listed}}}]}}")) == known, listed


def test_the_roots_sidecar_means_the_callers_namespace_by_a_dot():
    found = scope(BASE + OTHER, "{egress: [{hosts: ['./*']}]}", "istio-system")
    assert hosts(found) == {"quay"}


def test_a_selector_goes_before_the_namespace_and_that_before_the_mesh():
    text = (
        obj("Sidecar", "root", "{}", "istio-system")
        + obj("Sidecar", "own", "{}")
        + obj("Sidecar", "mine", "{workloadSelector: {labels: {app: desk}}}")
    )
    push = push_of(BASE + text)
    desk, other = proxy(push), proxy(push, "deploy/quay")
    assert [found.name for one in (desk, other) if (found := sidecar_for(push, one))] == [
        "mine",
        "own",
    ]


def test_registry_only_is_the_sidecars_else_the_mesh_configs():
    mesh = "---\nmeshConfig: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}\n"
    assert scope(BASE + mesh).registry_only.value
    own = "{outboundTrafficPolicy: {mode: ALLOW_ANY}}"
    assert not scope(BASE + mesh, own).registry_only.value


def test_routes_come_with_the_hosts_that_are_imported():
    vs = obj("VirtualService", "a", "{hosts: ['*.example'], http: []}")
    known = "{egress: [{hosts: ['*/b.example']}]}"
    assert scope(vs, known).egress[0].routings
    assert not scope(vs, "{egress: [{hosts: ['*/b.other']}]}").egress[0].routings


def test_a_port_of_the_sidecars_own_takes_services_that_have_it():
    spec = "{egress: [{port: {number: 80, protocol: HTTP}, hosts: ['*/*']}]}"
    found = scope(BASE + OTHER + service("multi", "{port: 1}, {port: 2}"), spec)
    assert hosts(found) == {"quay", "pier"}
    assert found.egress[0].port is not None
