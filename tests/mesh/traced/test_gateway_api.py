from tests.mesh.make import mesh_of, obj
from tests.mesh.traced.world import BASE, call, proxy, push_of
from why503.mesh.retry_on import DEFAULT
from why503.mesh.traced.call import Speech, Tls, Way
from why503.mesh.traced.envoy import Stop, pass_through
from why503.mesh.traced.gateway_api import api_gateways, api_routings
from why503.mesh.traced.gateway_listener import gateway_config

GATE = obj(
    "Gateway",
    "front",
    "{gatewayClassName: istio, listeners: ["
    "{name: http, port: 80, protocol: HTTP, hostname: '*.example'}, "
    "{name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}, "
    "{name: end, port: 444, protocol: TLS, tls: {mode: Terminate}}, "
    "{name: tcp, port: 70, protocol: TCP}, "
    "{name: other, port: 81, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}",
)


def route(kind, rules, more="", parent="{name: front}", namespace="shop"):
    return obj(kind, kind.lower(), f"{{parentRefs: [{parent}]{more}, rules: [{rules}]}}", namespace)


def to(text, **asked):
    push = push_of(BASE + GATE + text)
    told = call(way=Way.GATEWAY, **asked)
    found = pass_through(gateway_config(push, proxy(push, "gateway/front")), told)
    return found.clusters[0][0].split("|")[3].partition(".")[0] if found.clusters else found.stop


def rule(to_, match="", filters=""):
    parts = [f"matches: [{match}]" if match else "", f"filters: [{filters}]" if filters else ""]
    parts.append(f"backendRefs: [{{name: {to_}, port: 9080}}]" if to_ else "")
    return f"{{{', '.join(filter(None, parts))}}}"


WEB = {"port": 80, "host": "a.example"}


def test_the_most_exact_match_of_all_rules_wins():
    rules = ", ".join(
        (
            rule("all"),
            rule("long", "{path: {value: /a/b}}"),
            rule("short", "{path: {value: /a}}, {path: {type: RegularExpression, value: /z.}}"),
            rule("exact", "{path: {type: Exact, value: /a/b/c}}"),
            rule("post", "{path: {value: /a}, method: POST}"),
            rule("user", "{path: {value: /a}, headers: [{name: u, value: jo}]}"),
        )
    )
    text = route("HTTPRoute", rules)
    for path, name in (("/a/b/c", "exact"), ("/a/b/d", "long"), ("/ab", "all"), ("/zz", "short")):
        assert to(text, path=path, **WEB) == name
    assert to(text, path="/a", method="POST", **WEB) == "post"
    assert to(text, path="/a", headers={"u": "jo"}, **WEB) == "user"


def test_hosts_sections_and_namespaces_bind_a_route_to_its_listeners():
    assert to(route("HTTPRoute", rule("quay"), ", hostnames: [b.other]"), **WEB) is Stop.NO_ROUTE
    named = route("HTTPRoute", rule("quay"), parent="{name: front, sectionName: other}")
    assert to(named, **WEB) is Stop.NO_ROUTE
    assert to(named, port=81, host="x") == "quay"
    foreign = route(
        "HTTPRoute", rule("quay"), parent="{name: front, namespace: shop}", namespace="web"
    )
    assert to(foreign, **WEB) is Stop.NO_ROUTE
    assert to(foreign, port=81, host="x") == "quay"


def test_redirects_and_rules_without_a_backend_answer_themselves():
    moved = rule("", filters="{type: RequestRedirect, requestRedirect: {statusCode: 301}}")
    assert to(route("HTTPRoute", moved), **WEB) is Stop.REDIRECT
    assert to(route("HTTPRoute", rule("")), **WEB) is Stop.DIRECT_RESPONSE


