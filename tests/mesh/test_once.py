from dataclasses import replace

from why503.facts import Manifest, Source
from why503.mesh.once import once

ASKED: list[str] = []


@once
def shouted(manifest: Manifest) -> str:
    ASKED.append(manifest.name)
    return manifest.name.upper()


def test_an_object_is_asked_once_and_every_object_for_itself():
    ASKED.clear()
    one = Manifest(source=Source(path="a.yaml"), kind="Pod", name="one", data={})
    other = replace(one, name="other")
    assert [shouted(one), shouted(other), shouted(one)] == ["ONE", "OTHER", "ONE"]
    assert ASKED == ["one", "other"]


def test_what_is_kept_does_not_show():
    one = Manifest(source=Source(path="a.yaml"), kind="Pod", name="one", data={})
    before = repr(one)
    shouted(one)
    assert repr(one) == before
    assert one == replace(one)
