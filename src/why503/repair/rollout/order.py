"""Orders of one release: planned here, given, as Argo CD syncs, and all at once."""

from collections.abc import Iterator, Sequence

from why503.facts import Manifest
from why503.repair.rollout import telling
from why503.repair.rollout.answer import RolloutOrder, RolloutStep
from why503.repair.rollout.change import WALKED, Change, changes_between, hosts_of
from why503.repair.rollout.moment import Versions, Watch, gap_of, workloads_of
from why503.repair.rollout.plan import Plan, planned
from why503.repair.rollout.state import WORKLOADS, Key, State, idle, layers, ready_now
from why503.repair.rollout.sync_wave import has_waves, waves
from why503.repair.rollout.walk import Given, at_once, walked
from why503.repair.rollout.way import Way, callers_of
from why503.support.dataclass import dataclass
from why503.support.text import _


@dataclass(frozen=True, kw_only=True)
class Story:
    """All that is known before anything is walked."""

    now: State
    wanted: State
    changes: tuple[Change, ...]
    watch: Watch
    known: frozenset[Way]
    """Ways on which requests are lost before the first step."""
    pending: Versions
    """Pods of the present state that are not ready yet, by their own status."""


def story_of(now: State, wanted: State, steps: Sequence[Given], namespace: str) -> Story:
    """The story of a release; ``steps``: of an order that is given, for what it touches besides."""
    changes = changes_between(now, wanted)
    states, state = [now, wanted], now
    touched = list(changes)
    for step in steps:
        for key, one in step.objects.items():
            if state.objects.get(key) is not one and (one or key in state.objects):
                touched.append(Change(key=key, before=state.objects.get(key), after=one))
        state = state.having(step.objects)
        states.append(state)
    if not touched:
        touched = [Change(key=key, before=one, after=one) for key, one in now.objects.items()]
    starting = _starting(now)
    touched += [Change(key=key, before=one, after=one) for key, (_idle, one) in starting.items()]
    pushes = [layer.push(namespace) for layer in layers(states)]
    callers = callers_of(pushes)
    watch = Watch(callers, hosts_of(touched, pushes), workloads_of(states), namespace)
    return Story(
        now=now,
        wanted=wanted,
        changes=changes,
        watch=watch,
        known=frozenset(watch.losses(now)),
        pending=starting,
    )


def _starting(now: State) -> dict[Key, tuple[Manifest, Manifest]]:
    """Workloads whose own status says that no pod is ready."""
    return {
        key: (idle(one), one)
        for key, one in now.objects.items()
        if key.kind in WORKLOADS and not ready_now(one)
    }


def orders_of(
    story: Story, steps: Sequence[Given], *, script: bool, name: str
) -> Iterator[RolloutOrder]:
    """The given order first, then the plan and what else would be done."""
    if steps:
        notes = (
            []
            if script
            else [_("Each step is taken to be waited for: pods ready, every proxy in sync.")]
        )
        yield _walk(story, "given", name, steps, notes, waits=not script)
    relevant = [one for one in story.changes if one.key.kind in WALKED]
    if not relevant:
        return
    plan = planned(story.now, story.changes, story.watch, story.known)
    yield _plan(story, plan)
    if not steps and has_waves(story.wanted):
        found = waves(story.changes, story.wanted)
        notes = [
            _(
                "Argo CD waits for pods between waves, and for rules only two seconds "
                "(ARGOCD_SYNC_WAVE_DELAY)."
            )
        ]
        yield _walk(story, "sync-waves", _("As Argo CD syncs it, with pruning"), found, notes)
    if not steps and len(relevant) > 1:
        title = _("Everything at once")
        yield _walk(story, "at-once", title, [at_once(relevant, title)], [])


def _walk(
    story: Story,
    name: str,
    title: str,
    steps: Sequence[Given],
    notes: Sequence[str],
    *,
    waits: bool = False,
) -> RolloutOrder:
    end = walked(story.now, steps, story.watch, story.known, story.pending)
    told = tuple(
        telling.walked_step(number, step, waits=waits)
        for number, step in enumerate(end.steps, start=1)
    )
    return _order(name, title, told, notes)


def _order(
    name: str, title: str, steps: tuple[RolloutStep, ...], notes: Sequence[str]
) -> RolloutOrder:
    first = next((one.number for one in steps if one.dangers), 0)
    return RolloutOrder(
        id=name,
        title=title,
        safe=not first,
        first_unsafe=first,
        steps=steps,
        notes=tuple(notes),
    )


def _plan(story: Story, plan: Plan) -> RolloutOrder:
    stages = (*plan.stages, *plan.stuck)
    whole = [change for stage in stages for change in stage.changes]
    told = tuple(
        telling.planned_step(number, stage, whole) for number, stage in enumerate(stages, start=1)
    )
    notes = list(_advice(story, plan)) if plan.stuck else []
    if story.pending:
        text = _("By their own status no pod of {names} is ready yet: wait for them first.")
        notes.append(text.format(names=", ".join(map(str, story.pending))))
    title = _("No order of these changes is safe") if plan.stuck else _("A safe order")
    return _order("plan", title, told, notes)


def _advice(story: Story, plan: Plan) -> Iterator[str]:
    """What to change in the wanted state where no order is safe."""
    if set(story.watch.losses(story.wanted)) - story.known:
        yield _("The wanted state itself loses requests, whatever the order.")
    for change in (one for stage in plan.stuck for one in stage.changes):
        if change.relabels:
            text = _(
                "{name} gives its pods other labels in place: no moment has both. Give the new "
                "version a workload of its own, and take the old one away last."
            )
            yield text.format(name=change.key)
        if gap_of(change):
            text = _(
                "{name} takes all old pods away before a new one is ready ({field}). Use "
                "several replicas, and RollingUpdate with maxUnavailable below their number."
            )
            yield text.format(name=change.key, field=".".join(map(str, gap_of(change))))
