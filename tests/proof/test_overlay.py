from why503.proof.overlay import merged, plain, stacked


def test_mappings_join_and_all_else_replaces():
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merged(base, {"a": {"c": (3,)}}) == {"a": {"b": 1, "c": [3]}, "d": 1}
    assert base["a"]["c"] == [1, 2]


def test_none_removes():
    assert merged({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}) == {"a": {"c": 2}}


def test_stacked_overlays_act_as_one_after_the_other():
    lower, upper = {"route": {"timeout": "1s", "x": 1}}, {"route": {"x": None}}
    base = {"x": 0, "y": 2}
    together = merged(base, stacked(lower, upper)["route"])
    assert together == merged(merged(base, lower["route"]), upper["route"])


def test_lists_of_places_are_joined():
    assert stacked({"routes": ({"a": 1},)}, {"routes": [{"b": 2}]}) == {
        "routes": [{"a": 1}, {"b": 2}]
    }


def test_other_places_take_the_upper_value():
    assert stacked({"endpoints": ["a"]}, {"endpoints": []}) == {"endpoints": []}


def test_none_takes_back_what_was_said_of_a_place():
    lower = {"routes": [{"a": 1}], "endpoints": [], "route": {"b": 1}}
    assert stacked(lower, {"routes": None, "endpoints": None}) == {"route": {"b": 1}}


def test_plain_knows_only_dictionaries_and_lists():
    assert plain({"a": ({"b": ("c",)},)}) == {"a": [{"b": ["c"]}]}
