import pytest

from why503.evidence.access_log.operators import OPERATOR, is_operator, operator


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("%REQ(X-ENVOY-ORIGINAL-PATH?:PATH):100%", "path"),
        ("%REQ(x-request-id)%", "request_id"),
        ("%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%", "upstream_service_time"),
        ("%RESP(USER-AGENT)%", None),
        ("%UPSTREAM_CLUSTER_RAW%", "upstream_cluster"),
        ("%START_TIME(%Y-%m-%d)%", "time"),
        ("%FILTER_STATE(a.b:PLAIN):20%", None),
        ("%TRAILER(GRPC-STATUS)%", None),
        ("%NEW_THING(x)%", None),
    ],
)
def test_an_operator_fills_its_field(written, field):
    found = OPERATOR.fullmatch(written)
    assert found is not None
    assert operator(found.group(1), found.group(2)).field == field


def test_only_operators_of_envoy_count_as_known():
    assert is_operator("TRAILER")
    assert is_operator("RESPONSE_FLAGS_LONG")
    assert not is_operator("NEW_THING")
