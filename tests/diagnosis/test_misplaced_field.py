import pytest

from why503.diagnosis.misplaced_field import instead_of, place_of, wrong_names


def test_a_field_that_circulates_is_led_to_its_place():
    found = instead_of("DestinationRule", ("spec",), "outlierDetection")
    assert found == "spec.trafficPolicy.outlierDetection"


def test_indexes_and_subsets_do_not_hide_it():
    path = ("spec", "subsets", 0, "trafficPolicy", "outlierDetection")
    assert instead_of("DestinationRule", path, "consecutive5xx") == "consecutive5xxErrors"


def test_names_of_envoy_are_known_everywhere():
    assert "connectionPool" in (
        instead_of("Sidecar", ("spec", "ingress", 0), "httpProtocolOptions") or ""
    )


def test_an_unheard_of_field_has_no_advice():
    assert instead_of("VirtualService", ("spec",), "speed") is None


POOL = ("spec", "trafficPolicy", "connectionPool")


@pytest.mark.parametrize(
    ("kind", "parent", "name", "value", "place"),
    [
        ("DestinationRule", ("spec",), "connectionPool", {}, POOL),
        ("DestinationRule", (*POOL, "tcp"), "idleTimeout", "1s", (*POOL, "http", "idleTimeout")),
        ("Sidecar", ("spec",), "inbound", {}, ("spec", "ingress", 0)),
        ("Sidecar", (), "inbound", [], ("spec", "ingress")),
        ("VirtualService", (), "http", [], ("spec", "http")),
        ("VirtualService", (), "retries", {}, ("spec", "http", 0, "retries")),
        ("VirtualService", ("spec", "http", 2), "connectionPool", {}, None),
        ("VirtualService", ("spec",), "speed", {}, None),
    ],
)
def test_the_place_where_the_fields_of_a_misplaced_block_belong(kind, parent, name, value, place):
    assert place_of(kind, parent, name, value) == place


def test_names_of_envoy_are_found_below_whatever_is_unknown():
    value = {"a": [{"httpProtocolOptions": {"idleTimeout": "1s"}}], "b": 1}
    assert list(wrong_names(value)) == [(("a", 0), "httpProtocolOptions")]
