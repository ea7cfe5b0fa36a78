"""How Argo Rollouts walks through a release, as a canary and as blue-green."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil
from typing import Any

from why503.facts import Manifest, Source
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.repair.rollout.controlled import HASH, pods_of
from why503.repair.rollout.state import Key, State, key_of, with_data
from why503.repair.rollout.walk import Given
from why503.support.dataclass import dataclass
from why503.support.text import _, filled

DELAY = 30
"""Seconds: Argo's default for `scaleDownDelaySeconds`, and the least that it recommends."""
_OLD, _NEW = "stable", "canary"


@dataclass(frozen=True, kw_only=True)
class Canary:
    """What the controller is told of a canary with Istio."""

    rollout: Manifest
    fields: Mapping[str, Any]
    """`spec.strategy.canary`."""
    routes: tuple[tuple[Manifest, int], ...]
    """VirtualServices, each with the number of an `http` rule that is managed."""
    rule: Manifest | None
    """The DestinationRule whose subsets are managed; None for two Services."""
    names: tuple[str, str]
    """Subsets or Services of stable and canary."""

    @property
    def by_subset(self) -> bool:
        """Whether versions are told apart by subsets, not by Services."""
        return bool(mapping_of(_istio(self.fields).get("destinationRule")))


def canary_of(rollout: Manifest, state: State) -> Canary | None:
    """The canary of a Rollout; None where it has none that Istio routes."""
    fields = mapping_of(rollout.get("spec", "strategy", "canary"))
    istio = _istio(fields)
    if not istio:
        return None
    told = mapping_of(istio.get("destinationRule"))
    rule = _find(state, "DestinationRule", word_of(told.get("name")), rollout.namespace)
    if told:
        names = (word_of(told.get("stableSubsetName")), word_of(told.get("canarySubsetName")))
    else:
        names = (word_of(fields.get("stableService")), word_of(fields.get("canaryService")))
    routes = [
        (one, number)
        for name, wanted in virtual_services(istio)
        if (one := _find(state, "VirtualService", name, rollout.namespace)) is not None
        for number in managed(one, wanted)
    ]
    return Canary(rollout=rollout, fields=fields, routes=tuple(routes), rule=rule, names=names)


