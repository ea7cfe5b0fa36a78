import json

from tests.evidence.any_json import assert_takes_any_json
from tests.evidence.fuzz import CONTEXT, assert_never_raises
from why503.evidence import listeners_json

ADDRESS = {"socket_address": {"address": "0.0.0.0", "port_value": 15006}}
PAGE = {
    "listener_statuses": [
        {
            "name": "virtualInbound",
            "local_address": ADDRESS,
            "additional_local_addresses": [
                {"socket_address": {"address": "::", "port_value": 15006}}
            ],
        },
        {"name": "pipe", "local_address": {"pipe": {"path": "/x"}}},
    ]
}


def test_every_address_is_an_object():
    text = json.dumps(PAGE, indent=1)
    assert listeners_json.bid(text) >= 0.9
    found = listeners_json.read(text, CONTEXT).facts
    assert [(one.name, one.get("address"), one.get("port")) for one in found] == [
        ("virtualInbound", "0.0.0.0", 15006),
        ("virtualInbound", "::", 15006),
    ]
    assert {one.kind for one in found} == {"ProxyListener"}


def test_takes_any_json():
    assert_takes_any_json(listeners_json, PAGE)


def test_never_raises():
    assert_never_raises(listeners_json, json.dumps(PAGE, indent=1))
