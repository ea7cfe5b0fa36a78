import pytest

from why503.evidence.manifest_kind import is_bare_spec, kind_of_shape


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ({"selector": {}, "servers": []}, "Gateway"),
        ({"hosts": ["a"], "http": []}, "VirtualService"),
        ({"http": [{"route": []}]}, "VirtualService"),
        ({"parentRefs": [], "rules": []}, "HTTPRoute"),
        ({"host": "a", "subsets": []}, "DestinationRule"),
        ({"hosts": ["a"], "resolution": "DNS"}, "ServiceEntry"),
        ({"clusterIP": "None", "ports": []}, "Service"),
    ],
)
def test_a_spec_that_only_one_kind_has_betrays_it(spec, kind):
    assert kind_of_shape({"spec": spec}) == kind


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"spec": None},
        {"spec": {"selector": {}, "ports": []}},
        {"spec": {"host": "a"}},
        {"spec": {"host": "a", "trafficPolicy": None}},
        {"spec": {"http": [1]}},
        {"spec": {"template": {}, "selector": {}}},
    ],
)
def test_a_spec_that_several_kinds_can_have_betrays_none(data):
    assert kind_of_shape(data) == ""


def test_a_status_with_parents_is_that_of_a_route():
    assert kind_of_shape({"status": {"parents": []}}) == "HTTPRoute"


def test_inside_of_a_spec_is_known_without_the_word_spec():
    assert is_bare_spec({"host": "till", "subsets": []})
    assert is_bare_spec({"http": [{"route": []}]})
    assert not is_bare_spec({"kind": "X", "host": "till", "subsets": []})
    assert not is_bare_spec({"host": "till"})
