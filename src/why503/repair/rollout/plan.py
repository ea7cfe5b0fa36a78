"""An order of changes in which no request is lost: make before break."""

from collections.abc import Sequence

from why503.repair.rollout.change import WALKED, Change
from why503.repair.rollout.half import halves
from why503.repair.rollout.moment import Danger, Watch, pending_of
from why503.repair.rollout.state import CONTROLLERS, ROUTES, WORKLOADS, State
from why503.repair.rollout.way import Way
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Changes that may be asked for together, after all before them have come through."""

    changes: tuple[Change, ...]
    dangers: tuple[Danger, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The stages, and what is left where no order is safe."""

    stages: tuple[Stage, ...]
    stuck: tuple[Stage, ...] = ()
    """Each change that is left, with what is lost if it is made next."""


def rank(change: Change) -> int:
    """Where a change belongs by its kind: what is needed first, what is no longer needed last."""
    kind, gone = change.key.kind, change.after is None
    if kind not in WALKED | CONTROLLERS:
        return 10 if gone else 0
    if kind in WORKLOADS | CONTROLLERS:
        return 9 if gone or change.action == "scale-down" else 1
    if kind in ROUTES:
        return 5 if gone else 4
    if kind == "DestinationRule":
        return 7 if gone else 6 if change.part == "narrow" else 3
    if gone:
        return 8
    if change.before is None and kind in ("Service", "ServiceEntry"):
        return 2
    return 4


def planned(now: State, changes: Sequence[Change], watch: Watch, known: frozenset[Way]) -> Plan:
    """The safe order: of what is left, always the first by rank that loses nothing."""
    left = sorted(halves(changes), key=rank)
    state, stages = now, list[Stage]()
    while left:
        chosen = next(
            (one for one in left if _may_come(one, left) and not _lost(state, [one], watch, known)),
            None,
        )
        if chosen is None:
            stuck = tuple(
                Stage(changes=(one,), dangers=_lost(state, [one], watch, known))
                for one in left
                if _may_come(one, left)
            )
            return Plan(stages=tuple(stages), stuck=stuck)
        left.remove(chosen)
        last = stages[-1].changes if stages else ()
        before = state
        state = _after(state, [chosen])
        if (
            last
            and _fit(last, chosen)
            and not _lost(_before(before, last), [*last, chosen], watch, known)
        ):
            stages[-1] = Stage(changes=(*last, chosen))
        else:
            stages.append(Stage(changes=(chosen,)))
    return Plan(stages=tuple(stages))


def _may_come(change: Change, left: Sequence[Change]) -> bool:
    """Whether the other half of a change has come first."""
    if change.part != "narrow":
        return True
    return not any(one.key == change.key and one.part == "widen" for one in left)


def _fit(last: Sequence[Change], change: Change) -> bool:
    """Whether a change is of the sort of those before it, and of other objects."""
    same = all(rank(one) == rank(change) for one in last)
    return same and all(one.key != change.key for one in last)


def _lost(
    state: State, changes: Sequence[Change], watch: Watch, known: frozenset[Way]
) -> tuple[Danger, ...]:
    return watch.dangers(state, pending_of(changes), known)


def _after(state: State, changes: Sequence[Change]) -> State:
    return state.having({one.key: one.after for one in changes})


def _before(state: State, changes: Sequence[Change]) -> State:
    return state.having({one.key: one.before for one in changes})
