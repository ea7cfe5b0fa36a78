from why503.facts import Manifest, Source

THING = Manifest(
    source=Source(path="a.yaml", line=1),
    kind="Service",
    name="orders",
    namespace="shop",
    data={"spec": {"ports": [{"port": 80}, {"port": 81}], "none": None}},
    lines={("spec",): (3, 1), ("spec", "ports", 0): (5, 5)},
)


def test_a_value_is_found_by_its_path() -> None:
    assert THING.get("spec", "ports", 1, "port") == 81
    assert THING.get("spec", "ports", -1, "port") == 81
    assert THING.get("spec", "ports", 2, default="x") == "x"
    assert THING.get("spec", "ports", "port") is None
    assert THING.get("spec", "none", default="x") is None
    assert THING.get() == THING.data


def test_the_place_is_that_of_the_nearest_field_around() -> None:
    assert THING.where("spec", "ports", 0, "port") == Source(path="a.yaml", line=5, column=5)
    assert THING.where("spec", "type").line == 3
    assert THING.where("status") == THING.source


def test_items_are_numbered_and_none_where_there_is_no_list() -> None:
    assert THING.items("spec", "ports") == [(0, {"port": 80}), (1, {"port": 81})]
    assert THING.items("spec") == []


def test_the_full_name_serves_sentences() -> None:
    assert THING.full_name == "Service shop/orders"
