from tests.mesh.make import obj
from tests.mesh.traced.loaded import (
    CLUSTER,
    HERE,
    MESH_TLS,
    PASSING,
    TELLER,
    cluster,
    dump,
    endpoint,
    http,
    info,
    listener,
    route,
)
from tests.mesh.traced.world import BASE, proxy, push_of
from why503.facts import FilterChain, ProxySync, RejectedConfig, RetryPolicy
from why503.mesh.traced.asked import asked_of
from why503.mesh.traced.difference import differences
from why503.mesh.traced.tracing import trace
from why503.mesh.traced.view import OfYaml

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


def one_of(text, *facts):
    (told,) = found(text, *facts)
    return told.loaded, told.asked


def test_other_retries_copies_and_aborts_are_named():
    rule = "{hosts: [quay], http: [{%s, route: [{destination: {host: quay}}]}]}"
    facts = (info(), listener(http(), PASSING), cluster())
    retried = obj("VirtualService", "quay", rule % "retries: {attempts: 5}")
    assert one_of(BASE + retried, *facts, route()) == ("0", "5")
    policy = RetryPolicy(retry_on=("5xx",), num_retries=5)
    assert found(BASE + retried, *facts, route(retry=policy)) == ()
    copied = obj("VirtualService", "quay", rule % "mirror: {host: quay}")
    assert one_of(BASE + copied, *facts, route()) == ("", f"{CLUSTER} (100 %)")
    cut = obj(
        "VirtualService",
        "quay",
        rule % "fault: {abort: {httpStatus: 500, percentage: {value: 50}}}",
    )
    assert one_of(BASE + cut, *facts, route()) == ("", "50 % 500")


def test_another_tls_or_a_cluster_that_is_not_loaded_is_named():
    plain = obj("DestinationRule", "quay", "{host: quay, trafficPolicy: {tls: {mode: SIMPLE}}}")
    assert one_of(BASE + plain, *dump()) == ("auto mTLS", "SIMPLE")
    other = (*dump()[:3], cluster(name="outbound|1||x"))
    assert one_of(BASE, *other) == ("not there", "there")


def test_a_server_that_takes_something_else_than_yaml_asks_for_is_named():
    strict = FilterChain(port=8080, transport_protocol="tls", tls=MESH_TLS, clusters=("in",))
    server = (
        info(workload="quay", teller="quay-dump"),
        listener(
            strict,
            name="virtualInbound",
            address="0.0.0.0:15006",
            teller="quay-dump",
            direction="INBOUND",
        ),
    )
    plain = obj("DestinationRule", "quay", "{host: quay, trafficPolicy: {tls: {mode: DISABLE}}}")
    push = push_of(BASE + plain, *server)
    asked = asked_of("GET", "http://quay:9080/", (), source="deploy/desk", address="", sni="")
    first = proxy(push)
    compared = []
    trace(push, first, asked, OfYaml(push, first), compared)
    (told,) = differences(push, first, asked, compared)
    assert (told.loaded, told.asked) == ("no-filter-chain", "passes")
    assert "deployment/quay" in told.text
