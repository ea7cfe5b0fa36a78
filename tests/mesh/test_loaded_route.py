import pytest

from tests.mesh.build import log, mesh, outbound
from tests.mesh.make import mesh_of
from why503.facts import (
    FilterCall,
    FilterChain,
    HttpSettings,
    LoadedCluster,
    LoadedFault,
    LoadedListener,
    LoadedRoute,
    RetryPolicy,
    Source,
)
from why503.mesh import loaded_route
from why503.mesh.route import faults, per_try_timeout, retry_policy, route_timeout

HOST = "orders.shop.svc.cluster.local"
OUT = f"outbound|8080||{HOST}"
RULE = f"""
    kind: VirtualService
    metadata: {{name: orders, namespace: shop}}
    spec:
      hosts: [{HOST}]
      GATEWAYS
      http:
      - timeout: 7s
        retries: {{attempts: 5, perTryTimeout: 3s}}
        fault: {{abort: {{httpStatus: 500, percentage: {{value: 10}}}}}}
        route: [{{destination: {{host: {HOST}}}}}]
    """
FOR_SIDECARS = RULE.replace("GATEWAYS", "exportTo: ['.']")
FOR_A_GATEWAY = RULE.replace("GATEWAYS", "gateways: [shop/front, mesh]")
PLACE = Source(path="d.json", line=5)


def route(cluster=OUT, teller="caller", **fields):
    return LoadedRoute(
        source=PLACE,
        teller=teller,
        config="8080",
        virtual_host="orders",
        domains=(HOST, "orders"),
        name="default",
        cluster=cluster,
        **fields,
    )


def listener(teller="caller", **fields):
    return LoadedListener(
        source=PLACE, teller=teller, name="in", chains=(FilterChain(http=HttpSettings(**fields)),)
    )


def test_a_loaded_timeout_beats_the_rule():
    found = route_timeout(mesh_of(FOR_SIDECARS, route(timeout=4.0)), HOST)
    assert found is not None
    assert (found.value, found.source) == (4.0, PLACE)
    assert found.by == "the loaded route 8080/default of caller"


def test_a_loaded_route_without_limit_makes_a_rule_for_sidecars_void():
    assert route_timeout(mesh_of(FOR_SIDECARS, route(timeout=0.0)), HOST) is None
    kept = route_timeout(mesh_of(FOR_A_GATEWAY, route(timeout=0.0)), HOST)
    assert kept is not None
    assert kept.value == 7.0


def test_a_route_that_names_no_timeout_has_envoys():
    found = route_timeout(mesh_of("", route()), HOST)
    assert found is not None
    assert found.value == 15.0


def test_a_route_to_another_host_says_nothing():
    other = route("outbound|8080||users.shop.svc.cluster.local", timeout=1.0)
    found = route_timeout(mesh_of(FOR_SIDECARS, other), HOST)
    assert found is not None
    assert found.value == 7.0


def test_loaded_retries_beat_the_rule():
    policy = RetryPolicy(
        retry_on=("connect-failure", "5xx"), num_retries=4, status_codes=(503,), per_try_timeout=2.0
    )
    seen = mesh_of(FOR_SIDECARS, route(timeout=0.0, retry=policy))
    found = retry_policy(seen, HOST)
    assert found is not None
    assert found.value == {
        "attempts": 4,
        "retryOn": "connect-failure,5xx,503",
        "perTryTimeout": "2s",
    }
    limit = per_try_timeout(seen, HOST)
    assert limit is not None
    assert limit.value == 2.0


def test_a_loaded_route_without_retries_makes_the_rule_void():
    seen = mesh_of(FOR_SIDECARS, route())
    assert retry_policy(seen, HOST) is None
    assert per_try_timeout(seen, HOST) is None


def test_loaded_faults_are_told_in_the_words_of_a_rule():
    fault = LoadedFault(status=503, abort_percent=25.0, delay=2.5, delay_percent=10.0)
    (found,) = faults(mesh_of(FOR_SIDECARS, route(fault=fault)), HOST)
    assert found.value == {
        "abort": {"httpStatus": 503, "percentage": {"value": 25.0}},
        "delay": {"fixedDelay": "2.5s", "percentage": {"value": 10.0}},
    }
    assert faults(mesh_of(FOR_SIDECARS, route()), HOST) == ()
    assert len(faults(mesh_of(FOR_SIDECARS), HOST)) == 1


def test_a_fault_for_nobody_is_none():
    assert faults(mesh_of("", route(fault=LoadedFault(status=503))), HOST) == ()


def cluster(name, teller="caller"):
    return LoadedCluster(source=PLACE, teller=teller, name=name)


WHOLE = cluster("BlackHoleCluster")


def test_a_route_whose_cluster_is_not_loaded_is_found_in_a_whole_dump_only():
    hop = mesh(log(outbound(503, "NC"), teller="caller")).hops[0]
    found = loaded_route.routes_without_cluster(hop, mesh_of("", route(), WHOLE))
    assert [name for _route, name in found] == [OUT]
    for facts in (
        [route(), cluster("outbound|1||a.b.svc.cluster.local")],
        [route(), WHOLE, cluster(OUT)],
        [route(teller="other"), cluster("BlackHoleCluster", "other")],
    ):
        assert loaded_route.routes_without_cluster(hop, mesh_of("", *facts)) == ()


@pytest.mark.parametrize(
    ("fields", "values"),
    [({}, [300.0]), ({"stream_idle_timeout": 0.0}, []), ({"stream_idle_timeout": 9.0}, [9.0])],
)
def test_listeners_tell_the_idle_limit_of_streams(fields, values):
    seen = mesh_of("", listener(**fields))
    found = loaded_route.stream_idle_limits(seen, HOST, {"caller"})
    assert [setting.value for setting in found] == values
    assert loaded_route.stream_idle_limits(seen, HOST, {"another"}) == ()


def test_a_routes_own_idle_limit_comes_first():
    seen = mesh_of("", listener(stream_idle_timeout=9.0), route(idle_timeout=5.0))
    found = loaded_route.stream_idle_limits(seen, HOST, {"caller"})
    assert [setting.value for setting in found] == [5.0, 9.0]


def test_every_place_that_can_limit_a_duration_is_asked():
    held = LoadedCluster(source=PLACE, teller="caller", name=OUT, max_connection_duration=4.0)
    seen = mesh_of(
        "",
        listener(max_stream_duration=2.0, max_connection_duration=3.0),
        route(max_stream_duration=1.0),
        held,
    )
    found = loaded_route.duration_limits(seen, HOST, {"caller"})
    assert [setting.value for setting in found] == [1.0, 2.0, 3.0, 4.0]


def test_filters_are_found_by_a_part_of_their_name():
    seen = mesh_of("", listener(filters=("envoy.filters.http.local_ratelimit", "router")))
    found = loaded_route.http_filters_loaded(seen, {"caller"}, "ratelimit")
    assert [setting.value for setting in found] == ["envoy.filters.http.local_ratelimit"]
    assert loaded_route.http_filters_loaded(seen, {"other"}, "ratelimit") == ()


def test_services_that_filters_ask_are_found_with_their_listener():
    call = FilterCall(filter="envoy.filters.http.ext_authz", cluster="guard", timeout=0.5)
    seen = mesh_of("", listener(calls=(call,)))
    (found,) = loaded_route.filter_calls(seen, {"caller"}, "ext_authz")
    assert (found.value, found.by) == (call, "the loaded listener in of caller")
    assert loaded_route.filter_calls(seen, {"caller"}, "ratelimit") == ()
