import pytest

from tests.mesh.make import manifests, obj
from why503.diagnosis.edit import Append, Drop, New, Put, Target, placeholders, target_of

HERE = Target(kind="Service", name="web", namespace="shop")


def test_an_object_of_the_evidence_is_a_target_by_its_names():
    (one,) = manifests(obj("Service", "web", "{}"))
    assert target_of(one) == HERE
    assert target_of(one).words == "Service shop/web"


@pytest.mark.parametrize(
    "edit",
    [
        Put(target=HERE, path=("a",), value="<b c>"),
        Append(target=HERE, path=("a",), value={"x": ["<b c>"]}),
        Drop(target=HERE, path=("a", "<b c>")),
        New(data={"metadata": {"name": "x-<b c>"}}),
        New(data={"<b c>": 1}),
    ],
)
def test_what_was_left_open_is_found_wherever_it_stands(edit):
    assert placeholders([edit, edit]) == ("<b c>",)


def test_signs_that_are_no_placeholder_are_none():
    assert placeholders([Put(target=HERE, path=("a",), value="a < b"), New(data={"a": 5})]) == ()
