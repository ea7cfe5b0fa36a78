import pytest

from why503.evidence.yaml_direct import documents
from why503.evidence.yaml_inside import mappings_inside
from why503.evidence.yaml_tree import Node, Plain, plain

BLOCK = "data:\n  mesh: |\n    rootNamespace: mill\n    defaultConfig: {drainDuration: 45s}\n"


def inside(text, *path):
    root = next(documents(text))
    outside = plain(root) if isinstance(root, Node) else root
    assert isinstance(outside, Plain)
    return list(mappings_inside(outside, path))


@pytest.mark.parametrize("text", [BLOCK, BLOCK + "other: &a 1\nagain: *a\n"], ids=["plain", "tree"])
def test_fields_of_a_block_have_the_lines_of_the_file(text):
    (found,) = inside(text, "data", "mesh")
    assert found.value["rootNamespace"] == "mill"
    assert found.lines[("rootNamespace",)] == (3, 5)
    assert found.lines[("defaultConfig", "drainDuration")] == (4, 21)


def test_text_on_the_line_of_its_key_stands_there():
    (found,) = inside("data: {mesh: '{\"a\": 1}'}\n", "data", "mesh")
    assert (found.value, found.lines[()]) == ({"a": 1}, (1, 15))


@pytest.mark.parametrize("value", ["''", "[a]", "{a: b}", "7", "'- a'", "'a: ['"])
def test_what_is_no_mapping_gives_nothing(value):
    assert inside(f"data: {{mesh: {value}}}\n", "data", "mesh") == []


def test_a_field_that_is_not_there_gives_nothing():
    assert inside(BLOCK, "data", "proxy.istio.io/config") == inside(BLOCK, "mesh") == []
