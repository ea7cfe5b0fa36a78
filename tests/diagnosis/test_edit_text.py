from tests.mesh.make import mesh_of, obj
from why503.diagnosis.edit import Append, Drop, Item, New, Put, Target
from why503.diagnosis.edit_text import edits_as_patches, object_text

ROUTE = Target(kind="VirtualService", name="web", namespace="shop")
TEXT = obj("VirtualService", "web", "{http: [{timeout: 5s}]}")


def shown(*edits):
    return [patch.yaml for patch in edits_as_patches(edits, mesh_of(TEXT))]


def test_a_new_object_stands_whole_below_its_comment():
    new = New(data={"kind": "Sidecar", "spec": {"a": ["x"]}}, comment="Why.\n\nAnd how.")
    text = "# Why.\n#\n# And how.\nkind: Sidecar\nspec:\n  a:\n  - x\n"
    assert object_text(new) == text
    assert shown(new) == [text]


def test_a_change_shows_the_way_to_it_and_changes_of_one_object_share_it():
    rule = ("spec", "http", 0)
    (text,) = shown(
        Put(target=ROUTE, path=(*rule, "retries", "attempts"), value=2),
        Put(target=ROUTE, path=(*rule, "retries", "retryOn"), value="reset,503"),
        Drop(target=ROUTE, path=(*rule, "fault")),
    )
    assert text == (
        "spec:\n  http:\n  - # [0]\n    retries:\n      attempts: 2\n"
        "      retryOn: reset,503\n    # remove: fault\n"
    )


def test_elements_are_added_chosen_and_removed():
    port = Item(where={"name": "http"})
    (first,) = shown(
        Append(target=ROUTE, path=("spec", "hosts"), value="web"),
        Put(target=ROUTE, path=("ports", port, "number"), value=80),
        Drop(target=ROUTE, path=("spec", "http", 1)),
    )
    assert first == (
        "spec:\n  hosts: # behind what stands there\n  - web\n"
        "ports:\n- # {name: http}\n  number: 80\nspec:\n  http:\n  # remove: [1]\n"
    )


def test_the_place_of_the_object_is_told():
    (patch,) = edits_as_patches(
        [Put(target=ROUTE, path=("spec", "http", 0, "timeout"), value="9s")], mesh_of(TEXT)
    )
    assert (patch.path, patch.line) == ("mesh.yaml", 4)
    nowhere = Target(kind="VirtualService", name="other")
    (patch,) = edits_as_patches([Drop(target=nowhere, path=("spec",))], mesh_of(TEXT))
    assert (patch.path, patch.line) == ("", 0)
