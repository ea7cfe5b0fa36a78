from tests.mesh.make import obj
from tests.mesh.traced.world import INGRESS, call, proxy, push_of
from why503.mesh.traced.call import Way
from why503.mesh.traced.envoy import pass_through
from why503.mesh.traced.gateway_listener import gateway_config
from why503.mesh.traced.ingress import ingress_gateways, ingress_routings


def ingress(name, paths, cls="istio"):
    listed = ", ".join(
        f"{{path: {path}, pathType: {kind}, "
        f"backend: {{service: {{name: {to}, port: {{number: 80}}}}}}}}"
        for path, kind, to in paths
    )
    spec = (
        f"{{ingressClassName: {cls}, rules: [{{host: a.example, http: {{paths: [{listed}]}}}}], "
        "tls: [{hosts: [a.example], secretName: s}]}"
    )
    return obj("Ingress", name, spec)


def to(text, path):
    push = push_of(INGRESS + text)
    asked = call(way=Way.GATEWAY, port=80, host="a.example", path=path)
    found = pass_through(gateway_config(push, proxy(push, "deploy/ingress")), asked)
    return found.clusters[0][0].rpartition("|")[2].partition(".")[0] if found.clusters else None


def test_paths_of_all_ingresses_of_a_host_are_one_route_object():
    text = ingress("a", [("/x", "Prefix", "quay")]) + ingress("b", [("/x/y", "Exact", "pier")])
    assert to(text, "/x/z") == "quay"
    assert to(text, "/x/y") == "pier"
    assert to(text, "/xz") is None


def test_tls_opens_a_port_of_its_own_and_other_classes_are_not_istios():
    push = push_of(ingress("a", [("/", "Prefix", "quay")]))
    (found,) = ingress_gateways(push.mesh, "shop")
    assert [(one.port, one.mode) for one in found.servers] == [(443, "SIMPLE"), (80, "")]
    assert len(ingress_routings(push.mesh, "shop")) == 1
    other = push_of(ingress("a", [("/", "Prefix", "quay")], cls="nginx"))
    assert ingress_gateways(other.mesh, "shop") == ()
