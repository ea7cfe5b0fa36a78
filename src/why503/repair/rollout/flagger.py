"""How Flagger walks through a release, and what stands in its way."""

from collections.abc import Iterator
from typing import Any

from why503.facts import Manifest
from why503.mesh.selection import full_host, has_labels
from why503.mesh.setting import mapping_of, whole_number
from why503.mesh.traced.registry import words_at
from why503.mesh.workload import labels_of
from why503.repair.rollout.controlled import (
    canary_names,
    primary_of,
    selector_label,
    services_of,
    steady,
)
from why503.repair.rollout.gitops import reverting
from why503.repair.rollout.hazard import Hazard
from why503.repair.rollout.state import Key, State, key_of, replicas, stand_in, with_data
from why503.repair.rollout.walk import Given
from why503.support.text import _

_WHOLE = 100


def is_flagger(canary: Manifest) -> bool:
    """Whether a Canary is Flagger's."""
    return canary.kind == "Canary" and canary.api_version.startswith("flagger.app/")


def weights_of(canary: Manifest) -> list[int]:
    """The weights of the canary, one analysis after the other."""
    told = mapping_of(canary.get("spec", "analysis") or canary.get("spec", "canaryAnalysis"))
    listed = told.get("stepWeights")
    if isinstance(listed, list) and listed:
        return [number for one in listed if (number := whole_number(one)) is not None]
    step, most = whole_number(told.get("stepWeight")), whole_number(told.get("maxWeight"))
    if not step or step < 1:
        return []
    top = min(most or _WHOLE, _WHOLE)
    return [min(weight, top) for weight in range(step, top + step, step)]


def flagger_walk(canary: Manifest, state: State) -> tuple[State, list[Given]] | None:
    """The state between releases, and Flagger's steps; None where the target is not given."""
    primary = primary_of(canary, state)
    if primary is None:
        return None
    target, name = canary_names(canary)
    key = key_of(primary)._replace(name=target)
    before = steady(state, {key_of(canary): canary})
    before = before.having(_routed(canary, name, 0))
    source = canary.where("spec", "analysis")
    workload = with_data(state.objects[key], ("spec", "replicas"), _pods(state.objects[key]))
    skips = canary.get("spec", "skipAnalysis") is True
    steps = [_given(_("The pods of the target come up"), {key: workload}, source)]
    for weight in [] if skips else weights_of(canary):
        title = _("Weight {weight} for the canary").format(weight=weight)
        steps.append(_given(title, _routed(canary, name, weight), source))
    steps.append(_given(_("The primary becomes the new version"), {}, source))
    if not skips:
        title = _("All requests to the primary")
        steps.append(_given(title, _routed(canary, name, 0), source))
    idle = before.objects[key]
    steps.append(_given(_("The target is scaled to nothing"), {key: idle}, source))
    return before, steps


def _pods(workload: Manifest) -> int:
    return replicas(workload) or 1


def _routed(canary: Manifest, name: str, weight: int) -> dict[Key, Manifest | None]:
    """The VirtualService that Flagger writes, with ``weight`` percent for the canary."""
    told = mapping_of(canary.get("spec", "service"))
    hosts = list(words_at(canary, "spec", "service", "hosts"))
    ways = [
        {"destination": {"host": f"{name}-{suffix}"}, "weight": share}
        for suffix, share in (("primary", 100 - weight), ("canary", weight))
    ]
    spec: dict[str, Any] = {"hosts": [*hosts, name], "http": [{"route": ways}]}
    if told.get("gateways"):
        spec["gateways"] = told.get("gateways")
    key = Key("VirtualService", canary.namespace, name)
    made = stand_in(key, {"spec": spec}, canary.where("spec", "service"), canary)
    return {key: made}


def _given(title: str, objects: dict[Key, Manifest | None], source: Any) -> Given:
    return Given(title=title, source=source, objects=objects, waits_pods=None, waits_rules=True)


def flagger_hazards(canary: Manifest, state: State, now: State) -> Iterator[Hazard]:
    """Of one Canary; ``state``: the objects as they are written, ``now``: those of before."""
    yield from _label(canary, state)
    yield from _own_objects(canary, state)
    told = canary.get("spec", "skipAnalysis")
    if told is True:
        source = canary.where("spec", "skipAnalysis")
        new = key_of(canary) not in now.objects
        text = _("{name} skips the analysis: a new version gets all requests at once, unchecked.")
        if new:
            text = _(
                "{name} is new and skips the analysis: while Flagger sets it up, requests are lost."
            )
        yield Hazard(
            id="flagger-set-up-unserved" if new else "flagger-skips-analysis",
            severity="error" if new else "warning",
            text=text.format(name=canary.full_name),
            remedy=_(
                "Take skipAnalysis out, and set it when the Canary is Initialized, if at all."
            ),
            source=source,
        )
    elif not weights_of(canary) and not canary.get("spec", "analysis", "iterations"):
        text = _("{name} has neither stepWeight, stepWeights nor iterations.")
        yield Hazard(
            id="flagger-without-steps",
            severity="warning",
            text=text.format(name=canary.full_name),
            remedy=_("Say under analysis how the weight grows."),
            source=canary.where("spec", "analysis"),
        )
    yield from _deadline(canary, state)


