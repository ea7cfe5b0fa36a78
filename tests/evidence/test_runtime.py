import json

from tests.evidence.any_json import assert_takes_any_json
from tests.evidence.fuzz import CONTEXT, assert_never_raises
from why503.evidence import runtime

PAGE = {
    "layers": ["base", "admin"],
    "entries": {"overload.x": {"layer_values": ["1", "2"], "final_value": "2"}, "odd": 7},
}


def test_the_value_in_force_is_told():
    text = json.dumps(PAGE)
    assert runtime.bid(text) >= 0.9
    (found,) = runtime.read(text, CONTEXT).facts
    assert (found.kind, found.partial) == ("ProxyRuntime", True)
    assert found.get("entries") == {"overload.x": "2"}


def test_entries_of_something_else_are_left_alone():
    assert runtime.bid('{"entries": [1]}') == 0.0


def test_takes_any_json():
    assert_takes_any_json(runtime, PAGE)


def test_never_raises():
    assert_never_raises(runtime, json.dumps(PAGE, indent=1))
