import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.access_log.made import VALUES, log
from why503.evidence.access_log.json_line import read_json

ISTIO = {
    "start_time": VALUES["time"],
    "response_code": 503,
    "response_flags": "URX,UF",
    "response_code_details": "via_upstream",
    "upstream_transport_failure_reason": None,
    "duration": 12,
    "bytes_sent": 95,
    "path": "/a",
    "method": "GET",
    "upstream_cluster": "inbound|80||",
}


def test_istio_json_is_read_with_numbers_and_nulls():
    fact = log(json.dumps(ISTIO))
    (one,) = fact.failures
    assert fact.formats == ("Istio JSON",)
    assert (one.code, one.flags, one.duration) == (503, {"URX", "UF"}, 12.0)
    assert one.transport_failure == ""
    assert one.route is None
    assert one.time == 1772600767.25


def test_numbers_may_be_strings_and_missing_values_dashes():
    strings = {key: "-" if value is None else str(value) for key, value in ISTIO.items()}
    (one,) = log(json.dumps(strings)).failures
    assert (one.code, one.duration, one.bytes_sent, one.transport_failure) == (503, 12.0, 95, "")


@pytest.mark.parametrize(
    ("code", "flags", "request_id"),
    [
        ("status", "responseFlags", "x-request-id"),
        ("responseCode", "RESPONSE_FLAGS", "requestId"),
        ("response-code", "flags", "X-Request-ID"),
    ],
)
def test_keys_are_recognised_in_any_spelling(code, flags, request_id):
    (one,) = log(
        json.dumps({code: "503", flags: "UC", request_id: "abc", ":authority": "x:1"})
    ).failures
    assert (one.code, one.flags, one.request_id, one.authority) == (503, {"UC"}, "abc", "x:1")


def test_envoy_gateway_json_is_named():
    found = read_json('{":authority": "a", "response_code": 200, "response_flags": "-"}')
    assert found is not None
    assert found[0] == "Envoy Gateway JSON"


def test_a_wrapped_object_is_read_but_not_what_the_shipper_says_of_itself():
    text = json.dumps(
        {
            "kubernetes": {"host": "node-1", "duration": 99},
            "log": {"response_code": 504, "response_flags": ["UT"], "duration": 1.0},
        }
    )
    (one,) = log(text).failures
    assert (one.code, one.flags, one.duration, one.authority) == (504, {"UT"}, 1.0, None)


def test_a_cut_json_line_is_read_pair_by_pair():
    (one,) = log(json.dumps(ISTIO)[:-20] + "...").failures
    assert (one.code, one.flags, one.path) == (503, {"URX", "UF"}, "/a")


@pytest.mark.parametrize("text", ["{}", "{", "[1]", '{"status": 503}', '{"response_flags": "UC"}'])
def test_other_json_is_not_an_access_log_line(text):
    assert read_json(text) is None


@given(
    st.dictionaries(
        st.sampled_from(["status", "response_flags", "duration", "a", "path"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
    )
)
def test_any_json_object_is_read_without_harm(data):
    log(json.dumps(ISTIO), json.dumps(data))
