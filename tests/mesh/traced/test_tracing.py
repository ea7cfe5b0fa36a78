"""One case for each way that a request can end, and for the ways that it can go."""

import pytest

from tests.mesh.make import obj
from tests.mesh.traced.test_gateway_server import SIMPLE, gateway, server
from tests.mesh.traced.world import BASE, DESK, HOST, INGRESS, QUAY, end, push_of, service, traced
from tests.mesh.traced.world import workload as made
from why503.mesh.traced.step import StepKind
from why503.mesh.traced.tracing import overall

URL = "http://quay:9080/a"


def vs(rules, hosts="[quay]", more=""):
    return obj("VirtualService", "quay", f"{{hosts: {hosts}{more}, http: [{rules}]}}")


def to(host="quay", more=""):
    return f"route: [{{destination: {{host: {host}{more}}}}}]"


STRICT = obj("PeerAuthentication", "p", "{mtls: {mode: STRICT}}")
OUTSIDE = "---\nmeshConfig: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}\n"
EMPTY = service("quay", "{name: http, port: 9080}")
AT_INGRESS = vs("{route: [{destination: {host: quay}}]}", "[a.example]", ", gateways: [gw]")


@pytest.mark.parametrize(
    ("text", "url", "source", "ends", "status"),
    [
        (BASE, URL, "deploy/desk", "passes", None),
        (BASE + vs(f"{{match: [{{uri: {{prefix: /b}}}}], {to()}}}"), URL, "deploy/desk", "no-route", 404),
        (BASE + vs("{redirect: {uri: /x}}"), URL, "deploy/desk", "redirect", 301),
        (BASE + vs("{directResponse: {status: 418}}"), URL, "deploy/desk", "direct-response", 418),
        (BASE + vs(f"{{fault: {{abort: {{httpStatus: 555}}}}, {to()}}}"), URL, "deploy/desk", "fault-abort", 555),
        (BASE + vs(f"{{{to(more=', subset: v7')}}}"), URL, "deploy/desk", "no-cluster", 503),
        (BASE + vs(f"{{{to('nowhere')}}}"), URL, "deploy/desk", "no-cluster", 503),
        (DESK + EMPTY, URL, "deploy/desk", "no-endpoint", 503),
        (BASE + obj("AuthorizationPolicy", "a", "{}"), URL, "deploy/desk", "denied", 403),
        (BASE + OUTSIDE, "tcp://a.example:70", "deploy/desk", "black-hole", None),
        (BASE + OUTSIDE, "http://a.example:9080/", "deploy/desk", "direct-response", 502),
        (BASE, "http://a.example/", "deploy/desk", "passes", None),
        (BASE + STRICT, URL, "", "no-filter-chain", None),
        (BASE, URL, "", "passes", None),
        (BASE, "https://quay:9080/", "", "no-filter-chain", None),
        (BASE, "tcp://quay:9080", "", "protocol-error", 400),
        (INGRESS + BASE, "http://a.example/", "deploy/ingress", "no-listener", None),
        (INGRESS + BASE + gateway("gw", server(80)) + AT_INGRESS, "http://b.example/", "deploy/ingress", "no-virtual-host", 404),
        (INGRESS + BASE + gateway("gw", server(80)) + AT_INGRESS, "http://a.example/", "deploy/ingress", "passes", None),
        (INGRESS + BASE + gateway("gw", server(80, tls="{httpsRedirect: true}", hosts="[a.example]")), "http://a.example/", "deploy/ingress", "tls-redirect", 301),
        (INGRESS + BASE + gateway("gw", server(443, "HTTPS", "[a.example]", SIMPLE.replace("SIMPLE", "MUTUAL"))) + AT_INGRESS, "https://a.example/", "deploy/ingress", "mtls-error", None),
        (INGRESS + BASE + gateway("gw", server(443, "HTTPS", "['*']", SIMPLE)) + AT_INGRESS, "http://a.example:443/", "deploy/ingress", "tls-error", None),
        (INGRESS + gateway("a", server(443, "HTTPS", "['./*']", SIMPLE)) + gateway("a", server(443, "HTTPS", "['./*']", SIMPLE)).replace("shop", "web"), "https://a.example/", "deploy/ingress", "several-filter-chains", None),
    ],
)  # fmt: skip
def test_every_way_to_end_is_told(text, url, source, ends, status):
    found = end(push_of(text), url, source)
    assert (found.id, found.status) == (ends, status)
    assert found.passes is (ends in ("passes", "redirect", "tls-redirect"))


