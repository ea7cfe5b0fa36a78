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
EMPTY = service("empty", "{name: http, port: 9080}")
AT_INGRESS = vs("{route: [{destination: {host: quay}}]}", "[a.example]", ", gateways: [gw]")


A_HOST = "http://a.example/"
HTTPS = gateway("gw", server(443, "HTTPS", "['*']", SIMPLE))
CLASH = gateway("gw", server(443, "HTTPS", "['./*']", SIMPLE))
REDIRECTS = gateway("gw", server(80, tls="{httpsRedirect: true}", hosts="[a.example]"))
ONLY_B = f"{{match: [{{uri: {{prefix: /b}}}}], {to()}}}"
ABORTS = f"{{fault: {{abort: {{httpStatus: 555, percent: 100}}}}, {to()}}}"
DENIES = obj("AuthorizationPolicy", "a", "{}")


@pytest.mark.parametrize(
    ("text", "url", "ends", "status"),
    [
        ("", URL, "passes", None),
        (vs(ONLY_B), URL, "no-route", 404),
        (vs("{redirect: {uri: /x}}"), URL, "redirect", 301),
        (vs("{directResponse: {status: 418}}"), URL, "direct-response", 418),
        (vs(ABORTS), URL, "fault-abort", 555),
        (vs(f"{{{to(more=', subset: v7')}}}"), URL, "no-cluster", 503),
        (vs(f"{{{to('nowhere')}}}"), URL, "no-cluster", 503),
        (EMPTY, "http://empty:9080/", "no-endpoint", 503),
        (DENIES, URL, "denied", 403),
        (OUTSIDE, "tcp://a.example:70", "black-hole", None),
        (OUTSIDE, "http://a.example:9080/", "direct-response", 502),
        ("", A_HOST, "passes", None),
    ],
)
def test_every_way_to_end_at_a_sidecar_is_told(text, url, ends, status):
    found = end(push_of(BASE + text), url)
    assert (found.id, found.status) == (ends, status)
    assert found.passes is (ends in ("passes", "redirect"))


@pytest.mark.parametrize(
    ("text", "url", "ends", "status"),
    [
        ("", A_HOST, "no-listener", None),
        (gateway("gw", server(80)) + AT_INGRESS, "http://b.example/", "no-virtual-host", 404),
        (gateway("gw", server(80)) + AT_INGRESS, A_HOST, "passes", None),
        (REDIRECTS, A_HOST, "tls-redirect", 301),
        (HTTPS + AT_INGRESS, "https://a.example/", "passes", None),
        (HTTPS.replace("SIMPLE", "MUTUAL"), "https://a.example/", "mtls-error", None),
        (HTTPS.replace("SIMPLE", "MUTUAL") + AT_INGRESS, "mtls://a.example/", "passes", None),
        (HTTPS, "http://a.example:443/", "tls-error", None),
        (CLASH + CLASH.replace("shop", "web"), "https://a.example/", "several-filter-chains", None),
    ],
)
def test_every_way_to_end_at_a_gateway_is_told(text, url, ends, status):
    found = end(push_of(INGRESS + BASE + text), url, "deploy/ingress")
    assert (found.id, found.status) == (ends, status)
    assert found.passes is (ends in ("passes", "tls-redirect"))


@pytest.mark.parametrize(
    ("text", "url", "ends", "status"),
    [
        ("", URL, "passes", None),
        (STRICT, URL, "no-filter-chain", None),
        ("", "https://quay:9080/", "no-filter-chain", None),
        (STRICT, "mtls://quay:9080/", "mtls-error", None),
        ("", "tcp://quay:9080", "protocol-error", 400),
    ],
)
def test_every_way_to_end_for_a_client_without_a_proxy_is_told(text, url, ends, status):
    found = end(push_of(BASE + text), url, "")
    assert (found.id, found.status) == (ends, status)


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
    rule = obj(
        "DestinationRule", "quay", "{host: quay, subsets: [{name: v1, labels: {app: quay}}]}"
    )
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
    text = (
        DESK
        + service("quay", "{name: tcp, port: 70}")
        + obj("VirtualService", "v", "{hosts: [quay], tcp: [{route: []}]}")
    )
    found = end(push_of(text), "tcp://quay:70")
    assert (found.id, found.sure) == ("no-cluster", False)


def test_a_gateway_that_is_not_given_has_the_labels_that_gateways_ask_for():
    text = BASE + gateway("gw", server(80)) + AT_INGRESS
    for source in ("gateway/gw", "gateway/istio-ingressgateway.istio-system"):
        found = traced(push_of(text), A_HOST, source)
        assert found.branches[0].outcome.passes, source
        assert "istio=ingressgateway" in found.assumed[0]
    nothing = end(push_of(BASE), A_HOST, "gateway/front")
    assert (nothing.id, nothing.sure) == ("no-listener", False)


def test_a_caller_that_is_not_given_is_named_as_such():
    push = push_of(BASE)
    assert "deploy/nope is not in what was given" in traced(push, URL, "deploy/nope").assumed[0]
    assert traced(push, URL).assumed == ()


def test_a_redirect_says_nothing_of_timeouts_and_retries():
    found = traced(push_of(BASE + vs("{redirect: {uri: /x}}")), URL)
    assert found.steps[-1].kind is StepKind.ROUTE
    assert found.steps[-1].applied == ()


def test_a_gateway_whose_service_is_not_given_may_listen_where_istios_own_does():
    text = BASE + gateway("gw", server(8080)) + AT_INGRESS
    source = "gateway/istio-ingressgateway"
    found = traced(push_of(text), A_HOST, source)
    assert found.branches[0].outcome.passes
    assert "port 80 is taken to lead to 8080" in " ".join(found.assumed)
    lost = traced(push_of(text), "http://a.example:81/", source).branches[0].outcome
    assert (lost.id, lost.sure) == ("no-listener", False)


def test_a_grpc_call_gets_a_proxys_own_answer_with_status_200():
    found = end(push_of(BASE + vs(ONLY_B)), "grpc://quay:9080/a.B/C")
    assert (found.id, found.status, found.details) == ("no-route", 200, "route_not_found")
    assert "grpc-status 12" in found.text
    denied = end(push_of(BASE + DENIES), "grpc://quay:9080/a.B/C", "")
    assert (denied.status, "grpc-status 7" in denied.text) == (200, True)


def test_a_wildcards_endpoint_is_the_host_that_is_called():
    entry = obj(
        "ServiceEntry",
        "wide",
        "{hosts: ['*.far.example'], location: MESH_EXTERNAL, resolution: DYNAMIC_DNS, ports: ["
        "{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}]}",
    )
    for url, name in (
        ("http://a.far.example/", "a.far.example:80"),
        ("https://b.far.example/", "b.far.example:443"),
    ):
        (branch,) = traced(push_of(BASE + entry), url).branches
        assert branch.steps[-1].name == name


def test_endpoints_without_a_workload_are_named():
    entry = obj(
        "ServiceEntry",
        "far",
        "{hosts: [far.example], resolution: STATIC, ports: [{number: 80, name: http, "
        "protocol: HTTP}], endpoints: [{address: 10.2.0.1}, {address: 10.2.0.2}]}",
    )
    (branch,) = traced(push_of(BASE + entry), "http://far.example/").branches
    assert branch.steps[1].text == "2 endpoints: 10.2.0.1:80, 10.2.0.2:80."
    assert branch.steps[1].made.by == "ServiceEntry shop/far"
