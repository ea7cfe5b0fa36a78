"""Workloads that lose requests when they are rolled out, scaled in or moved."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import proxy_configs
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.version import NATIVE_SIDECARS_SINCE, istio_version
from why503.mesh.workload import containers_of, has_own_sidecar, labels_of, pod_spec_path
from why503.support.duration import seconds_of, spell
from why503.support.pattern import lazy_re

GRACE = 30
"""Seconds: Kubernetes' default for `terminationGracePeriodSeconds`."""
DRAIN = 5.0
"""Seconds: Istio's default for `terminationDrainDuration`."""
_MAKERS = ("Deployment", "StatefulSet")
_SLEEP = lazy_re(r"\bsleep[ \t]{1,4}(\d{1,6})(?:\.\d{1,3})?(s|m)?\b")
_EXIT = "EXIT_ON_ZERO_ACTIVE_CONNECTIONS"


def pre_stop_seconds(container: Mapping[str, Any]) -> float | None:
    """How long a container's preStop hook sleeps; None where it has none that sleeps."""
    hook = mapping_of(mapping_of(container.get("lifecycle")).get("preStop"))
    if "sleep" in hook:
        return seconds_of(mapping_of(hook.get("sleep")).get("seconds"))
    command = mapping_of(hook.get("exec")).get("command")
    text = " ".join(map(str, command)) if isinstance(command, list) else ""
    found = _SLEEP.search(text)
    if found is None:
        return None
    return float(found[1]) * (60 if found[2] == "m" else 1)


def sleeps_of(workload: Manifest) -> Iterator[tuple[tuple[str | int, ...], float]]:
    """Path and seconds of each preStop hook that sleeps, the proxy's left out."""
    for path, container in containers_of(workload):
        seconds = pre_stop_seconds(container)
        if seconds is not None and container.get("name") != "istio-proxy":
            yield (*path, "lifecycle", "preStop"), seconds


def without_pre_stop(mesh: Mesh) -> Iterator[Spotted]:
    """Deployments of which no container has a preStop hook: `workload`."""
    for deployment in mesh.manifests("Deployment"):
        containers = containers_of(deployment)
        hooks = [mapping_of(mapping_of(c.get("lifecycle")).get("preStop")) for _p, c in containers]
        if not deployment.partial and containers and not any(hooks):
            yield spotted(deployment.where(*containers[0][0]), workload=deployment.name)


def killed_in_pre_stop(mesh: Mesh) -> Iterator[Spotted]:
    """Workloads whose preStop outlasts the grace period: `workload`, `sleep`, `grace`."""
    for kind in _MAKERS:
        for workload in mesh.manifests(kind):
            path = (*pod_spec_path(workload), "terminationGracePeriodSeconds")
            written = whole_number(workload.get(*path))
            grace = GRACE if written is None else written
            for place, seconds in sleeps_of(workload):
                if seconds >= grace:
                    where = workload.where(*(path if written is not None else place))
                    yield spotted(
                        where,
                        workload.where(*place),
                        workload=workload.full_name,
                        sleep=spell(seconds),
                        grace=spell(float(grace)),
                    )


def proxies_gone_first(mesh: Mesh) -> Iterator[Spotted]:
    """Sidecars that stop while the application still sleeps: `workload`, `sleep`, `drain`."""
    found = istio_version(mesh)
    if found is not None and found.value >= NATIVE_SIDECARS_SINCE:
        return
    configs = proxy_configs(mesh)
    for kind in _MAKERS:
        for workload in mesh.manifests(kind):
            sleeps = list(sleeps_of(workload))
            if not sleeps or not has_own_sidecar(mesh, workload) or is_native(workload):
                continue
            config = configs.get((workload.namespace, workload.name))
            drain = _drain(config)
            place, seconds = max(sleeps, key=lambda one: one[1])
            if drain is not None and seconds > drain:
                limit = config.where("terminationDrainDuration") if config is not None else None
                yield spotted(
                    workload.where(*place),
                    limit,
                    workload=workload.full_name,
                    sleep=spell(seconds),
                    drain=spell(drain),
                )


def is_native(workload: Manifest) -> bool:
    """Whether a workload's proxy is written as a native sidecar."""
    path = (*pod_spec_path(workload), "initContainers")
    return any(mapping_of(one).get("name") == "istio-proxy" for _, one in workload.items(*path))


def _drain(config: Manifest | None) -> float | None:
    """Seconds after which the proxy stops; None where it waits for its connections."""
    if config is None:
        return DRAIN
    if word_of(config.get("proxyMetadata", _EXIT)).lower() == "true":
        return None
    found = seconds_of(config.get("terminationDrainDuration"))
    return DRAIN if found is None else found


