"""Argo Rollouts and Flagger: each object of theirs walked, and what its settings make dangerous."""

from collections.abc import Iterator, Sequence

from why503.facts import Manifest
from why503.repair.rollout import telling
from why503.repair.rollout.answer import RolloutController
from why503.repair.rollout.argo import blue_green_walk, canary_of, canary_walk
from why503.repair.rollout.argo_hazard import argo_hazards
from why503.repair.rollout.assumed import assumed_pods
from why503.repair.rollout.change import Change, hosts_of
from why503.repair.rollout.controlled import steady
from why503.repair.rollout.flagger import deleted, flagger_hazards, flagger_walk, is_flagger
from why503.repair.rollout.hazard import Hazard
from why503.repair.rollout.moment import Watch, workloads_of
from why503.repair.rollout.state import State, key_of, layers
from why503.repair.rollout.walk import Given, walked
from why503.repair.rollout.way import callers_of


def controllers_of(state: State, namespace: str) -> Iterator[RolloutController]:
    """The walk of each controller; ``state``: the objects as they are written."""
    pods, _told = assumed_pods(state)
    plain = steady(state, {}).having({key_of(one): one for one in pods})
    for rollout in state.of("Rollout"):
        found = _argo(rollout, plain, state)
        if found is not None:
            yield _walked(rollout, "Argo Rollouts", found, namespace)
    for canary in filter(is_flagger, state.of("Canary")):
        met = flagger_walk(canary, plain)
        if met is not None:
            yield _walked(canary, "Flagger", met, namespace)


def _argo(rollout: Manifest, plain: State, written: State) -> tuple[State, list[Given]] | None:
    state = plain.having({key_of(rollout): None})
    canary = canary_of(rollout, state)
    if canary is not None:
        return canary_walk(canary, state) if canary.routes else None
    return blue_green_walk(rollout, state)


def _walked(
    one: Manifest, by: str, found: tuple[State, Sequence[Given]], namespace: str
) -> RolloutController:
    before, steps = found
    ever = before
    states = [before]
    for step in steps:
        ever = ever.having({key: made for key, made in step.objects.items() if made is not None})
        states.append(ever)
    pushes = [layer.push(namespace) for layer in layers([before, *states])]
    changes = [
        Change(key=key, before=before.objects.get(key), after=made)
        for step in steps
        for key, made in step.objects.items()
        if made is not None
    ]
    concerns = hosts_of(changes, pushes)
    watch = Watch(callers_of(pushes), concerns, workloads_of(states), namespace)
    end = walked(before, steps, watch, frozenset(watch.losses(before)))
    told = tuple(telling.walked_step(n, step) for n, step in enumerate(end.steps, start=1))
    return RolloutController(
        object=one.full_name, by=by, safe=not any(step.dangers for step in told), steps=told
    )


def hazards_of(now: State, wanted: State) -> Iterator[Hazard]:
    """What the settings of controllers make dangerous; both states as they are written."""
    for rollout in wanted.of("Rollout"):
        yield from argo_hazards(rollout, wanted)
    for canary in filter(is_flagger, wanted.of("Canary")):
        yield from flagger_hazards(canary, wanted, now)
    for canary in filter(is_flagger, now.of("Canary")):
        if key_of(canary) not in wanted.objects:
            found = deleted(canary)
            if found is not None:
                yield found
