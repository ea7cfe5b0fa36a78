"""The door: the present and the wanted state go in, orders with what each would lose come out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from why503.diagnosis.finding import NotRead
from why503.diagnosis.inspection import unread_of
from why503.facts import Bundle, Manifest
from why503.mesh.traced.beyond import left_out
from why503.repair.rollout import telling
from why503.repair.rollout.answer import (
    SCHEMA,
    RolloutAnswer,
    RolloutController,
    RolloutDanger,
    RolloutHazard,
    RolloutOrder,
)
from why503.repair.rollout.assumed import assumed_pods
from why503.repair.rollout.change import WALKED
from why503.repair.rollout.controlled import canary_names, pods_of, steady, without_hash
from why503.repair.rollout.controller import controllers_of, hazards_of
from why503.repair.rollout.flagger import is_flagger
from why503.repair.rollout.hazard import Hazard
from why503.repair.rollout.order import Story, orders_of, story_of
from why503.repair.rollout.state import WORKLOADS, Key, State, key_of, state_of
from why503.repair.rollout.step_file import StepFile
from why503.repair.rollout.walk import Given
from why503.repair.rollout.way import Loss
from why503.support.text import _

_MOST = 6
"""Objects that a sentence names."""


def release(
    present: Bundle,
    wanted: Bundle | None,
    given: StepFile | None,
    *,
    namespace: str = "default",
) -> RolloutAnswer:
    """The answer; ``namespace``: of objects that do not name theirs."""
    written = state_of(present, namespace)
    target = _written_after(written, wanted, given, namespace)
    canaries = _canaries(written, target)
    pods, assumed = assumed_pods(written)
    extra: dict[Key, Manifest | None] = {key_of(one): one for one in pods}
    now = steady(written, canaries).having(extra)
    goal = steady(target, canaries).having(extra)
    steps = [_as_made(step, target) for step in given.steps] if given is not None else []
    story = story_of(now, goal, steps, namespace)
    script = given is not None and given.script
    orders = tuple(orders_of(story, steps, script=script, name=_("The given order")))
    controllers = tuple(controllers_of(target, namespace))
    hazards = tuple(map(telling.hazard_of, (*hazards_of(written, target), *_refused(story))))
    already = telling.already_of(_lost_now(story, canaries))
    return RolloutAnswer(
        schema=SCHEMA,
        verdict=_verdict(orders, controllers, hazards, already),
        hosts=tuple(sorted(story.watch.hosts)),
        callers=tuple(map(str, story.watch.callers)) if story.watch.hosts else (),
        orders=orders,
        controllers=controllers,
        hazards=hazards,
        already=already,
        assumed=(
            *assumed,
            *_assumed(story, deleting=wanted is not None),
            *left_out(goal.push(namespace)),
        ),
        not_understood=given.not_understood if given is not None else (),
        unread=_unread(present, wanted, given),
    )


def _written_after(
    written: State, wanted: Bundle | None, given: StepFile | None, namespace: str
) -> State:
    """The state that is wanted: as it is given, else as the steps leave it."""
    if wanted is not None:
        return state_of(wanted, namespace)
    state = written
    for step in given.steps if given is not None else ():
        state = state.having(step.objects)
    return state


def _canaries(now: State, target: State) -> Mapping[Key, Manifest]:
    """Flagger's Canaries that are there before and after, and so have been set up."""
    return {
        key_of(one): one
        for one in target.of("Canary")
        if is_flagger(one) and key_of(one) in now.objects
    }


def _as_made(step: Given, state: State) -> Given:
    """A step with what controllers make of its objects."""
    objects: dict[Key, Manifest | None] = {}
    for key, one in step.objects.items():
        if key.kind == "Rollout":
            name = key._replace(kind="ReplicaSet")
            objects[name] = pods_of(one, state) if one is not None else None
        else:
            objects[key] = without_hash(one) if one is not None else None
    return replace(step, objects=objects)


def _lost_now(story: Story, canaries: Mapping[Key, Manifest]) -> list[Loss]:
    """What is lost now; Flagger's service for the canary rests between releases and is not told."""
    resting = {
        f"Service {one.namespace}/{canary_names(one)[1]}-canary" for one in canaries.values()
    }
    found = story.watch.losses(story.now).values()
    return [one for one in found if one.route not in resting]


def _refused(story: Story) -> Iterator[Hazard]:
    """Changes that Kubernetes refuses."""
    for change in story.changes:
        before, after = change.before, change.after
        if change.key.kind not in WORKLOADS - {"ReplicaSet"} or before is None or after is None:
            continue
        if before.get("spec", "selector") != after.get("spec", "selector"):
            text = _("Kubernetes refuses another spec.selector for {name}: it is immutable.")
            yield Hazard(
                id="immutable-selector",
                severity="error",
                text=text.format(name=change.key),
                remedy=_(
                    "Give the new version a name of its own; to delete and create it anew "
                    "leaves a time without pods."
                ),
                source=after.where("spec", "selector"),
            )


def _verdict(
    orders: Sequence[RolloutOrder],
    controllers: Sequence[RolloutController],
    hazards: Sequence[RolloutHazard],
    already: Sequence[RolloutDanger],
) -> str:
    asked = [one for one in orders if one.id != "at-once"]
    given = [one for one in asked if one.id != "plan"]
    judged = given or asked
    if not all(one.safe for one in judged) or not all(one.safe for one in controllers):
        return "unsafe"
    if any(one.severity == "error" for one in hazards) or (already and not judged):
        return "unsafe"
    return "safe" if judged or controllers else "nothing-to-do"


def _assumed(story: Story, *, deleting: bool) -> Iterator[str]:
    gone = [str(change.object) for change in story.changes if change.after is None]
    if deleting and gone:
        text = _("What --to does not hold is taken to be deleted: {names}.")
        more = ", ..." if len(gone) > _MOST else ""
        yield text.format(names=", ".join(gone[:_MOST]) + more)
    if any(change.key.kind in WORKLOADS for change in story.changes):
        yield _(
            "YAML does not say whether pods are ready: they are taken to be where a step waits for "
            "them."
        )
    passed = sorted({change.key.kind for change in story.changes} - WALKED)
    if passed:
        text = _("Changes of these kinds are not followed: {kinds}.")
        yield text.format(kinds=", ".join(passed))


def _unread(present: Bundle, wanted: Bundle | None, given: StepFile | None) -> tuple[NotRead, ...]:
    bundles = [present, *([wanted] if wanted is not None else [])]
    if given is not None:
        bundles.append(Bundle(unread=given.unread))
    return tuple(dict.fromkeys(one for bundle in bundles for one in unread_of(bundle)))
