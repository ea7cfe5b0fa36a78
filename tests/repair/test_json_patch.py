import pytest

from why503.repair.change import Append, Drop, Put, RefusedError, Target
from why503.repair.json_patch import json_patch, merge_patch

HERE = Target(document=0)
ROOT = {"metadata": {"annotations": {"a/b~c": "1"}}, "spec": {"http": [{"a": 1}], "old": {"x": 1}}}


def change(kind, *path, **value):
    return kind(target=HERE, path=path, **value)


CHANGES = [
    change(Put, "metadata", "annotations", "a/b~c", value="2"),
    change(Put, "spec", "tls", "mode", value="SIMPLE"),
    change(Append, "spec", "http", value={"b": 2}),
    change(Put, "spec", "http", 0, "a", value=3),
    change(Drop, "spec", "old", "x"),
    change(Drop, "spec", "absent"),
]


def test_operations_point_as_the_standard_says():
    assert json_patch(ROOT, CHANGES) == [
        {"op": "replace", "path": "/metadata/annotations/a~1b~0c", "value": "2"},
        {"op": "add", "path": "/spec/tls", "value": {"mode": "SIMPLE"}},
        {"op": "add", "path": "/spec/http/-", "value": {"b": 2}},
        {"op": "replace", "path": "/spec/http/0/a", "value": 3},
        {"op": "remove", "path": "/spec/old/x"},
    ]


def test_a_merge_patch_holds_what_changes_and_lists_whole():
    assert merge_patch(ROOT, CHANGES) == {
        "metadata": {"annotations": {"a/b~c": "2"}},
        "spec": {"tls": {"mode": "SIMPLE"}, "http": [{"a": 3}, {"b": 2}], "old": {"x": None}},
    }


def merged(value, patch):
    """RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    made = dict(value) if isinstance(value, dict) else {}
    for key, inner in patch.items():
        if inner is None:
            made.pop(key, None)
        else:
            made[key] = merged(made.get(key), inner)
    return made


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ([change(Drop, "spec")], {"a": {"b": 1}}),
        ([change(Put, "a", value={"c": 1})], {"a": {"c": 1}, "spec": {"x": 1}}),
        ([change(Put, "a", "b", value={}), change(Drop, "a")], {"spec": {"x": 1}}),
        ([change(Drop, "a"), change(Put, "a", "c", value=2)], {"a": {"c": 2}, "spec": {"x": 1}}),
        ([change(Put, "spec", "x", value="s")], {"a": {"b": 1}, "spec": {"x": "s"}}),
    ],
)
def test_a_merge_patch_merged_gives_what_was_wanted(changes, wanted):
    root = {"a": {"b": 1}, "spec": {"x": 1}}
    assert merged(root, merge_patch(root, changes)) == wanted


def test_a_null_cannot_be_merged():
    with pytest.raises(RefusedError, match="that means to remove it"):
        merge_patch(ROOT, [change(Put, "spec", "tls", value={"a": None})])


def test_nothing_to_change_is_an_empty_patch():
    assert (json_patch(ROOT, CHANGES[-1:]), merge_patch(ROOT, CHANGES[-1:])) == ([], {})