def deleted(canary: Manifest) -> Hazard | None:
    """What happens where a Canary is deleted; None where it puts everything back."""
    if canary.get("spec", "revertOnDeletion") is True:
        return None
    target, name = canary_names(canary)
    text = _(
        "{canary} is deleted without revertOnDeletion: the primary goes with it, Service {name} "
        "still selects it, and {target} may stand at no replica."
    )
    return Hazard(
        id="flagger-deleted",
        severity="error",
        text=text.format(canary=canary.full_name, name=name, target=target),
        remedy=_("Set revertOnDeletion: true and apply it before the Canary is deleted."),
        source=canary.source,
    )


def _label(canary: Manifest, state: State) -> Iterator[Hazard]:
    if primary_of(canary, state) is None or selector_label(canary, state):
        return
    target, _name = canary_names(canary)
    text = _("{target} has no label app, name or app.kubernetes.io/name with its own name.")
    yield Hazard(
        id="flagger-selector",
        severity="warning",
        text=text.format(target=target),
        remedy=_("Label the pods `app: {target}`, or tell Flagger with -selector-labels.").format(
            target=target
        ),
        source=canary.where("spec", "targetRef"),
    )


def _own_objects(canary: Manifest, state: State) -> Iterator[Hazard]:
    """Services and routes of the user's that meet Flagger's."""
    target, name = canary_names(canary)
    made = {key_of(one) for one in services_of(canary, state)}
    workload = state.objects.get(Key("Deployment", canary.namespace, target))
    for service in state.of("Service"):
        selector = mapping_of(service.get("spec", "selector"))
        fits = workload is not None and has_labels(labels_of(workload), selector)
        if service.namespace != canary.namespace or not selector or not fits:
            continue
        if key_of(service) in made:
            continue
        text = _("{service} selects the pods of {target}, which Flagger scales to nothing.")
        yield Hazard(
            id="flagger-target-selected",
            severity="error",
            text=text.format(service=service.full_name, target=target),
            remedy=_("Let it select the pods of {target}-primary.").format(target=target),
            source=service.where("spec", "selector"),
        )
    host = full_host(name, canary.namespace)
    for route in state.of("VirtualService"):
        own = (canary.namespace, name) == (route.namespace, route.name)
        hosts = [full_host(one, route.namespace) for one in words_at(route, "spec", "hosts")]
        if own and not route.get("metadata", "ownerReferences"):
            yield from reverting(canary, [route], state)
        if host in hosts and not own:
            text = _("{route} routes {host} too, beside the VirtualService that Flagger writes.")
            yield Hazard(
                id="flagger-second-route",
                severity="warning",
                text=text.format(route=route.full_name, host=name),
                remedy=_("Move its settings to spec.service of the Canary, and delete it."),
                source=route.where("spec", "hosts"),
            )


def _deadline(canary: Manifest, state: State) -> Iterator[Hazard]:
    """A deadline that is over before the pods may be ready."""
    target, _name = canary_names(canary)
    workload = state.objects.get(Key("Deployment", canary.namespace, target))
    deadline = whole_number(canary.get("spec", "progressDeadlineSeconds"))
    if workload is None or deadline is None:
        return
    for _number, told in workload.items("spec", "template", "spec", "containers"):
        probe = mapping_of(mapping_of(told).get("startupProbe"))
        if not probe:
            continue
        wait = (whole_number(probe.get("failureThreshold")) or 3) * (
            whole_number(probe.get("periodSeconds")) or 10
        ) + (whole_number(probe.get("initialDelaySeconds")) or 0)
        if wait > deadline:
            text = _(
                "progressDeadlineSeconds is {deadline} s; {target} may take {wait} s to start."
            )
            yield Hazard(
                id="flagger-short-deadline",
                severity="warning",
                text=text.format(deadline=deadline, target=target, wait=wait),
                remedy=_("Set it longer, or every slow start is rolled back."),
                source=canary.where("spec", "progressDeadlineSeconds"),
            )
