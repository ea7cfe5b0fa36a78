from why503.diagnosis.misplaced_field import instead_of


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
