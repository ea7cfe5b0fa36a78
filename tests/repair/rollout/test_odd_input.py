"""No object, however odd, ends a walk."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mesh.make import manifests
from tests.repair.rollout.test_controller import (
    APPLICATION,
    ARGO,
    FLAGGER,
    IGNORED,
    ISTIO,
    canary,
    rollout,
)
from tests.repair.rollout.test_release import GATEWAY, branching, entry
from tests.repair.rollout.test_sync_wave import WAVES, waved
from tests.repair.rollout.world import DONE, NOW, SPACE, service
from why503.facts import Bundle, Manifest
from why503.repair.rollout.release import release
from why503.report import rollout_json, rollout_text

STEPS = "steps: [{setWeight: 20}, {setCanaryScale: {weight: 3}}, {setHeaderRoute: {name: x}}]"
TEXTS = (
    waved(NOW, WAVES, "PruneLast=true"),
    DONE + GATEWAY + entry({"v1": 3, "v2": 4}) + branching({"v1": 1}),
    ARGO
    + rollout(f"dynamicStableScale: true, scaleDownDelaySeconds: 3, {ISTIO}, {STEPS}")
    + APPLICATION % ("true", "A=b", IGNORED),
    FLAGGER + canary(", progressDeadlineSeconds: 3") + service("inner", "app: quay"),
    rollout("activeService: quay", "blueGreen") + service(),
)
ODD = (None, 7, -1, 10**13, 0.5, True, "x", "5", [], [1, None], [[]], [{}], {}, {"a": 1})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copied = list(value) if isinstance(value, list) else dict(value)
    copied[path[0]] = changed(copied[path[0]], path[1:], new)
    return copied


@st.composite
def damaged(draw: st.DrawFn) -> Bundle:
    """A release with one to three fields that are something else."""
    objects: list[Manifest] = manifests(draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, len(objects) - 1))
        path = draw(st.sampled_from(list(places(dict(objects[number].data)))))
        data = changed(objects[number].data, path, draw(st.sampled_from(ODD)))
        objects[number] = replace(objects[number], data=data)
    return Bundle(facts=tuple(objects))


@settings(max_examples=60, deadline=None)
@given(now=damaged(), wanted=st.none() | damaged())
def test_any_object_is_survived_and_told_in_every_format(now: Bundle, wanted: Bundle) -> None:
    told = release(now, wanted, None, namespace=SPACE)
    assert rollout_text.render(told)
    assert rollout_json.render(told)
