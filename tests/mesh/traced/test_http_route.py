from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, HOST, proxy, push_of
from why503.mesh.traced.http_route import (
    cluster_of,
    last_those_that_take_all,
    retries_of,
    routes_of,
    takes_all,
    timeout_of,
    weighted,
)
from why503.mesh.traced.routing import MESH, Target


def built(rules, port=9080, text=""):
    spec = f"{{hosts: [quay], http: [{rules}]}}"
    push = push_of(BASE + text + obj("VirtualService", "quay", spec))
    caller = proxy(push)
    return routes_of(
        push.routings[0],
        port,
        frozenset({MESH}),
        caller,
        lambda host: push.service(host, "shop"),
    )


TO = "route: [{destination: {host: quay}}]"


def test_rules_for_other_ports_gateways_and_callers_are_left_out():
    rules = (
        f"{{name: p, match: [{{port: 1}}], {TO}}}, {{name: g, match: [{{gateways: [gw]}}], {TO}}}, "
        f"{{name: l, match: [{{sourceLabels: {{app: other}}}}], {TO}}}, "
        f"{{name: n, match: [{{sourceNamespace: web}}], {TO}}}, "
        f"{{name: mine, match: [{{sourceLabels: {{app: desk}}, name: in}}], {TO}}}"
    )
    assert [route.name for route in built(rules)] == ["mine.in"]


def test_nothing_comes_after_a_rule_that_takes_everything():
    found = built(f"{{name: a, match: [{{uri: {{prefix: /}}}}], {TO}}}, {{name: b, {TO}}}")
    assert [route.name for route in found] == ["a"]
    assert takes_all(found[0])


def test_what_takes_everything_goes_behind_the_others_of_a_host():
    first, second = (
        built(f"{{name: a, {TO}}}")[0],
        built(f"{{name: b, match: [{{uri: {{exact: /b}}}}], {TO}}}")[0],
    )
    assert [one.name for one in last_those_that_take_all([first, second])] == ["b", "a"]


def test_a_cluster_takes_the_only_port_else_the_listeners():
    push = push_of(BASE)
    service = push.service(HOST, "shop")
    target = Target(host=HOST, subset="v1")
    assert cluster_of(target, 80, service) == f"outbound|9080|v1|{HOST}"
    assert cluster_of(target, 80, None) == f"outbound|80|v1|{HOST}"
    assert cluster_of(Target(host=HOST, port=7), 80, service) == f"outbound|7||{HOST}"
    assert cluster_of(Target(host=""), 80, None) == "UnknownService"


def test_weights_redirects_answers_faults_and_mirrors_are_kept():
    (weighted,) = built(
        "{fault: {abort: {httpStatus: 500}}, mirror: {host: pier}, route: ["
        "{destination: {host: quay, subset: a}, weight: 9}, "
        "{destination: {host: quay, subset: b}, weight: 1}, "
        "{destination: {host: quay, subset: c}, weight: 0}]}"
    )
    assert [weight for _name, weight in weighted.clusters] == [9, 1]
    assert weighted.fault is not None
    (mirror,) = weighted.mirrors
    assert mirror[:2] == ("outbound|9080||pier.shop.svc.cluster.local", 100.0)
    assert mirror.source is not None
    assert built("{redirect: {uri: /x}}")[0].redirect == 301
    assert built("{directResponse: {status: 418}}")[0].answer == 418


def test_times_and_retries_are_the_rules_own_or_the_proxys():
    own = f"{{timeout: 3s, retries: {{attempts: 7}}, {TO}}}"
    push = push_of(obj("VirtualService", "a", f"{{hosts: [a], http: [{own}, {{{TO}}}]}}"))
    first, second = push.routings[0].http
    assert (timeout_of(first).value, timeout_of(second).value) == (3.0, 0.0)
    assert retries_of(first, proxy(push)).value == {"attempts": 7}
    assert retries_of(second, proxy(push)).default


def test_every_destination_keeps_its_line():
    (found,) = built(
        "{route: [{destination: {host: quay, subset: a}, weight: 1}, "
        "{destination: {host: quay, subset: b}, weight: 0}, "
        "{destination: {host: quay, subset: c}, weight: 1}]}"
    )
    assert len(weighted(push_of("").routings)) == 0
    assert len(found.places) == len(found.clusters) == 2
    assert all(place is not None for place in found.places)


def test_header_conditions_are_taken_over():
    rules = (
        "{match: [{headers: {a: {exact: '1'}, b: {}}, withoutHeaders: {c: {}}, "
        f"method: {{exact: GET}}, queryParams: {{q: {{exact: x}}}}}}], {TO}}}"
    )
    (found,) = built(rules)
    told = [(name, one.kind, one.negated) for name, one in found.match.headers]
    assert told == [
        (":method", "exact", False),
        ("a", "exact", False),
        ("b", "present", False),
        ("c", "present", True),
    ]
    assert found.match.query[0][0] == "q"
