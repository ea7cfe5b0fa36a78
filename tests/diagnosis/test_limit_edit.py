from tests.mesh.build import log, outbound
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.limit_edit import buckets_doubled, denial_off, limits_raised
from why503.mesh.traffic_policy import limits_set

RULE = obj(
    "DestinationRule",
    "orders",
    "{host: orders, trafficPolicy: {connectionPool: {http: {http1MaxPendingRequests: 2}}}}",
)


def test_a_limit_is_raised_by_what_was_refused_in_the_busiest_second():
    refused = outbound(503, "UO", details="upstream_reset_before_response_started{overflow}")
    mesh = mesh_of(RULE, log(refused, refused, refused))
    hop = mesh.hops[0]
    raised = limits_raised(hop, mesh, limits_set(mesh, hop.host, hop.port))
    (put,) = raised.edits
    assert put.path[-1] == "http1MaxPendingRequests"
    assert put.value > 2
    assert f"= {put.value}." in raised.derived[0]


FILTER = obj(
    "EnvoyFilter",
    "limit",
    "{configPatches: [{patch: {value: {typed_config: {failure_mode_deny: true, token_bucket: "
    "{max_tokens: 10, tokens_per_fill: 5, fill_interval: 1s}}}}}]}",
)


def test_a_bucket_is_doubled_and_says_so():
    doubled = buckets_doubled(mesh_of(FILTER))
    assert {put.path[-1]: put.value for put in doubled.edits} == {
        "max_tokens": 20,
        "tokens_per_fill": 10,
    }
    assert len(doubled.derived) == 2


def test_a_filter_that_denies_without_its_service_lets_pass():
    (put,) = denial_off(mesh_of(FILTER))
    assert (put.path[-1], put.value) == ("failure_mode_deny", False)
    assert denial_off(mesh_of(FILTER.replace("true", "false"))) == ()
