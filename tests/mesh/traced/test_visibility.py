from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, push_of, traced

URL = "http://quay:9080/"
RULE = "{hosts: [quay.shop.svc.cluster.local], exportTo: %s, http: [{route: [%s]}]}"
TO = "{destination: {host: quay.shop.svc.cluster.local}}"


def told(text, url=URL):
    found = traced(push_of(BASE + text), url)
    steps = (*found.steps, *found.branches[0].steps)
    return {(step.kind.value, one.object): one.says for step in steps for one in step.applied}


def test_the_sidecar_that_narrows_the_callers_sight_is_told_at_the_listener():
    sidecar = obj("Sidecar", "narrow", "{egress: [{hosts: ['./*', 'istio-system/*']}]}")
    says = told(sidecar)["listener", "Sidecar shop/narrow"]
    assert "./*, istio-system/*" in says
    assert not any(kind == "listener" for kind, _object in told(""))


def test_a_route_object_that_is_not_exported_to_the_caller_is_told_not_to_hold():
    hidden = obj("VirtualService", "hidden", RULE % ("[.]", TO), "web")
    says = told(hidden)["virtual-host", "VirtualService web/hidden"]
    assert "it does not hold for namespace shop" in says
    shown = obj("VirtualService", "shown", RULE % ("[shop]", TO), "web")
    assert "it holds" in told(shown)["virtual-host", "VirtualService web/shown"]
    usual = obj("VirtualService", "usual", RULE % ("['*']", TO))
    assert ("virtual-host", "VirtualService shop/usual") not in told(usual)


def test_a_destination_rule_that_is_not_exported_is_told_at_the_cluster():
    rule = obj(
        "DestinationRule",
        "far",
        "{host: quay.shop.svc.cluster.local, exportTo: [.], "
        "trafficPolicy: {connectionPool: {http: {maxRetries: 1}}}}",
        "web",
    )
    found = told(rule)
    assert "does not hold" in found["cluster", "DestinationRule web/far"]
    assert not any("maxRetries" in one for one in found.values())


def test_a_service_that_is_exported_to_some_says_so():
    some = BASE.replace(
        "metadata: {name: quay, namespace: shop}\nspec: {selector",
        "metadata: {name: quay, namespace: shop, annotations: "
        "{networking.istio.io/exportTo: 'shop,web'}}\nspec: {selector",
    )
    assert some != BASE
    found = traced(push_of(some), URL)
    says = [one.says for step in found.branches[0].steps for one in step.applied]
    assert "exportTo shop, web: it holds for namespace shop" in says
