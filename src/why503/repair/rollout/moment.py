"""What a proxy may see while changes are on their way, and what goes wrong meanwhile."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from why503.facts import Manifest
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traced.push import Push
from why503.repair.rollout.change import WALKED, Change
from why503.repair.rollout.state import WORKLOADS, Key, State, idle, key_of, replicas
from why503.repair.rollout.way import Caller, Loss, Way, entrances, losses
from why503.support.dataclass import dataclass

_MOST_MIXTURES = 64
_MOST_REASONS = 3
"""Mixtures that are told of one loss, none of which is part of another."""

Versions = Mapping[Key, Sequence[Manifest | None]]
"""The versions of an object that are on their way, the one that holds for sure first."""


@dataclass(frozen=True, kw_only=True)
class Danger:
    """A loss at a moment, with what the proxy has already and what it has not yet."""

    loss: Loss
    callers: tuple[Caller, ...]
    """All that lose on the same way."""
    asked: tuple[str, ...]
    """What they call."""
    having: tuple[Key, ...]
    """Changes that have come through."""
    lacking: tuple[Key, ...]
    """Changes that have not, and each of which would mend it."""
    ended: frozenset[Key]
    """Those of them that end an object, or the last pod of a workload."""
    lasting: bool
    """Whether it stays after all changes of the step have come through."""


class _Seen(NamedTuple):
    """A mixture in which something is lost."""

    having: tuple[Key, ...]
    lacking: tuple[Key, ...]
    loss: Loss


class Watch:
    """Follows the ways of callers to hosts, each group of hosts that changes tie apart."""

    def __init__(
        self,
        callers: Iterable[Caller],
        concerns: Mapping[Key, frozenset[str]],
        ghosts: Iterable[Manifest],
        namespace: str,
    ) -> None:
        """``concerns``: the hosts that the change of an object concerns.

        ``ghosts``: all workloads of the whole story, so that one that is gone is missed.
        """
        self.callers = tuple(callers)
        self.hosts = frozenset(host for hosts in concerns.values() for host in hosts)
        kept = tuple(ghosts)
        self._parts = tuple(
            _Part(self.callers, hosts, keys, kept, namespace) for hosts, keys in _tied(concerns)
        )

    def losses(self, state: State) -> dict[Way, Loss]:
        """What is lost at a moment."""
        return {way: loss for part in self._parts for way, loss in part.losses(state).items()}

    def dangers(
        self, state: State, pending: Versions, known: frozenset[Way] = frozenset()
    ) -> tuple[Danger, ...]:
        """What may be lost while ``pending`` comes through; ``known``: losses of before."""
        found: list[Danger] = []
        for part in self._parts:
            own = {key: versions for key, versions in pending.items() if key in part.keys}
            if own:
                found += part.dangers(state, own, known)
        return tuple(found)


def _tied(
    concerns: Mapping[Key, frozenset[str]],
) -> Iterator[tuple[frozenset[str], frozenset[Key]]]:
    """Hosts that some change concerns together, with the objects that concern them."""
    groups: list[tuple[set[str], set[Key]]] = []
    for key, hosts in concerns.items():
        joined: tuple[set[str], set[Key]] = (set(hosts), {key})
        apart = []
        for group in groups:
            if group[0] & hosts:
                joined[0].update(group[0])
                joined[1].update(group[1])
            else:
                apart.append(group)
        groups = [*apart, joined]
    return ((frozenset(hosts), frozenset(keys)) for hosts, keys in groups if hosts)


class _Part:
    """Some hosts, the objects whose changes concern them, and what was found of them."""

    def __init__(
        self,
        callers: tuple[Caller, ...],
        hosts: frozenset[str],
        keys: frozenset[Key],
        ghosts: tuple[Manifest, ...],
        namespace: str,
    ) -> None:
        self.callers = callers
        self.hosts = hosts
        self.keys = keys
        self.ghosts = ghosts
        self.namespace = namespace
        self._kept: dict[frozenset[tuple[Key, int]], tuple[State, dict[Way, Loss]]] = {}

    def losses(self, state: State) -> dict[Way, Loss]:
        """What is lost at a moment; objects that never change are the same at all of them."""
        name = frozenset((key, id(state.objects[key])) for key in self.keys if key in state.objects)
        if name not in self._kept:
            push = self._needed(state)
            self._kept[name] = (state, losses(push, self.callers, self.hosts))
        return self._kept[name][1]

    def _needed(self, state: State) -> Push:
        """Without the Services that neither lead here nor stand before a gateway."""
        push = state.push(self.namespace, self.ghosts)
        if any(caller.name.startswith("gateway/") for caller in self.callers):
            return push
        ways = entrances(push, self.hosts)
        spare = [
            key_of(one.manifest)
            for one in push.services
            if one.host not in ways and one.manifest.kind == "Service"
        ]
        if not spare:
            return push
        return state.having(dict.fromkeys(spare)).push(self.namespace, self.ghosts)

    def dangers(self, state: State, pending: Versions, known: frozenset[Way]) -> tuple[Danger, ...]:
        """As of a watch."""
        final = state.having({key: versions[-1] for key, versions in pending.items()})
        last = set(self.losses(final))
        found: dict[Way, list[_Seen]] = {}
        for having, lacking, mixed in mixtures(state, pending):
            for way, loss in self.losses(mixed).items():
                seen = found.setdefault(way, [])
                told = any(set(one.having) <= set(having) for one in seen)
                if way not in known and not told and len(seen) < _MOST_REASONS:
                    mending = self._mending(way, mixed, {key: pending[key] for key in lacking})
                    seen.append(_Seen(having, mending, loss))
        return tuple(
            _grouped(found, last, frozenset(key for key in pending if _ends(pending[key])))
        )

    def _mending(self, way: Way, mixed: State, lacking: Versions) -> tuple[Key, ...]:
        """Those of the changes that are not through each of which would mend a loss."""
        return tuple(
            key
            for key, versions in lacking.items()
            if way not in self.losses(mixed.having({key: versions[-1]}))
        )


def _ends(versions: Sequence[Manifest | None]) -> bool:
    after = versions[-1]
    return after is None or (after.kind in WORKLOADS and not replicas(after))


def _grouped(
    found: Mapping[Way, Sequence[_Seen]], last: set[Way], ended: frozenset[Key]
) -> Iterator[Danger]:
    """Losses of several callers on the same way as one."""
    grouped: dict[tuple[Any, ...], list[tuple[Way, _Seen]]] = {}
    for way, seen in found.items():
        for one in seen:
            gate = way.caller.name.startswith("gateway/")
            name = (gate, way.cluster, way.id, one.having, one.lacking, way in last)
            grouped.setdefault(name, []).append((way, one))
    for alike in grouped.values():
        way, first = alike[0]
        yield Danger(
            loss=first.loss,
            callers=tuple(dict.fromkeys(one.caller for one, _seen in alike)),
            asked=tuple(dict.fromkeys(one.asked for one, _seen in alike)),
            having=first.having,
            lacking=first.lacking,
            ended=ended & {*first.having, *first.lacking},
            lasting=way in last,
        )


def mixtures(
    state: State, pending: Versions
) -> Iterator[tuple[tuple[Key, ...], tuple[Key, ...], State]]:
    """Every mixture that a proxy may see: what it has, what it lacks, and the mixture.

    The fewest changes first. Of very many changes: one alone, all but one, each kind before the
    others, and all in the order in which they were asked for.
    """
    keys = [key for key in pending if key.kind in WALKED]
    sizes = [len(pending[key]) for key in keys]
    for choice in sorted(_choices(sizes, keys), key=lambda one: (sum(one), one[::-1])):
        picked = {key: pending[key][number] for key, number in zip(keys, choice, strict=True)}
        having = tuple(key for key, number in zip(keys, choice, strict=True) if number)
        lacking = tuple(
            key for key, number, size in zip(keys, choice, sizes, strict=True) if number < size - 1
        )
        yield having, lacking, state.having(picked)


def _choices(sizes: Sequence[int], keys: Sequence[Key]) -> set[tuple[int, ...]]:
    whole = 1
    for size in sizes:
        whole *= size
    if whole <= _MOST_MIXTURES:
        return set(product(*(range(size) for size in sizes)))
    none, every = [0] * len(sizes), [size - 1 for size in sizes]
    found = {tuple(none), tuple(every)}
    for place, size in enumerate(sizes):
        for number in range(size):
            found.add((*none[:place], number, *none[place + 1 :]))
            found.add((*every[:place], number, *every[place + 1 :]))
        found.add((*every[: place + 1], *none[place + 1 :]))
    for kind in {key.kind for key in keys}:
        first = tuple(
            last if key.kind == kind else 0 for key, last in zip(keys, every, strict=True)
        )
        found.add(first)
        found.add(tuple(last - one for last, one in zip(every, first, strict=True)))
    return found


def versions_of(change: Change) -> list[Manifest | None]:
    """What an object is on its way: before, nothing at all where pods go first, after."""
    found = [change.before, change.after]
    if change.before is None or change.after is None or change.key.kind not in WORKLOADS:
        return found
    if gap_of(change):
        found.insert(1, idle(change.before))
    return found


def gap_of(change: Change) -> tuple[str | int, ...]:
    """The field for which all old pods go before a new one is ready; empty where none does."""
    before, after = change.before, change.after
    if before is None or after is None:
        return ()
    if before.get("spec", "template") == after.get("spec", "template"):
        return ()
    if change.key.kind == "StatefulSet" and replicas(after) == 1:
        return ("spec", "replicas")
    if change.key.kind != "Deployment":
        return ()
    strategy = mapping_of(after.get("spec", "strategy"))
    if word_of(strategy.get("type")) == "Recreate":
        return ("spec", "strategy", "type")
    written = mapping_of(strategy.get("rollingUpdate")).get("maxUnavailable")
    if word_of(written) == "100%" or (whole_number(written) or 0) >= replicas(after) > 0:
        return ("spec", "strategy", "rollingUpdate", "maxUnavailable")
    return ()


def pending_of(changes: Iterable[Change], before: Versions | None = None) -> Versions:
    """Changes as versions on their way, behind those that are not through yet."""
    found: dict[Key, list[Manifest | None]] = {
        key: list(versions) for key, versions in (before or {}).items()
    }
    for change in changes:
        versions = versions_of(change)
        if change.key in found:
            found[change.key] += versions[1:]
        else:
            found[change.key] = versions
    return found


def workloads_of(states: Iterable[State]) -> tuple[Manifest, ...]:
    """Every workload of some moments, each once."""
    found = {key_of(one): one for state in states for one in state.of(*WORKLOADS)}
    return tuple(found.values())
