"""What controllers make by themselves: the pods of a Rollout, the primary of a Flagger Canary."""

from collections.abc import Mapping

from why503.facts import Manifest
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.workload import labels_of
from why503.repair.rollout.state import MAKER, Key, State, idle, key_of, stand_in, with_data

HASH = "rollouts-pod-template-hash"
"""The label by which Argo Rollouts tells its ReplicaSets apart."""
SELECTOR_LABELS = ("app", "name", "app.kubernetes.io/name")
"""Labels by which Flagger tells the primary from the target."""


def pods_of(rollout: Manifest, state: State) -> Manifest:
    """The pods of a Rollout as a ReplicaSet of its name; its lines are the Rollout's."""
    template = mapping_of(rollout.get("spec", "template"))
    reference = word_of(rollout.get("spec", "workloadRef", "name"))
    if reference:
        kind = word_of(rollout.get("spec", "workloadRef", "kind")) or "Deployment"
        workload = state.objects.get(Key(kind, rollout.namespace, reference))
        template = mapping_of(workload.get("spec", "template")) if workload else {}
    if not template:
        labels = mapping_of(rollout.get("spec", "selector", "matchLabels"))
        template = {"metadata": {"labels": labels}}
    key = Key("ReplicaSet", rollout.namespace, rollout.name)
    spec = {"replicas": rollout.get("spec", "replicas", default=1), "template": template}
    return stand_in(key, {"spec": spec, MAKER: rollout.kind}, rollout.source, rollout)


def canary_names(canary: Manifest) -> tuple[str, str]:
    """Name of the target and of the service of a Flagger Canary."""
    target = word_of(canary.get("spec", "targetRef", "name"))
    return target, word_of(canary.get("spec", "service", "name")) or target


def primary_of(canary: Manifest, state: State) -> Manifest | None:
    """The primary workload that Flagger keeps; None where the target is not given."""
    target, _name = canary_names(canary)
    kind = word_of(canary.get("spec", "targetRef", "kind")) or "Deployment"
    workload = state.objects.get(Key(kind, canary.namespace, target))
    if workload is None:
        return None
    known = state.objects.get(Key(kind, canary.namespace, f"{target}-primary"))
    if known is not None:
        return known
    data = workload.data
    for label in SELECTOR_LABELS:
        if labels_of(workload).get(label) == target:
            copy = with_data(
                workload,
                ("spec", "template", "metadata", "labels"),
                {**labels_of(workload), label: f"{target}-primary"},
            )
            data = copy.data
            break
    key = Key(kind, canary.namespace, f"{target}-primary")
    return stand_in(key, {"spec": mapping_of(data.get("spec"))}, canary.source, workload)


def selector_label(canary: Manifest, state: State) -> str:
    """The label by which primary and target are told apart; ``""`` where there is none."""
    target, _name = canary_names(canary)
    kind = word_of(canary.get("spec", "targetRef", "kind")) or "Deployment"
    workload = state.objects.get(Key(kind, canary.namespace, target))
    labels = labels_of(workload) if workload is not None else {}
    return next((one for one in SELECTOR_LABELS if labels.get(one) == target), "")


def services_of(canary: Manifest, state: State) -> list[Manifest]:
    """The three Services that Flagger makes, whatever stands in files of their names."""
    target, name = canary_names(canary)
    label = selector_label(canary, state) or "app"
    told = mapping_of(canary.get("spec", "service"))
    port = {
        "name": word_of(told.get("portName")) or "http",
        "port": told.get("port"),
        "targetPort": told.get("targetPort") or told.get("port"),
    }
    made = []
    for suffix, chosen in (("", "-primary"), ("-primary", "-primary"), ("-canary", "")):
        key = Key("Service", canary.namespace, f"{name}{suffix}")
        spec = {"selector": {label: f"{target}{chosen}"}, "ports": [port]}
        made.append(stand_in(key, {"spec": spec}, canary.where("spec", "service"), canary))
    return made


def steady(state: State, canaries: Mapping[Key, Manifest]) -> State:
    """A state between two releases, with what controllers have made.

    ``canaries``: the Flagger Canaries that have done their initial work.
    """
    changed: dict[Key, Manifest | None] = {}
    for one in state.of("Rollout"):
        changed[key_of(one)] = None
        changed[Key("ReplicaSet", one.namespace, one.name)] = pods_of(one, state)
    for one in state.of("Service", "DestinationRule"):
        bare = without_hash(one)
        if bare is not one:
            changed[key_of(one)] = bare
    for canary in canaries.values():
        primary = primary_of(canary, state)
        if primary is None:
            continue
        target = state.objects[key_of(primary)._replace(name=canary_names(canary)[0])]
        changed[key_of(primary)] = primary
        changed[key_of(target)] = idle(target)
        changed |= {key_of(one): one for one in services_of(canary, state)}
    return state.having(changed)


def without_hash(manifest: Manifest) -> Manifest:
    """A Service or DestinationRule without the labels that Argo Rollouts has put into it."""
    if manifest.kind == "Service":
        selector = mapping_of(manifest.get("spec", "selector"))
        if HASH not in selector:
            return manifest
        bare = {key: value for key, value in selector.items() if key != HASH}
        return with_data(manifest, ("spec", "selector"), bare)
    found = manifest
    for number, told in manifest.items("spec", "subsets"):
        labels = mapping_of(mapping_of(told).get("labels"))
        if HASH in labels:
            bare = {key: value for key, value in labels.items() if key != HASH}
            found = with_data(found, ("spec", "subsets", number, "labels"), bare)
    return found