def test_grpc_tls_and_tcp_routes_are_followed():
    grpc = route("GRPCRoute", rule("quay", "{method: {service: a.B, method: C}}"))
    assert to(grpc, path="/a.B/C", speech=Speech.HTTP2, **WEB) == "quay"
    assert to(grpc, path="/a.B/D", speech=Speech.HTTP2, **WEB) is Stop.NO_ROUTE
    tls = route("TLSRoute", rule("quay"), ", hostnames: [a.example]")
    asked = {"tls": Tls.TLS, "sni": "a.example", "speech": Speech.TCP}
    assert to(tls, port=443, **asked) == "quay"
    assert to(tls, port=444, **asked) == "quay"
    assert to(tls, port=443, **{**asked, "sni": "b.example"}) is Stop.NO_FILTER_CHAIN
    tcp = route("TCPRoute", rule("quay"), parent="{name: front, sectionName: tcp}")
    assert to(tcp, port=70, speech=Speech.TCP) == "quay"


def test_times_retries_and_mirrors_are_in_a_virtual_services_words():
    text = route(
        "HTTPRoute",
        "{timeouts: {request: 3s}, retry: {attempts: 4, codes: [503]}, backendRefs: "
        "[{name: quay, port: 1, weight: 0}, {name: pier, port: 2}], filters: "
        "[{type: RequestMirror, requestMirror: {backendRef: {name: dock, port: 3}}}]}",
        parent="{kind: Service, name: quay, port: 9080}",
    )
    (found,) = api_routings(mesh_of(text), "shop")
    (made,) = found.http
    assert made.fields["timeout"] == "3s"
    assert made.fields["retries"] == {"attempts": 4, "retryOn": f"{','.join(DEFAULT)},503"}
    assert [one.weight for one in made.targets] == [0, 1]
    assert made.mirrors[0].target.host == "dock.shop.svc.cluster.local"
    assert made.matches[0]["port"] == 9080
    assert found.gateways == {"mesh"}


def test_each_listener_is_a_gateway_of_its_own():
    assert [one.servers[0].port for one in api_gateways(mesh_of(GATE), "shop")] == [
        80,
        443,
        444,
        70,
        81,
    ]


def test_a_backends_own_timeout_is_each_tries_or_the_whole_requests():
    times = "timeouts: {request: 9s, backendRequest: 2s}"
    (found,) = api_routings(
        mesh_of(
            route(
                "HTTPRoute",
                f"{{{times}}}, {{{times}, retry: {{}}}}",
                parent="{kind: Service, name: quay}",
            )
        ),
        "shop",
    )
    once, again = found.http
    assert once.fields["timeout"] == "2s"
    assert again.fields["timeout"] == "9s"
    assert again.fields["retries"]["attempts"] == 2
    assert again.fields["retries"]["perTryTimeout"] == "2s"
    off = route("HTTPRoute", "{timeouts: {request: 0s}}", parent="{kind: Service, name: quay}")
    assert "timeout" not in api_routings(mesh_of(off), "shop")[0].http[0].fields


def test_a_route_without_a_name_gets_istios():
    (found,) = api_routings(
        mesh_of(route("HTTPRoute", "{}, {name: own}", parent="{kind: Service, name: quay}")), "shop"
    )
    assert [one.fields["name"] for one in found.http] == ["shop.httproute.0", "own"]


def test_the_share_of_a_copy_is_a_percent_or_a_fraction():
    copy = "{type: RequestMirror, requestMirror: {backendRef: {name: dock, port: 3}%s}}"
    shares = (", percent: 10", ", fraction: {numerator: 1, denominator: 4}", "")
    rules = ", ".join("{filters: [" + copy % share + "]}" for share in shares)
    text = route("HTTPRoute", rules, parent="{kind: Service, name: quay}")
    (found,) = api_routings(mesh_of(text), "shop")
    assert [one.mirrors[0].share for one in found.http] == [10.0, 25.0, 100.0]


def test_a_listener_takes_the_kinds_that_it_lists():
    only = GATE.replace(
        "{name: http, port: 80",
        "{allowedRoutes: {kinds: [{kind: GRPCRoute}]}, name: http, port: 80",
    )
    text = route("HTTPRoute", rule("quay"), parent="{name: front, sectionName: http}")
    assert to(text, **WEB) == "quay"
    push = push_of(BASE + only + text)
    found = pass_through(
        gateway_config(push, proxy(push, "gateway/front")), call(way=Way.GATEWAY, **WEB)
    )
    assert found.stop is not None
