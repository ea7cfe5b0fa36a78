"""Which pods, and which logs, belong to a host: several tellers may be pods of one service."""

from collections.abc import Mapping

from why503.facts import AppEvent, AppEventKind, Manifest, ProxyEvent
from why503.mesh.address import short_name
from why503.mesh.log_index import log_index
from why503.mesh.mesh import Mesh
from why503.mesh.pod_name import is_pod_of
from why503.mesh.workload import labels_of, proxies_of, same_host, service_of, workloads_of
from why503.support.pattern import lazy_re

CALLERS = frozenset({"vmalert", "vmagent"})
"""Programs that call far more than they are called."""

_ANY_APPLICATION = lazy_re(
    r"(?:app(?:lication)?|server|backend|upstream|service|container)(?:-\d{1,2}|-previous)?"
)
"""Names of logs that say of which kind they are, not whose."""
_CALLS = frozenset(
    {
        AppEventKind.WRITE_FAILED,
        AppEventKind.WRITE_DROPPED,
        AppEventKind.QUEUE_FULL,
        AppEventKind.QUERY_FAILED,
        AppEventKind.CALL_FAILED,
    }
)


def pods_of(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """Pods behind a host, also those whose labels are not told; every Pod for the host ``""``."""
    if not host:
        return mesh.manifests("Pod")
    return mesh.kept(f"pods of {host}", lambda: _pods(mesh, host))


def _pods(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    pods = mesh.manifests("Pod")
    workloads = workloads_of(mesh, host)
    names = workload_names(mesh, host)
    space = short_name(host)[1]
    return tuple(
        pod
        for pod in pods
        if pod in workloads
        or (
            (not labels_of(pod) or not _has_selector(mesh, host))
            and not (space and pod.namespace and pod.namespace != space)
            and any(is_pod_of(pod.name, name) for name in names)
        )
    )


def workload_names(mesh: Mesh, host: str) -> frozenset[str]:
    """Names of the workloads behind a host, the service's own short name among them."""
    names = {w.name for w in workloads_of(mesh, host) if w.kind != "Pod" and w.name}
    short = short_name(host)[0]
    return frozenset(names | {short}) - {""}


def _has_selector(mesh: Mesh, host: str) -> bool:
    service = service_of(mesh, host)
    return service is not None and isinstance(service.get("spec", "selector"), Mapping)


def tellers_of(mesh: Mesh, host: str) -> frozenset[str]:
    """Names under which the pods of a host tell in logs (see `Request.teller`).

    Proxies with inbound requests for the host or that name its pods; then pods and workloads by
    name; where no name tells, also the only log that is not a caller's. Every teller for the host
    ``""``.
    """
    return mesh.kept(f"tellers of {host}", lambda: _tellers(mesh, host))


def _tellers(mesh: Mesh, host: str) -> frozenset[str]:
    told = mesh.kept("tellers", lambda: _all_tellers(mesh))
    if not host:
        return told
    found = {
        teller
        for served, tellers in log_index(mesh).serving_by_host.items()
        if same_host(served, host)
        for teller in tellers
    }
    found |= {info.teller for info in proxies_of(mesh, host)} & told
    names = workload_names(mesh, host)
    pods = {pod.name for pod in pods_of(mesh, host)} - {""}
    named = {teller for teller in told if _named(teller, names, pods)}
    callers = mesh.kept("callers", lambda: _callers(mesh))
    rest = told - callers - serving_tellers(mesh) - found - named
    if found and not named:
        # Only the server's proxy is known: a log that is named after no pod may be that of the
        # application behind it.
        rest = frozenset(teller for teller in rest if _ANY_APPLICATION.fullmatch(teller))
    elif found or named:
        return frozenset(found | named)
    return frozenset(found | rest) if len(rest) == 1 else frozenset(found)


def _all_tellers(mesh: Mesh) -> frozenset[str]:
    return frozenset(
        {e.teller for e in mesh.facts(AppEvent) if e.kind is not AppEventKind.SETTING}
        | {event.teller for event in mesh.facts(ProxyEvent)}
        | {log.teller for log in mesh.logs}
    )


def _named(teller: str, names: frozenset[str], pods: set[str]) -> bool:
    """Whether one part of a teller's path is one of these pods or a pod of these workloads."""
    parts = [teller.removesuffix("-previous"), *teller.split("/")]
    return any(part in pods or any(is_pod_of(part, name) for name in names) for part in parts)


def _callers(mesh: Mesh) -> frozenset[str]:
    """Tellers that call: outbound requests in their log, failed calls, or a caller's program."""
    proxies = {log.teller for log in mesh.logs} - serving_tellers(mesh)
    programs = {
        event.teller
        for event in mesh.facts(AppEvent)
        if event.kind in _CALLS or event.program in CALLERS
    }
    return frozenset(proxies | programs)


def serving_tellers(mesh: Mesh) -> frozenset[str]:
    """Tellers whose access log has inbound requests, for whichever host."""
    return log_index(mesh).serving
