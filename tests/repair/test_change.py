import pytest

from why503.repair.change import (
    Append,
    Drop,
    Edit,
    Item,
    Put,
    RefusedError,
    Target,
    Verb,
    applied,
    edit_of,
    same,
    spelled,
)

HERE = Target(document=0)
ROOT = {
    "spec": {
        "host": "web",
        "policy": None,
        "ports": [{"port": {"number": 80}, "tls": 1}, {"port": {"number": 81}}],
        "exportTo": ["."],
    }
}


def put(*path, value="new"):
    return edit_of(ROOT, Put(target=HERE, path=path, value=value))


def test_a_value_that_is_there_is_replaced():
    assert put("spec", "host") == Edit(verb=Verb.REPLACE, path=("spec", "host"), value="new")


def test_mappings_on_the_way_are_made():
    wanted = Edit(verb=Verb.ADD_KEY, path=("spec", "a"), value={"b": {"c": "new"}})
    assert put("spec", "a", "b", "c") == wanted


def test_a_null_gives_way_to_a_mapping():
    wanted = Edit(verb=Verb.REPLACE, path=("spec", "policy"), value={"tls": "new"})
    assert put("spec", "policy", "tls") == wanted


def test_an_element_is_chosen_by_what_stands_in_it():
    item = Item(where={"port": {"number": 81}})
    assert put("spec", "ports", item, "tls") == Edit(
        verb=Verb.ADD_KEY, path=("spec", "ports", 1, "tls"), value="new"
    )


def test_an_element_that_is_absent_is_made_with_what_chooses_it():
    item = Item(where={"port": {"number": 82}})
    assert put("spec", "ports", item, "port", "name", value="x") == Edit(
        verb=Verb.ADD_ITEM, path=("spec", "ports", 2), value={"port": {"number": 82, "name": "x"}}
    )


def test_what_stands_already_is_no_edit():
    assert put("spec", "host", value="web") is None
    assert edit_of(ROOT, Drop(target=HERE, path=("spec", "absent", "deep"))) is None


def test_one_is_not_true():
    assert put("spec", "ports", 0, "tls", value=True) is not None
    assert not same({"a": [1]}, {"a": [True]})
    assert not same({"a": 1}, {"a": 1.0})
    assert same({"a": float("nan"), "b": 1}, {"b": 1, "a": float("nan")})
    assert not same([1], [1, 2])


def test_an_element_is_added_to_a_list_that_may_be_absent():
    change = Append(target=HERE, path=("spec", "exportTo"), value="b")
    assert edit_of(ROOT, change) == Edit(
        verb=Verb.ADD_ITEM, path=("spec", "exportTo", 1), value="b"
    )
    absent = Append(target=HERE, path=("spec", "hosts"), value="b")
    assert edit_of(ROOT, absent) == Edit(verb=Verb.ADD_KEY, path=("spec", "hosts"), value=["b"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Put(target=HERE, path=("spec", "host", "a"), value=1), "`spec.host` is no mapping"),
        (Put(target=HERE, path=("spec", 0), value=1), "`spec` is no list"),
        (Put(target=HERE, path=("spec", "exportTo", 4), value=1), "has 1 elements"),
        (Put(target=HERE, path=("spec", "new", 0), value=1), "cannot be made"),
        (Append(target=HERE, path=("spec", "host"), value=1), "`spec.host` is no list"),
        (Put(target=HERE, path=("spec", "ports", Item(where={})), value=1), "2 elements"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_in_a_sentence(change, said):
    with pytest.raises(RefusedError, match=r"\.$") as refused:
        edit_of(ROOT, change)
    assert said in str(refused.value)


def test_an_edit_makes_a_new_value_and_leaves_the_old_one():
    edit = Edit(verb=Verb.REMOVE, path=("spec", "ports", 0))
    assert len(applied(ROOT, edit)["spec"]["ports"]) == 1
    assert len(ROOT["spec"]["ports"]) == 2


def test_targets_and_paths_are_spelled_as_people_write_them():
    assert spelled(("spec", "http", 0, Item(where={"name": "a"}))) == "spec.http[0][name=a]"
    assert Target(kind="Service", name="a", namespace="b").words == "Service b/a"
    assert Target(document=1).words == "document 2"
