"""The mesh as the evidence shows it: facts by kind, and the hops that failed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar, cast

from why503.facts import (
    AccessLog,
    AppEvent,
    AppEventKind,
    Bundle,
    Fact,
    Manifest,
    ProxyEvent,
    ProxyEventKind,
)
from why503.mesh.address import cluster_name, split_host
from why503.mesh.hop import Hop
from why503.support.dataclass import dataclass

T = TypeVar("T", bound=Fact)
E = TypeVar("E", AppEvent, ProxyEvent)
K = TypeVar("K")
_Told = AppEventKind | ProxyEventKind


@dataclass(frozen=True)
class _Answer:
    """An answer that is kept."""

    value: Any
    about: object
    """Held, so that its `id` stays its own."""
    asked: set[str]
    """Kinds of facts that it rests on."""


class Mesh:
    """All facts of one bundle, asked by kind.

    Who asks for which kind is recorded while `watched`, so that a cause's claim (`READS`) can be
    held against its deed.
    """

    def __init__(self, bundle: Bundle, *, istio: tuple[int, int] | None = None) -> None:
        """Arrange the facts of ``bundle`` by kind.

        ``istio`` is the minor version that the user names; None leaves it to the evidence.
        """
        self.bundle = bundle
        self.istio = istio
        self._kept: dict[tuple[str, int], _Answer] = {}
        self._events: dict[tuple[type, tuple[_Told, ...]], tuple[AppEvent | ProxyEvent, ...]] = {}
        self._asked: set[str] | None = None
        by_type: dict[type, list[Fact]] = {}
        by_kind: dict[str, list[Manifest]] = {}
        for fact in bundle.facts:
            by_type.setdefault(type(fact), []).append(fact)
            if isinstance(fact, Manifest):
                by_kind.setdefault(fact.kind, []).append(fact)
        self._by_type = {kind: tuple(found) for kind, found in by_type.items()}
        self._by_kind = {kind: tuple(found) for kind, found in by_kind.items()}

    def facts(self, kind: type[T]) -> tuple[T, ...]:
        """Facts of one type, in the order of the evidence."""
        self._note(kind.__name__)
        return cast("tuple[T, ...]", self._by_type.get(kind, ()))

    def events(self, kind: type[E], *told: _Told) -> tuple[E, ...]:
        """Events of one type that tell one of these things, in the order of the evidence."""
        self._note(kind.__name__)
        found = self._events.get((kind, told))
        if found is None:
            given = self._by_type.get(kind, ())
            found = tuple(fact for fact in given if isinstance(fact, kind) and fact.kind in told)
            self._events[kind, told] = found
        return cast("tuple[E, ...]", found)

    def manifests(self, kind: str) -> tuple[Manifest, ...]:
        """Objects of one Kubernetes kind; ``""`` for fragments without a kind."""
        self._note(kind or "fragment")
        return self._by_kind.get(kind, ())

    def kept(self, name: str, make: Callable[[], K], about: object = None) -> K:
        """What ``make`` gave the first time it was asked for under ``name``: an index, an answer.

        It must rest on the facts alone, and on ``about``, the very object, where one is given. Who
        gets it has asked for all the kinds that ``make`` asked for.
        """
        key = name, id(about)
        answer = self._kept.get(key)
        if answer is None:
            with self.watched() as asked:
                value = make()
            answer = self._kept[key] = _Answer(value, about, asked)
        if self._asked is not None:
            self._asked |= answer.asked
        return cast("K", answer.value)

    def has(self, *kinds: str) -> bool:
        """True where the evidence holds an object of one of these Kubernetes kinds."""
        for kind in kinds:
            self._note(kind)
        return any(kind in self._by_kind for kind in kinds)

    @cached_property
    def hops(self) -> tuple[Hop, ...]:
        """The hops that failed, most failures first.

        One empty hop where only circumstances are known. Empty where
        access logs were read and no request in them failed. What is asked here is no cause's claim.
        """
        from why503.mesh.hop_building import hops_of  # hop_building asks this class

        asked, self._asked = self._asked, None
        try:
            return hops_of(self)
        finally:
            self._asked = asked

    @cached_property
    def logs(self) -> tuple[AccessLog, ...]:
        """The access logs, asked for by the hops themselves and so no cause's claim."""
        return cast("tuple[AccessLog, ...]", self._by_type.get(AccessLog, ()))

    @cached_property
    def served(self) -> frozenset[str]:
        """Hosts, as the requests spelled them, that a proxy beside the server took requests for."""
        hosts: set[str] = set()
        for log in self.logs:
            for group in log.groups:
                name = cluster_name(group.upstream_cluster)
                if name is not None and name.direction == "inbound":
                    hosts.add(name.host or split_host(group.authority)[0])
        return frozenset(hosts - {""})

    @contextmanager
    def watched(self) -> Iterator[set[str]]:
        """Collect the kinds that are asked for inside the block."""
        before, self._asked = self._asked, set()
        try:
            yield self._asked
        finally:
            self._asked = before

    def _note(self, kind: str) -> None:
        if self._asked is not None:
            self._asked.add(kind)