def _istio(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping_of(mapping_of(fields.get("trafficRouting")).get("istio"))


def virtual_services(istio: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names of VirtualServices with the names of their managed routes."""
    several = istio.get("virtualServices")
    for one in several if isinstance(several, list) else [istio.get("virtualService")]:
        told = mapping_of(one)
        routes = told.get("routes")
        wanted = tuple(map(word_of, routes)) if isinstance(routes, list) else ()
        if word_of(told.get("name")):
            yield word_of(told.get("name")), wanted


def managed(route: Manifest, wanted: tuple[str, ...]) -> list[int]:
    """Numbers of the `http` rules that the controller changes; the only one where none is named."""
    rules = route.items("spec", "http")
    if not wanted:
        return [0] if len(rules) == 1 else []
    return [number for number, told in rules if word_of(mapping_of(told).get("name")) in wanted]


def _find(state: State, kind: str, name: str, namespace: str) -> Manifest | None:
    word, _dot, space = name.partition(".")
    return state.objects.get(Key(kind, space or namespace, word))


class _Walk:
    """On the way through one canary."""

    def __init__(self, canary: Canary, state: State) -> None:
        self.canary = canary
        self.pods = pods_of(canary.rollout, state)
        self.whole = whole_number(self.pods.get("spec", "replicas")) or 1
        self.services = {
            name: state.objects.get(Key("Service", canary.rollout.namespace, name))
            for name in canary.names
        }
        self.weight = 0
        self.pointed = False
        self.scale: int | None = None
        """Pods that `setCanaryScale` asks for; None: as the weight asks."""

    def replica_set(self, which: str, count: int) -> dict[Key, Manifest | None]:
        key = Key("ReplicaSet", self.pods.namespace, f"{self.pods.name}-{which}")
        labels = mapping_of(self.pods.get("spec", "template", "metadata", "labels"))
        path = ("spec", "template", "metadata", "labels")
        made = with_data(self.pods, path, {**labels, HASH: which})
        made = with_data(made, ("spec", "replicas"), count)
        made = with_data(made, ("metadata", "name"), key.name)
        return {key: _named(made, key.name)}

    def pointing(self, stable: str, canary: str) -> dict[Key, Manifest | None]:
        """Services or subsets that select these ReplicaSets."""
        if self.canary.by_subset:
            rule = self.canary.rule
            for name, which in zip(self.canary.names, (stable, canary), strict=True):
                rule = _pointed(rule, name, which)
            return {key_of(rule): rule} if rule is not None else {}
        found: dict[Key, Manifest | None] = {}
        for name, which in zip(self.canary.names, (stable, canary), strict=True):
            service = self.services[name]
            if service is not None:
                selector = {**mapping_of(service.get("spec", "selector")), HASH: which}
                found[key_of(service)] = with_data(service, ("spec", "selector"), selector)
        return found

    def weights(self, canary: int) -> dict[Key, Manifest | None]:
        """The managed routes with ``canary`` percent for the canary."""
        found: dict[Key, Manifest] = {}
        share = dict(zip(self.canary.names, (100 - canary, canary), strict=True))
        for original, number in self.canary.routes:
            route = found.get(key_of(original), original)
            for place, told in route.items("spec", "http", number, "route"):
                to = mapping_of(mapping_of(told).get("destination"))
                host = word_of(to.get("host")).partition(".")[0]
                name = word_of(to.get("subset")) if self.canary.by_subset else host
                if name in share:
                    path = ("spec", "http", number, "route", place, "weight")
                    route = with_data(route, path, share[name])
            found[key_of(original)] = route
        return dict(found)

    def pods_for(self, weight: int) -> int:
        least = whole_number(self.canary.fields.get("minPodsPerReplicaSet")) or 1
        return max(ceil(self.whole * weight / 100), least) if weight else 0

    def begin(self) -> dict[Key, Manifest | None]:
        """Before the release: everything at the stable pods."""
        return {
            **self.replica_set(_OLD, self.whole),
            **self.replica_set(_NEW, 0),
            **self.pointing(_OLD, _OLD),
            **self.weights(0),
        }

    def steps(self) -> Iterator[Given]:
        """What the controller does, one thing after the other came through."""
        for number, told in self.canary.rollout.items("spec", "strategy", "canary", "steps"):
            yield from self._step(number, mapping_of(told))
        yield from self._promotion()

    def _step(self, number: int, step: Mapping[str, Any]) -> Iterator[Given]:
        path = ("spec", "strategy", "canary", "steps", number)
        source = self.canary.rollout.where(*path)
        if "setWeight" in step:
            yield from self._shift(whole_number(step.get("setWeight")) or 0, source)
        elif "setCanaryScale" in step:
            told = mapping_of(step.get("setCanaryScale"))
            share, count = whole_number(told.get("weight")), whole_number(told.get("replicas"))
            self.scale = count if share is None else ceil(self.whole * share / 100)
            if told.get("matchTrafficWeight") is True:
                self.scale = None
            wanted = self.pods_for(self.weight) if self.scale is None else self.scale
            title = filled(
                _("setCanaryScale: {count:canary pod|canary pods}"), [("count", str(wanted))]
            )
            if self.weight and not wanted:
                none = {**self.replica_set(_NEW, 0), **self.weights(0)}
                yield _given(title, none, source)
            else:
                yield from self._scaled(title, wanted, source)

    def _scaled(self, title: str, count: int, source: Source) -> Iterator[Given]:
        """Canary pods; with the first of them the canary means the new ones."""
        yield _given(title, self.replica_set(_NEW, count), source)
        if count and not self.pointed:
            self.pointed = True
            text = _("The canary means the new pods")
            yield _given(text, self.pointing(_OLD, _NEW), source)

    def _shift(self, weight: int, source: Source) -> Iterator[Given]:
        """Pods, then the weight; the other way round where it goes down.

        Without a canary pod the controller leaves the weight at 0.
        """
        wanted = self.pods_for(weight) if self.scale is None else self.scale
        title = filled(
            _("setWeight {weight}: {count:canary pod|canary pods}"),
            [("weight", str(weight)), ("count", str(wanted))],
        )
        shifted = self.weights(weight if wanted else 0)
        if self.canary.fields.get("dynamicStableScale") is True:
            shifted |= self.replica_set(_OLD, self.pods_for(100 - weight))
        moved = _given(_("setWeight {weight}").format(weight=weight), shifted, source)
        if weight < self.weight:
            yield moved
            yield from self._scaled(title, wanted, source)
        else:
            yield from self._scaled(title, wanted, source)
            yield moved
        self.weight = weight

    def _promotion(self) -> Iterator[Given]:
        """All pods new, all traffic to them, the old ones away after the delay."""
        rollout = self.canary.rollout
        source = rollout.where("spec", "strategy", "canary")
        yield from self._scaled(_("Promotion: all canary pods"), self.whole, source)
        yield _given(_("Promotion: all requests to the canary"), self.weights(100), source)
        switched = {**self.pointing(_NEW, _NEW), **self.weights(0)}
        yield from _cut_over(rollout, ("canary",), switched, self.replica_set(_OLD, 0))


def _cut_over(
    rollout: Manifest,
    strategy: tuple[str, ...],
    switched: Mapping[Key, Manifest | None],
    gone: Mapping[Key, Manifest | None],
) -> Iterator[Given]:
    """Traffic to the new pods; the old ones go at once where there is no delay."""
    path = ("spec", "strategy", *strategy, "scaleDownDelaySeconds")
    written = whole_number(rollout.get(*path))
    delay = DELAY if written is None else written
    title = _("Promotion: stable means the new pods; {seconds} s later the old ones go").format(
        seconds=delay
    )
    source = rollout.where(*path)
    if not delay:
        yield _given(title, {**switched, **gone}, source)
        return
    yield _given(title, switched, source)
    yield _given(title, gone, source)


def canary_walk(canary: Canary, state: State) -> tuple[State, list[Given]]:
    """The state before a release and the controller's steps."""
    walk = _Walk(canary, state)
    changed = {Key("ReplicaSet", canary.rollout.namespace, canary.rollout.name): None}
    return state.having({**changed, **walk.begin()}), list(walk.steps())


def blue_green_walk(rollout: Manifest, state: State) -> tuple[State, list[Given]] | None:
    """The same for `blueGreen`; None where it is none, or its service is not given."""
    fields = mapping_of(rollout.get("spec", "strategy", "blueGreen"))
    name = word_of(fields.get("activeService"))
    service = state.objects.get(Key("Service", rollout.namespace, name))
    if service is None:
        return None
    canary = Canary(rollout=rollout, fields=fields, routes=(), rule=None, names=(name, name))
    walk = _Walk(canary, state)
    own = Key("ReplicaSet", rollout.namespace, rollout.name)
    begin = state.having(
        {
            own: None,
            **walk.replica_set(_OLD, walk.whole),
            **walk.replica_set(_NEW, 0),
            **walk.pointing(_OLD, _OLD),
        }
    )
    source = rollout.where("spec", "strategy", "blueGreen")
    title = _("The new pods come up beside the old ones")
    steps = [_given(title, walk.replica_set(_NEW, walk.whole), source)]
    switched = walk.pointing(_NEW, _NEW)
    steps += _cut_over(rollout, ("blueGreen",), switched, walk.replica_set(_OLD, 0))
    return begin, steps


def _given(title: str, objects: Mapping[Key, Manifest | None], source: Source) -> Given:
    return Given(title=title, source=source, objects=objects, waits_pods=None, waits_rules=True)


def _named(manifest: Manifest, name: str) -> Manifest:
    return replace(manifest, name=name)


def _pointed(rule: Manifest | None, subset: str, which: str) -> Manifest | None:
    if rule is None:
        return None
    for number, told in rule.items("spec", "subsets"):
        if word_of(mapping_of(told).get("name")) == subset:
            labels = {**mapping_of(mapping_of(told).get("labels")), HASH: which}
            return with_data(rule, ("spec", "subsets", number, "labels"), labels)
    return rule
