"""Pods that a release takes for granted, where the files show Istio's objects alone."""

from why503.facts import Manifest
from why503.mesh.selection import full_host, has_labels
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.workload import labels_of
from why503.repair.rollout.state import WORKLOADS, Key, State, stand_in
from why503.support.text import _


def assumed_pods(now: State) -> tuple[tuple[Manifest, ...], tuple[str, ...]]:
    """Workloads that stand for pods that are not given, and a sentence for each service.

    Only for services of a namespace of which no workload is given: one that is given and does not
    fit is a fact.
    """
    found: list[Manifest] = []
    told: list[str] = []
    given = {one.namespace for one in now.of(*WORKLOADS, "Pod", "EndpointSlice", "Endpoints")}
    for service in now.of("Service"):
        selector = mapping_of(service.get("spec", "selector"))
        if not selector or service.namespace in given:
            continue
        made = _of_service(now, service, {str(k): str(v) for k, v in selector.items()})
        if any(has_labels(labels_of(one), selector) for one in found):
            continue
        found += made
        text = _("The pods of {service} that are there now are taken to be ready; none is given.")
        told.append(text.format(service=service.full_name))
    return tuple(found), tuple(told)


def _of_service(now: State, service: Manifest, selector: dict[str, str]) -> list[Manifest]:
    """One workload for each subset of the service, else one for all."""
    host = f"{service.name}.{service.namespace}.svc.cluster.local"
    wanted = [
        mapping_of(mapping_of(told).get("labels"))
        for rule in now.of("DestinationRule")
        if full_host(word_of(rule.get("spec", "host")), rule.namespace) == host
        for _n, told in rule.items("spec", "subsets")
    ]
    made = []
    for number, labels in enumerate(wanted or [{}], start=1):
        every = {**selector, **{str(key): str(value) for key, value in labels.items()}}
        key = Key("ReplicaSet", service.namespace, f"{service.name}-{number}")
        data = {"spec": {"template": {"metadata": {"labels": every}}}}
        made.append(stand_in(key, data, service.where("spec", "selector"), service))
    return made
