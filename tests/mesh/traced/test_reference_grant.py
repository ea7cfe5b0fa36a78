from tests.mesh.make import mesh_of, obj
from tests.mesh.traced.test_gateway_api import route as made
from tests.mesh.traced.test_gateway_api import rule
from tests.mesh.traced.world import BASE, end, push_of
from why503.mesh.traced.reference_grant import Referred, refusal

GRANT = (
    "{{from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: {space}}}], "
    "to: [{{group: '', kind: Service{name}}}]}}"
)
GATE = obj(
    "Gateway",
    "front",
    "{gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, "
    "allowedRoutes: {namespaces: {from: All}}}]}",
)
ROUTE = obj(
    "HTTPRoute",
    "a",
    "{parentRefs: [{name: front, namespace: shop}], rules: "
    "[{backendRefs: [{name: quay, namespace: shop, port: 9080}]}]}",
    "web",
)


def grant(kind="HTTPRoute", space="web", name="", own="shop"):
    spec = GRANT.format(kind=kind, space=space, name=f", name: {name}" if name else "")
    return obj("ReferenceGrant", "lets", spec, own)


def told(text, name="quay"):
    mesh = mesh_of(ROUTE + text)
    (by,) = mesh.manifests("HTTPRoute")
    return refusal(mesh, by, "web", Referred("Service", name, "shop"))


def test_another_namespace_has_to_grant_it_for_the_kind_and_name():
    assert "No ReferenceGrant in namespace shop lets HTTPRoute web/a name Service quay" in told("")
    assert told(grant()) == ""
    assert told(grant(name="quay")) == ""
    for wrong in (
        grant(kind="GRPCRoute"),
        grant(space="pier"),
        grant(name="pier"),
        grant(own="web"),
        grant().replace("kind: Service", "kind: Secret"),
    ):
        assert told(wrong)


def test_the_own_namespace_needs_no_grant():
    mesh = mesh_of(ROUTE)
    (by,) = mesh.manifests("HTTPRoute")
    assert refusal(mesh, by, "web", Referred("Service", "x", "web")) == ""


def test_a_gateway_answers_500_for_what_is_not_granted_and_for_what_is_not_there():
    url = "http://a.example/"
    found = end(push_of(BASE + GATE + ROUTE), url, "gateway/front")
    assert (found.id, found.status, found.flag) == ("no-cluster", 500, "NC")
    assert "ReferenceGrant" in found.text
    assert end(push_of(BASE + GATE + ROUTE + grant()), url, "gateway/front").passes
    missing = made("HTTPRoute", rule("nobody"))
    assert end(push_of(BASE + GATE + missing), url, "gateway/front").status == 500


def test_a_sidecar_asks_for_no_grant():
    mesh_route = ROUTE.replace("{name: front, namespace: shop}", "{kind: Service, name: quay}")
    text = mesh_route.replace("namespace: web", "namespace: shop")
    other = text.replace("name: quay, namespace: shop, port", "name: pier, namespace: web, port")
    found = end(push_of(BASE + other), "http://quay:9080/")
    assert "ReferenceGrant" not in found.text


def test_a_certificate_of_another_namespace_has_to_be_granted():
    tls = (
        "tls: {certificateRefs: [{name: cert, namespace: certs}]}, "
        "allowedRoutes: {namespaces: {from: All}}"
    )
    gate = GATE.replace("allowedRoutes: {namespaces: {from: All}}", tls).replace(
        "port: 80, protocol: HTTP", "port: 443, protocol: HTTPS"
    )
    near = ROUTE.replace("namespace: web", "namespace: shop")
    lost = end(push_of(BASE + gate + near), "https://a.example/", "gateway/front")
    assert (lost.id, lost.passes) == ("tls-error", False)
    assert "Secret cert" in lost.text
    lets = grant(kind="Gateway", space="shop", own="certs").replace("Service", "Secret")
    assert end(push_of(BASE + gate + near + lets), "https://a.example/", "gateway/front").passes
