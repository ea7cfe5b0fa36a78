from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, CLUSTER, HOST, proxy, push_of, service
from why503.mesh.traced.outbound_route import route_configs, virtual_hosts
from why503.mesh.traced.scope import scope_of


def vs(name, hosts, to, namespace="shop", age="2020"):
    return (
        f"---\nkind: VirtualService\nmetadata: {{name: {name}, namespace: {namespace}, "
        f"creationTimestamp: '{age}'}}\nspec: {{hosts: {hosts}, http: [{{route: "
        f"[{{destination: {{host: {to}.example}}}}]}}]}}\n"
    )


def hosts(text, port=9080, caller="deploy/desk"):
    push = push_of(text)
    first = proxy(push, caller)
    return {
        domain: host.routes[0].clusters[0][0]
        for host in virtual_hosts(push, first, scope_of(push, first).egress[0], port)
        for domain in host.domains
    }


def test_a_service_is_called_by_every_spelling():
    found = hosts(BASE)
    assert set(found) == {HOST, "quay", "quay.shop", "quay.shop.svc", "<clusterIP of quay.shop>"}
    assert set(found.values()) == {CLUSTER}


def test_a_headless_service_has_names_for_its_pods():
    found = hosts(service("quay", "{name: http, port: 9080}", ", clusterIP: None"))
    assert f"*.{HOST}" in found


def test_the_most_exact_and_then_the_oldest_rule_wins():
    both = vs("wild", "['*.local']", "wild", age="2019") + vs("own", "[quay]", "own", age="2021")
    assert hosts(BASE + both)[HOST] == "outbound|9080||own.example"
    two = vs("new", "[quay]", "new", age="2021") + vs("old", "[quay]", "old", age="2019")
    assert hosts(BASE + two)[HOST] == "outbound|9080||old.example"


def test_hosts_that_are_no_service_are_routed_on_port_80_only():
    rule = vs("a", "[a.example]", "b")
    assert hosts(BASE + rule, 80)["a.example"] == "outbound|80||b.example"
    assert "a.example" not in hosts(BASE + rule, 9080)


def test_an_alias_has_its_own_name_in_its_targets_host():
    alias = obj("Service", "old", f"{{type: ExternalName, externalName: {HOST}}}")
    assert hosts(BASE + alias)["old.shop.svc.cluster.local"] == CLUSTER


def test_a_route_of_the_gateway_api_holds_for_the_callers_or_the_services_namespace():
    def route(namespace):
        spec = (
            "{parentRefs: [{kind: Service, name: quay, namespace: shop}], "
            "rules: [{backendRefs: [{name: pier, port: 1}]}]}"
        )
        return obj("HTTPRoute", "r", spec, namespace)

    assert hosts(BASE + route("shop"))[HOST].endswith("pier.shop.svc.cluster.local")
    assert hosts(BASE + route("other"))[HOST] == CLUSTER


def test_what_is_left_is_blocked_or_let_through_and_sniffing_has_one_host():
    for mode, name in (("REGISTRY_ONLY", "block_all"), ("ALLOW_ANY", "allow_any")):
        push = push_of(BASE + f"---\nmeshConfig: {{outboundTrafficPolicy: {{mode: {mode}}}}}\n")
        first = proxy(push)
        names = frozenset({"9080", f"{HOST}:9080"})
        found = route_configs(push, first, scope_of(push, first), 9080, names)
        assert found["9080"].hosts[-1].name == name
        assert [one.domains for one in found[f"{HOST}:9080"].hosts] == [("*",)]
