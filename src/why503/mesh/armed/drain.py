"""Ends of pods whose clocks do not fit: preStop, the application, its proxy, the grace period."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest, Source
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.rollout import GRACE, is_native, replicas_of, served_workloads, sleeps_of
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_configs, proxy_configs
from why503.mesh.server_setting import Given, seconds_in, server_files, settings_of_container
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.version import NATIVE_SIDECARS_SINCE, istio_version
from why503.mesh.workload import containers_of, has_own_sidecar, pod_spec_path
from why503.support.duration import seconds_of, spell
from why503.support.pattern import lazy_re

_ALL = 100
"""Per cent."""
ENOUGH = 5.0
"""Seconds: the shortest pause before the stop that people use; endpoints take seconds to go."""
_MAKERS = ("Deployment", "StatefulSet")
_SHUTDOWN = lazy_re(
    r"(?:\w{0,60}graceful(?:shutdown)?(?:timeout|duration|period)|\w{0,60}gracefulshutdown"
    r"(?:timeout|duration|period)(?:seconds|ms)?|\w{0,60}shutdown(?:timeout|graceperiod)"
    r"(?:seconds|ms)?|timeoutgracefulshutdown|springlifecycletimeoutpershutdownphase"
    r"|httpmaxgracefulshutdownduration)"
)
"""Names, without `-`, `_`, `.` and case, of the time that an application takes for its end."""


def grace_of(workload: Manifest) -> float:
    """Seconds from the request to stop until the kill."""
    written = whole_number(workload.get(*pod_spec_path(workload), "terminationGracePeriodSeconds"))
    return float(GRACE if written is None else written)


def _grace_place(workload: Manifest) -> Source | None:
    path = (*pod_spec_path(workload), "terminationGracePeriodSeconds")
    return workload.where(*path) if workload.get(*path) is not None else None


def short_pre_stops(mesh: Mesh) -> Iterator[Spotted]:
    """Hooks of workloads behind a Service that sleep too short: `workload`, `sleep`."""
    served = served_workloads(mesh)
    for workload in _made(mesh):
        for place, seconds in sleeps_of(workload) if id(workload) in served else ():
            if seconds < ENOUGH:
                name = workload.full_name
                yield spotted(workload.where(*place), workload=name, sleep=spell(seconds))


def _made(mesh: Mesh) -> Iterator[Manifest]:
    for kind in _MAKERS:
        yield from mesh.manifests(kind)


def shutdowns_beyond_grace(mesh: Mesh) -> Iterator[Spotted]:
    """Applications that may take longer for their end than the grace period leaves them.

    Values: `workload`, `sleep`, `setting`, `shutdown`, `grace`.
    """
    for workload in _made(mesh):
        grace = grace_of(workload)
        sleeps = list(sleeps_of(workload))
        sleep = max((seconds for _place, seconds in sleeps), default=0.0)
        for setting in _settings(mesh, workload) if sleep < grace else ():
            unit = 0.001 if setting.name.endswith("ms") else None
            seconds = seconds_in(setting.value, unit)
            if seconds and _SHUTDOWN.fullmatch(setting.name) and sleep + seconds > grace:
                yield spotted(
                    setting.source,
                    *(workload.where(*place) for place, _seconds in sleeps),
                    _grace_place(workload),
                    workload=workload.full_name,
                    sleep=spell(sleep),
                    setting=setting.spelled,
                    shutdown=spell(seconds),
                    grace=spell(grace),
                )
                break


def _settings(mesh: Mesh, workload: Manifest) -> Iterator[Given]:
    for path, container in containers_of(workload):
        if container.get("name") != "istio-proxy":
            yield from settings_of_container(workload, path, container)
    for file in server_files(mesh, workload):
        yield from file.properties


def drains_beyond_grace(mesh: Mesh) -> Iterator[Spotted]:
    """Sidecars that drain as long as their pod's grace period, or longer.

    Values: `workload`, `field`, `drain`, `grace`.
    """
    version = istio_version(mesh)
    if version is not None and version.value >= NATIVE_SIDECARS_SINCE:
        return
    own = proxy_configs(mesh)
    common = _common(mesh)
    for workload in _made(mesh):
        if not has_own_sidecar(mesh, workload) or is_native(workload):
            continue
        config = own.get((workload.namespace, workload.name))
        told = _drain(config.data, config) if config is not None else None
        told = told or common
        if told is not None and told[1] >= grace_of(workload):
            yield spotted(
                told[2],
                _grace_place(workload),
                workload=workload.full_name,
                field=told[0],
                drain=spell(told[1]),
                grace=spell(grace_of(workload)),
            )


def _common(mesh: Mesh) -> tuple[str, float, Source] | None:
    for manifest, base in mesh_configs(mesh):
        config = mapping_of(manifest.get(*base, "defaultConfig"))
        if found := _drain(config, manifest, *base, "defaultConfig"):
            return found
    return None


def _drain(
    config: Mapping[str, Any], manifest: Manifest, *base: str | int
) -> tuple[str, float, Source] | None:
    """Field, seconds and place of the time that a proxy config gives to the drain."""
    metadata = mapping_of(config.get("proxyMetadata"))
    path: tuple[str | int, ...] = ("terminationDrainDuration",)
    value = config.get("terminationDrainDuration")
    if word_of(metadata.get("EXIT_ON_ZERO_ACTIVE_CONNECTIONS")).lower() == "true":
        path = ("proxyMetadata", "MINIMUM_DRAIN_DURATION")
        value = metadata.get("MINIMUM_DRAIN_DURATION")
    seconds = seconds_of(value)
    return (str(path[-1]), seconds, manifest.where(*base, *path)) if seconds else None


def budgets_that_block(mesh: Mesh) -> Iterator[Spotted]:
    """PodDisruptionBudgets that never let a pod go: `budget`, `how`."""
    known = inventory(mesh)
    for budget in mesh.manifests("PodDisruptionBudget"):
        labels = mapping_of(budget.get("spec", "selector", "matchLabels"))
        chosen = budget.get("spec", "selector", "matchExpressions")
        workloads = () if chosen else known.selected(budget.namespace, labels)
        total = _total(mesh, workloads)
        for field, least in (("maxUnavailable", False), ("minAvailable", True)):
            written = budget.get("spec", field)
            if written is not None and _blocks(written, total, least=least):
                how = f"{field} {written}" + (f" / {total}" if total is not None else "")
                places = [one.where("spec", "replicas") for one in workloads]
                where = budget.where("spec", field)
                yield spotted(where, *places, budget=budget.full_name, how=how)


def _total(mesh: Mesh, workloads: tuple[Manifest, ...]) -> int | None:
    """Pods of some workloads, by the least that autoscalers keep; None where it is not known."""
    if not workloads or any(one.partial or one.kind not in _MAKERS for one in workloads):
        return None
    return sum(replicas_of(mesh, one) for one in workloads)


def _blocks(written: object, total: int | None, *, least: bool) -> bool:
    """Whether a bound leaves no pod to spare; shares are rounded up, as Kubernetes does."""
    share = word_of(written)
    number = whole_number(share.removesuffix("%"))
    if number is None:
        return False
    if not least:
        return number == 0
    if share.endswith("%"):
        if number >= _ALL:
            return True
        number = -(-number * (total or 0) // _ALL)
    return total is not None and number >= total > 0