def test_a_gateways_route_goes_on_to_the_server():
    rules = AT_INGRESS.replace("host: quay", "host: quay, port: {number: 9080}")
    found = traced(
        push_of(INGRESS + BASE + STRICT + gateway("gw", server(80)) + rules),
        "http://a.example/",
        "deploy/ingress",
    )
    (branch,) = found.branches
    assert branch.outcome.passes
    assert branch.steps[-1].way == "inbound"
    assert branch.steps[0].kind is StepKind.CLUSTER


def test_weights_make_branches_and_a_failing_one_is_told_with_its_share():
    rules = (
        "{route: [{destination: {host: quay, subset: v1}, weight: 80}, "
        "{destination: {host: quay, subset: v2}, weight: 20}]}"
    )
    rule = obj("DestinationRule", "quay", "{host: quay, subsets: [{name: v1, labels: {app: quay}}]}")
    found = traced(push_of(BASE + vs(rules) + rule), URL)
    assert [(one.share, one.outcome.id) for one in found.branches] == [
        (80.0, "passes"),
        (20.0, "no-cluster"),
    ]
    whole = overall(found.branches)
    assert (whole.id, whole.passes) == ("depends", False)
    assert "20 %" in whole.text


def test_a_fault_for_some_leaves_the_others_their_way():
    rules = f"{{fault: {{abort: {{httpStatus: 500, percentage: {{value: 25}}}}}}, {to()}}}"
    found = traced(push_of(BASE + vs(rules)), URL)
    assert [(one.share, one.outcome.id) for one in found.branches] == [
        (25.0, "fault-abort"),
        (75.0, "passes"),
    ]


def test_endpoints_of_different_workloads_are_different_ways():
    text = DESK + QUAY + made("quay-v2", "app: quay, version: v2", sidecar=False)
    rule = obj("DestinationRule", "q", "{host: quay, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}")
    found = traced(push_of(text + rule), URL)
    assert [(one.share, one.outcome.id) for one in found.branches] == [
        (50.0, "passes"),
        (50.0, "tls-error"),
    ]


def test_all_ways_may_end_alike_or_badly():
    two = DESK + QUAY + made("quay-v2", "app: quay, version: v2")
    assert end(push_of(two), URL).id == "passes"
    rules = (
        "{route: [{destination: {host: quay, subset: v8}, weight: 1}, "
        "{destination: {host: pier}, weight: 1}]}"
    )
    assert end(push_of(BASE + vs(rules)), URL).id == "no-cluster"


def test_nothing_fails_for_what_was_not_given():
    only_a_rule = vs(f"{{{to()}}}")
    found = end(push_of(only_a_rule), URL)
    assert (found.passes, found.sure) == (True, False)
    missing = end(push_of(DESK + vs(f"{{{to('pier')}}}", "[pier]")), "http://pier/")
    assert not missing.sure


def test_a_caller_without_a_proxy_goes_straight_to_the_server():
    bare = made("tool", "app: tool", sidecar=False)
    found = traced(push_of(BASE + bare), URL, "deploy/tool")
    assert found.steps == ()
    assert found.branches[0].outcome.passes
    unknown = traced(push_of(BASE), "http://a.example/", "")
    assert not unknown.branches[0].outcome.sure


def test_an_address_of_the_users_own_decides_where_tcp_goes():
    text = DESK + service("quay", "{name: tcp, port: 70}", ", clusterIP: 10.9.9.9")
    hit = traced(push_of(text), "tcp://other:70", address="10.9.9.9")
    assert hit.branches[0].steps[0].name == f"outbound|70||{HOST}"
    miss = traced(push_of(text), "tcp://quay:70", address="10.9.9.8")
    assert miss.branches[0].steps[0].name == "PassthroughCluster"


def test_a_rule_without_destination_is_no_cluster_but_unsure():
    text = DESK + service("quay", "{name: tcp, port: 70}") + obj(
        "VirtualService", "v", "{hosts: [quay], tcp: [{route: []}]}"
    )
    found = end(push_of(text), "tcp://quay:70")
    assert (found.id, found.sure) == ("no-cluster", False)
