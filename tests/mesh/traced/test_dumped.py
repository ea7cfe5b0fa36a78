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
from tests.mesh.traced.world import QUAY, call, end, push_of, traced
from why503.facts import (
    FilterChain,
    HttpSettings,
    LoadedFault,
    OutlierDetection,
    RetryPolicy,
    Threshold,
    Transport,
)
from why503.mesh.traced.call import Speech, Tls, Way
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.envoy import Stop, pass_through

POD = (
    "---\nkind: Pod\nmetadata: {name: quay-1, namespace: shop, labels: {app: quay}}\n"
    "spec: {containers: [{name: istio-proxy}]}\nstatus: {podIP: 10.1.0.7}\n"
)
URL = "http://quay:9080/a"


def of(*facts, text=""):
    return Dump(push_of(text, *facts), TELLER)


def through(facts, **asked):
    told = call(**asked)
    return pass_through(of(*facts).config(told.port), told)


def test_a_dump_is_followed_like_yaml():
    found = traced(push_of("", *dump(endpoint())), URL)
    assert [step.made.source for step in found.steps] == [HERE] * 4
    assert found.branches[0].outcome.passes
    assert found.branches[0].steps[1].name == "10.1.0.7:8080"


def test_the_default_chain_takes_what_no_other_takes():
    assert through(dump(), speech=Speech.TCP).clusters == (("PassthroughCluster", 100),)
    assert through(dump(), host="quay").clusters == ((CLUSTER, 100),)
    assert through(dump(), host="pier").stop is Stop.NO_VIRTUAL_HOST


def test_listeners_that_are_not_open_or_not_its_own_are_passed_over():
    old = listener(http(), PASSING, state="draining")
    other = listener(http(), teller="other")
    assert through((info(), old, other)).stop is Stop.NO_LISTENER
    assert of(old).shown
    assert not of(other).shown


def test_ranges_ports_and_names_of_chains_count():
    chains = (
        FilterChain(ranges=("10.9.0.0/16",), clusters=("a",)),
        FilterChain(server_names=("b.example",), clusters=("b",)),
        PASSING,
    )
    facts = (info(), listener(*chains))
    assert through(facts, speech=Speech.TCP).clusters[0][0] == "a"
    elsewhere = {"address": "10.1.1.1", "speech": Speech.TCP}
    assert through(facts, sni="b.example", tls=Tls.TLS, **elsewhere).clusters[0][0] == "b"
    assert through(facts, **elsewhere).clusters[0][0] == "PassthroughCluster"


def test_the_inbound_listener_demands_what_its_chains_say():
    chain = FilterChain(
        port=8080,
        transport_protocol="tls",
        tls=MESH_TLS,
        http=HttpSettings(route_config="inbound|8080||"),
    )
    inside = listener(chain, name="0.0.0.0_15006", direction="INBOUND")
    own = route(config="inbound|8080||", domains=("*",), cluster="inbound|8080||")
    asked = {"way": Way.INBOUND, "port": 8080}
    assert through((inside, own), tls=Tls.MESH, **asked).clusters[0][0] == "inbound|8080||"
    assert through((inside, own), tls=Tls.TLS, **asked).stop is Stop.MTLS_ERROR
    assert through((inside, own), **asked).stop is Stop.NO_FILTER_CHAIN


def routed(*routes, **asked):
    facts = (info(), listener(http(), PASSING), *routes)
    found = through(facts, **{"host": "quay", **asked})
    return found.route.name if found.route is not None else found.stop


def test_conditions_of_a_loaded_route_are_judged():
    first = route(name="a", match="prefix /b")
    assert routed(first, route(), path="/bc") == "a"
    assert (
        routed(route(name="a", match="path_separated_prefix /b"), route(), path="/bc") == "default"
    )
    assert routed(route(name="a", match="regex /b+"), route(), path="/bb") == "a"
    header = route(name="a", match="prefix / + header x", headers=(("x", "exact 1"),))
    assert routed(header, route(), headers={"x": "1"}) == "a"
    assert routed(header, route()) == "default"
    negated = route(name="a", headers=(("x", "not present"),))
    assert routed(negated, route()) == "a"
    query = route(name="a", match="prefix / + query q", query=(("q", "exact 7"),))
    assert routed(query, route(), query={"q": "7"}) == "a"
    assert routed(query, route(), query={"q": "8"}) == "default"


