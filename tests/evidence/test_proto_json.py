import pytest

from why503.evidence import proto_json


def test_both_spellings_of_a_field_are_found():
    assert proto_json.get({"connect_timeout": 1}, "connect_timeout") == 1
    assert proto_json.get({"connectTimeout": 2}, "connect_timeout") == 2
    assert proto_json.message({"aB": {"cD": {"x": 1}}}, "a_b", "c_d") == {"x": 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(7, 7), ("7", 7), ({"value": 7}, 7), (7.0, 7), (True, None), ("x", None), (1e30, None)],
)
def test_whole_numbers_come_in_many_forms(value, expected):
    assert proto_json.number({"n": value}, "n") == expected


def test_durations_are_seconds():
    assert proto_json.seconds({"t": "0.250s"}, "t") == 0.25
    assert proto_json.seconds({"t": []}, "t") is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ({"socket_address": {"address": "10.1.0.4", "port_value": 80}}, "10.1.0.4:80"),
        ({"socketAddress": {"address": "fd00::4", "portValue": 80}}, "[fd00::4]:80"),
        ({"pipe": {"path": "/var/run/x.sock"}}, "/var/run/x.sock"),
        ({"envoyInternalAddress": {"serverListenerName": "connect"}}, "connect"),
        ({}, ""),
    ],
)
def test_addresses_are_spelled_as_envoy_spells_them(address, expected):
    assert proto_json.address_of(address) == expected


def test_whatever_stands_there_gets_an_empty_answer():
    for odd in (None, 7, "x", [], {"f": {}}, {"f": 7.5}):
        assert proto_json.word(odd, "f") == ""
        assert proto_json.words(odd, "f") == ()
        assert list(proto_json.messages(odd, "f")) == []
        assert proto_json.message(odd, "f") == {}
        assert proto_json.truth(odd, "f") is False
        assert proto_json.typed(odd, "x") is False
