from tests.mesh.make import obj
from tests.mesh.traced.loaded import HERE, TELLER, dump, endpoint, info, listener, route
from tests.mesh.traced.world import BASE, proxy, push_of
from why503.facts import ProxySync, RejectedConfig
from why503.mesh.traced.asked import asked_of
from why503.mesh.traced.difference import differences

MOVED = obj(
    "VirtualService", "quay", "{hosts: [quay], http: [{route: [{destination: {host: pier}}]}]}"
)
SLOW = obj(
    "VirtualService",
    "quay",
    "{hosts: [quay], http: [{timeout: 3s, route: [{destination: {host: quay}}]}]}",
)


def found(text, *facts):
    push = push_of(text, *facts)
    asked = asked_of("GET", "http://quay:9080/", (), source="deploy/desk", address="", sni="")
    return differences(push, proxy(push), asked)


def test_where_both_lead_to_the_same_nothing_is_said():
    assert found(BASE, *dump()) == ()


def test_another_destination_is_named_with_both_places():
    (one,) = found(BASE + MOVED, *dump())
    assert (one.loaded, one.asked) == (
        "outbound|9080||quay.shop.svc.cluster.local",
        "outbound|9080||pier.shop.svc.cluster.local",
    )
    assert (one.why, one.sources[0]) == ("unknown", HERE)
    assert one.sources[1].path == "mesh.yaml"


def test_another_timeout_is_named():
    (one,) = found(BASE + SLOW, *dump())
    assert (one.loaded, one.asked) == ("0 s", "3 s")
    assert found(BASE + SLOW, *dump()[:2], route(timeout=3.0)) == ()


def test_a_refused_resource_or_a_stale_proxy_is_the_reason():
    refused = RejectedConfig(
        source=HERE, teller=TELLER, kind="route", resource="9080", details="bad regex"
    )
    (one,) = found(BASE + MOVED, *dump(refused))
    assert (one.why, "bad regex" in one.text) == ("rejected", True)
    stale = ProxySync(source=HERE, proxy="desk-1.shop", rds="STALE")
    (one,) = found(BASE + MOVED, *dump(stale))
    assert one.why == "stale"


def test_one_side_alone_is_nothing_to_compare():
    assert found(BASE) == ()
    assert found("", *dump()) == ()
    gate = (info(kind="router"), listener())
    assert found("", *gate) == ()


def test_endpoints_that_are_not_those_that_kubernetes_lists_are_named():
    listed = (
        "---\nkind: EndpointSlice\nmetadata: {name: quay-abcde, namespace: shop, labels: "
        "{kubernetes.io/service-name: quay}}\nendpoints: [{addresses: [10.1.0.8]}]\n"
        "ports: [{port: 8080}]\n"
    )
    (one,) = found(BASE + listed, *dump(endpoint()))
    assert (one.loaded, one.asked) == ("10.1.0.7:8080", "10.1.0.8:8080")
    assert found(BASE + listed, *dump(endpoint("10.1.0.8:8080"))) == ()