def without_budget(mesh: Mesh) -> Iterator[Spotted]:
    """Deployments of several replicas without a PodDisruptionBudget: `workload`, `replicas`."""
    budgets: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for budget in mesh.manifests("PodDisruptionBudget"):
        labels = mapping_of(budget.get("spec", "selector", "matchLabels"))
        budgets[budget.namespace].append(labels)
    served = served_workloads(mesh)
    for kind in _MAKERS:
        for workload in mesh.manifests(kind):
            replicas = replicas_of(mesh, workload)
            labels = labels_of(workload)
            covered = any(
                all(labels.get(key) == value for key, value in wanted.items())
                for wanted in budgets[workload.namespace]
            )
            if replicas > 1 and not covered and not workload.partial and id(workload) in served:
                where = workload.where("spec", "replicas")
                yield spotted(where, workload=workload.full_name, replicas=replicas)


def served_workloads(mesh: Mesh) -> frozenset[int]:
    """Workloads that a Service sends to."""
    known = inventory(mesh)
    return frozenset(
        id(one) for service in mesh.manifests("Service") for one in known.behind(service)
    )


def abrupt_scalers(mesh: Mesh) -> Iterator[Spotted]:
    """Autoscalers that scale in without waiting: `scaler`."""
    path = ("spec", "behavior", "scaleDown", "stabilizationWindowSeconds")
    for scaler in mesh.manifests("HorizontalPodAutoscaler"):
        if whole_number(scaler.get(*path)) == 0 and not scaler.partial:
            yield spotted(scaler.where(*path), scaler=scaler.full_name)


def replaced_at_once(mesh: Mesh) -> Iterator[Spotted]:
    """Deployments that a roll-out takes away whole: `workload`, `how`."""
    for workload in mesh.manifests("Deployment"):
        kind = word_of(workload.get("spec", "strategy", "type"))
        path = ("spec", "strategy", "rollingUpdate", "maxUnavailable")
        if kind == "Recreate":
            where = workload.where("spec", "strategy", "type")
            yield spotted(where, workload=workload.full_name, how="Recreate")
            continue
        written = word_of(workload.get(*path))
        replicas = replicas_of(mesh, workload)
        if written == "100%" or (whole_number(written) or 0) >= replicas > 0:
            how = f"maxUnavailable {written} / {replicas}"
            replicas_at = workload.where("spec", "replicas")
            where = workload.where(*path)
            yield spotted(where, replicas_at, workload=workload.full_name, how=how)


def ejecting_the_only_one(mesh: Mesh) -> Iterator[Spotted]:
    """Outlier detection for a host of one replica: `rule`, `host`, `workload`."""
    for rule, host, workloads in _of_rules(mesh, "outlierDetection"):
        if _replicas(mesh, workloads) == 1:
            where = rule.where("spec", "trafficPolicy", "outlierDetection")
            name = workloads[0].full_name
            yield spotted(where, rule=rule.full_name, host=host, workload=name)


def limits_below_replicas(mesh: Mesh) -> Iterator[Spotted]:
    """Connection limits below one for each replica: `rule`, `limit`, `field`, `replicas`."""
    places = (("tcp", "maxConnections"), ("http", "http2MaxRequests"))
    for rule, _host, workloads in _of_rules(mesh, "connectionPool"):
        replicas = _replicas(mesh, workloads)
        for place in places:
            path = ("spec", "trafficPolicy", "connectionPool", *place)
            limit = whole_number(rule.get(*path))
            if limit is not None and 0 < limit < replicas:
                values = {"rule": rule.full_name, "limit": limit, "field": place[1]}
                replicas_at = [one.where("spec", "replicas") for one in workloads]
                yield spotted(rule.where(*path), *replicas_at, **values, replicas=replicas)


def _of_rules(mesh: Mesh, block: str) -> Iterator[tuple[Manifest, str, tuple[Manifest, ...]]]:
    """DestinationRules that have a block, with the workloads behind their host."""
    known = inventory(mesh)
    for rule in mesh.manifests("DestinationRule"):
        host = word_of(rule.get("spec", "host"))
        service = known.service(host, rule.namespace)
        if rule.get("spec", "trafficPolicy", block) and service is not None:
            workloads = known.behind(service)
            if workloads and not any(one.partial or one.kind == "DaemonSet" for one in workloads):
                yield rule, host, workloads


def _replicas(mesh: Mesh, workloads: tuple[Manifest, ...]) -> int:
    return sum(replicas_of(mesh, one) for one in workloads)


def replicas_of(mesh: Mesh, workload: Manifest) -> int:
    """Pods that a workload has; the least that its autoscaler keeps, where it has one."""
    scalers = mesh.kept("autoscalers by target", lambda: _scalers(mesh))
    scaler = scalers.get((workload.namespace, workload.kind, workload.name))
    holder, path = (workload, "replicas") if scaler is None else (scaler, "minReplicas")
    written = whole_number(holder.get("spec", path))
    return 1 if written is None else written


def _scalers(mesh: Mesh) -> dict[tuple[str, str, str], Manifest]:
    found: dict[tuple[str, str, str], Manifest] = {}
    for scaler in mesh.manifests("HorizontalPodAutoscaler"):
        target = mapping_of(scaler.get("spec", "scaleTargetRef"))
        kind, name = word_of(target.get("kind")), word_of(target.get("name"))
        found.setdefault((scaler.namespace, kind, name), scaler)
    return found
