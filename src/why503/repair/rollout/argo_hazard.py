"""What a Rollout's own settings make dangerous."""

from collections.abc import Iterator
from typing import Any

from why503.facts import Manifest
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.repair.rollout.argo import DELAY, canary_of, managed, virtual_services
from why503.repair.rollout.gitops import reverting
from why503.repair.rollout.hazard import Hazard
from why503.repair.rollout.state import Key, State
from why503.support.text import _

_CANARY = ("spec", "strategy", "canary")


def argo_hazards(rollout: Manifest, state: State) -> Iterator[Hazard]:
    """Of one Rollout; ``state``: the objects as they are written."""
    fields = mapping_of(rollout.get(*_CANARY))
    istio = mapping_of(mapping_of(fields.get("trafficRouting")).get("istio"))
    for strategy in ("canary", "blueGreen"):
        if strategy == "blueGreen" or istio:
            yield from _delays(rollout, strategy)
    if fields and not istio:
        yield Hazard(
            id="weights-are-pods",
            severity="note",
            text=_("{name} has no trafficRouting.istio: a weight is a share of the pods.").format(
                name=rollout.full_name
            ),
            remedy=_("Name a VirtualService under trafficRouting.istio to share out requests."),
            source=rollout.where(*_CANARY),
        )
    if not istio:
        return
    yield from _routes(rollout, istio, state)
    yield from _subsets(rollout, istio, state)
    yield from _managed_routes(rollout)
    yield from _scale(rollout, fields)
    canary = canary_of(rollout, state)
    if canary is not None:
        objects = [one for one, _number in canary.routes]
        objects += [canary.rule] if canary.rule is not None and canary.by_subset else []
        yield from reverting(rollout, objects, state)


def _delays(rollout: Manifest, strategy: str) -> Iterator[Hazard]:
    """Pods that go before everybody knows that they get no more requests."""
    remedy = _("Leave {field} out ({delay} s) or set it longer.")
    path = ("spec", "strategy", strategy, "scaleDownDelaySeconds")
    seconds = whole_number(rollout.get(*path))
    if seconds is not None and seconds < DELAY:
        text = _(
            "{name} takes the old pods away {seconds} s after the switch; proxies and nodes that "
            "learn of it later still send to them."
        )
        yield Hazard(
            id="short-scale-down-delay",
            severity="warning" if seconds else "error",
            text=text.format(name=rollout.full_name, seconds=seconds),
            remedy=remedy.format(field="scaleDownDelaySeconds", delay=DELAY),
            source=rollout.where(*path),
        )
    path = ("spec", "strategy", strategy, "abortScaleDownDelaySeconds")
    seconds = whole_number(rollout.get(*path))
    if seconds is not None and 0 < seconds < DELAY:  # 0: they stay
        text = _("{name} takes the new pods away {seconds} s after a release is aborted.")
        yield Hazard(
            id="short-abort-delay",
            severity="warning",
            text=text.format(name=rollout.full_name, seconds=seconds),
            remedy=remedy.format(field="abortScaleDownDelaySeconds", delay=DELAY),
            source=rollout.where(*path),
        )


def _scale(rollout: Manifest, fields: Any) -> Iterator[Hazard]:
    if fields.get("dynamicStableScale") is not True:
        return
    path = (*_CANARY, "dynamicStableScale")
    weights = [
        whole_number(mapping_of(told).get("setWeight"))
        for _number, told in rollout.items(*_CANARY, "steps")
    ]
    text = _(
        "{name} takes stable pods away as soon as a weight is set (dynamicStableScale): at "
        "weight 100 the last one goes while proxies still have the weight before."
    )
    whole = 100 in weights
    yield Hazard(
        id="stable-scaled-with-weight",
        severity="error" if whole else "warning",
        text=text.format(name=rollout.full_name),
        remedy=_("Leave out `setWeight: 100`, or better dynamicStableScale."),
        source=rollout.where(*path),
    )
    if whole_number(fields.get("scaleDownDelaySeconds")) is not None:
        yield Hazard(
            id="delay-with-dynamic-scale",
            severity="error",
            text=_("Argo Rollouts refuses scaleDownDelaySeconds beside dynamicStableScale."),
            remedy=_("Keep one of them."),
            source=rollout.where(*_CANARY, "scaleDownDelaySeconds"),
        )


def _routes(rollout: Manifest, istio: Any, state: State) -> Iterator[Hazard]:
    source = rollout.where(*_CANARY, "trafficRouting", "istio")
    for name, wanted in virtual_services(istio):
        word, _dot, space = name.partition(".")
        route = state.objects.get(Key("VirtualService", space or rollout.namespace, word))
        if route is None:
            yield Hazard(
                id="route-not-given",
                severity="note",
                text=_("VirtualService {name} was not given; the weights cannot be walked.").format(
                    name=name
                ),
                remedy=_("Give it too."),
                source=source,
            )
        elif not managed(route, wanted):
            text = _("{route} has no `http` rule named {names}; Argo Rollouts stops there.")
            if not wanted:
                text = _("{route} has several `http` rules, and the Rollout names none of them.")
            names = ", ".join(wanted)
            yield Hazard(
                id="managed-route-missing",
                severity="error",
                text=text.format(route=route.full_name, names=names),
                remedy=_("Write the name of the rule under routes, and the same at the rule."),
                source=source,
            )


def _subsets(rollout: Manifest, istio: Any, state: State) -> Iterator[Hazard]:
    told = mapping_of(istio.get("destinationRule"))
    canary = canary_of(rollout, state)
    if not told or canary is None or canary.rule is None:
        return
    defined = {
        word_of(mapping_of(one).get("name")) for _n, one in canary.rule.items("spec", "subsets")
    }
    for name in canary.names:
        if name not in defined:
            text = _("{rule} does not define the subset {subset} that the Rollout manages.")
            yield Hazard(
                id="managed-subset-missing",
                severity="error",
                text=text.format(rule=canary.rule.full_name, subset=name or "-"),
                remedy=_("Define it, with the labels of the service alone."),
                source=rollout.where(*_CANARY, "trafficRouting", "istio", "destinationRule"),
            )


def _managed_routes(rollout: Manifest) -> Iterator[Hazard]:
    path = (*_CANARY, "trafficRouting", "managedRoutes")
    known = {word_of(mapping_of(one).get("name")) for _n, one in rollout.items(*path)}
    for number, told in rollout.items(*_CANARY, "steps"):
        for kind in ("setHeaderRoute", "setMirrorRoute"):
            name = word_of(mapping_of(mapping_of(told).get(kind)).get("name"))
            if name and name not in known:
                text = _("{kind} makes the route {name}, which managedRoutes does not list.")
                yield Hazard(
                    id="route-not-managed",
                    severity="error",
                    text=text.format(kind=kind, name=name),
                    remedy=_("List it under trafficRouting.managedRoutes."),
                    source=rollout.where(*_CANARY, "steps", number, kind),
                )
