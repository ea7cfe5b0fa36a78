"""Somebody else's order, walked step by step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from why503.facts import Manifest, Source
from why503.repair.rollout.change import Change, differs
from why503.repair.rollout.moment import Danger, Versions, Watch, pending_of
from why503.repair.rollout.state import WORKLOADS, Key, State
from why503.repair.rollout.way import Way
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Given:
    """One step of an order."""

    title: str
    source: Source | None = None
    objects: Mapping[Key, Manifest | None] = field(default_factory=dict)
    """What is asked of the cluster; None: deletions."""
    waits_pods: frozenset[Key] | None = frozenset()
    """Workloads that it waits for after; None: all."""
    waits_rules: bool = False
    """Whether it lets the proxies get what was asked for so far."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Walked:
    """A step with what it changes, and what is lost."""

    given: Given
    changes: tuple[Change, ...]
    dangers: tuple[Danger, ...]


@dataclass(frozen=True, kw_only=True)
class WalkEnd:
    """All steps, and the state that they lead to."""

    steps: tuple[Walked, ...]
    state: State


def walked(
    now: State,
    steps: Sequence[Given],
    watch: Watch,
    known: frozenset[Way],
    pending: Versions | None = None,
) -> WalkEnd:
    """The walk; ``pending``: what is not through yet before the first step."""
    settled, wanted = now, now
    waiting: dict[Key, Sequence[Manifest | None]] = dict(pending or {})
    told: list[Walked] = []
    seen = known
    for step in steps:
        changes = _changes(wanted, step.objects)
        waiting = dict(pending_of(changes, waiting))
        wanted = wanted.having(step.objects)
        dangers = watch.dangers(settled, waiting, seen) if changes else ()
        told.append(Walked(given=step, changes=changes, dangers=dangers))
        through = _through(step, waiting)
        settled = settled.having({key: waiting.pop(key)[-1] for key in through})
        still = seen if waiting else known
        seen = frozenset(watch.losses(wanted)) | still
        if waiting:
            seen |= {way for danger in dangers for way in _ways(danger)}
    return WalkEnd(steps=tuple(told), state=wanted)


def _ways(danger: Danger) -> Iterable[Way]:
    way = danger.loss.way
    return (way._replace(caller=caller) for caller in danger.callers)


def _changes(state: State, objects: Mapping[Key, Manifest | None]) -> tuple[Change, ...]:
    found = []
    for key, one in objects.items():
        before = state.objects.get(key)
        same = before is one or (
            before is not None and one is not None and not differs(before, one)
        )
        if not same:
            found.append(Change(key=key, before=before, after=one))
    return tuple(found)


def _through(step: Given, waiting: Versions) -> list[Key]:
    """What is through once a step has waited."""
    found = []
    for key in waiting:
        pods = key.kind in WORKLOADS
        all_pods = step.waits_pods is None
        if (pods and (all_pods or key in (step.waits_pods or ()))) or (
            not pods and step.waits_rules
        ):
            found.append(key)
    return found


def at_once(changes: Iterable[Change], title: str) -> Given:
    """Everything in one step."""
    return Given(title=title, objects={one.key: one.after for one in changes})