def test_what_a_loaded_route_does_is_told():
    odd = route(
        cluster="",
        weighted=(("a", 3), ("b", 1), ("off", 0)),
        retry=RetryPolicy(retry_on=("5xx",), num_retries=4),
        fault=LoadedFault(status=500, abort_percent=50),
        timeout=3.0,
    )
    found = through((info(), listener(http(), PASSING), odd), host="quay").route
    assert found is not None
    assert found.clusters == (("a", 3), ("b", 1))
    assert found.timeout is not None
    assert found.timeout.value == 3.0
    assert found.retries is not None
    assert found.retries.value["attempts"] == 4
    assert found.fault is not None
    assert found.fault.value["abort"]["httpStatus"] == 500
    assert routed(route(redirect=True)) == "default"


def test_copies_redirects_and_the_demand_for_tls_are_told():
    odd = route(mirrors=(("m", 25.0),))
    found = through((info(), listener(http(), PASSING), odd), host="quay").route
    assert found is not None
    assert [(one.cluster, one.share) for one in found.mirrors] == [("m", 25.0)]
    moved = route(redirect=True, redirect_status=308)
    found = through((info(), listener(http(), PASSING), moved), host="quay").route
    assert found is not None
    assert found.redirect == 308
    assert routed(route(requires_tls=True)) is Stop.TLS_REDIRECT


def test_shares_of_tcp_are_the_loaded_ones():
    split = FilterChain(clusters=("a", "b", "off"), weights=(3, 1, 0))
    facts = (info(), listener(split, name="10.9.9.9_70"))
    found = through(facts, address="10.9.9.9", port=70, speech=Speech.TCP)
    assert found.clusters == (("a", 3), ("b", 1))


def test_a_cluster_that_is_not_loaded_is_surely_missing():
    missing = of(*dump()).upstream("outbound|1||x")
    assert (missing.exists, missing.sure) == (False, True)
    cut = of(info(), listener(http())).upstream(CLUSTER)
    assert (cut.exists, cut.sure) == (True, False)


def test_limits_and_outlier_detection_of_a_cluster_are_told():
    odd = cluster(
        thresholds=(Threshold(max_connections=1, max_retries=4_294_967_295),),
        outlier=OutlierDetection(consecutive_5xx=5, base_ejection_time=30.0),
    )
    told = [one.says for one in of(info(), odd).upstream(CLUSTER).applied]
    assert told == [
        "outlierDetection: after 5 errors for 30 s",
        "connectionPool: maxConnections=1",
    ]


def test_endpoints_that_are_down_do_not_count():
    assert end(push_of("", *dump(endpoint(health="UNHEALTHY"))), URL).id == "no-endpoint"
    original = (*dump()[:3], cluster(type="ORIGINAL_DST"))
    assert end(push_of("", *original), URL).passes
    static = (*dump()[:3], cluster(endpoints=("10.1.0.9:1",)))
    assert traced(push_of("", *static), URL).branches[0].steps[1].name == "10.1.0.9:1"


def test_behind_a_loaded_cluster_the_servers_yaml_still_decides():
    strict = obj("PeerAuthentication", "p", "{mtls: {mode: STRICT}}")
    plain = (*dump()[:3], cluster(transports=(Transport(),)), endpoint())
    found = end(push_of(POD + QUAY + strict, *plain), URL)
    assert (found.id, found.flag) == ("no-filter-chain", "UC")
    assert end(push_of(POD + QUAY + strict, *dump(endpoint())), URL).passes


def test_the_address_of_a_service_is_read_from_the_dump():
    chain = FilterChain(clusters=("outbound|70||quay.shop.svc.cluster.local",))
    facts = (info(), listener(chain, name="10.9.9.9_70"), listener(PASSING, name="0.0.0.0_15001"))
    found = traced(push_of("", *facts), "tcp://quay:70")
    assert found.steps[0].name == "10.9.9.9_70"
    sniffed = (info(), listener(http("quay.shop.svc.cluster.local:70"), name="10.9.9.9_70"))
    assert of(*sniffed).address_of(("quay.shop.svc.cluster.local",), 70) == "10.9.9.9"
    assert of(*sniffed).address_of(("pier",), 70) == ""


def test_routes_that_were_not_given_make_nothing_sure():
    facts = (info(), listener(http(), PASSING), cluster())
    found = end(push_of("", *facts), URL)
    assert (found.id, found.sure) == ("no-virtual-host", False)


def test_where_the_dump_holds_no_endpoints_those_of_yaml_stand_for_them():
    found = traced(push_of(POD + QUAY, *dump()), URL)
    (branch,) = found.branches
    assert branch.steps[-1].way == "inbound"
    assert not branch.outcome.sure
    assert any("taken from YAML" in one for one in found.assumed)
    assert not any("taken from YAML" in one for one in traced(push_of("", *dump()), URL).assumed)
