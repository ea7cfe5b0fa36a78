"""Limits of the proxies below what a server's own workers take at once."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.rollout import replicas_of
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.server_setting import settings_of_container
from why503.mesh.setting import whole_number, word_of
from why503.mesh.workload import containers_of

_WORKERS = frozenset({"workers", "w", "webconcurrency"})
_THREADS = frozenset(
    {"threads", "servertomcatthreadsmax", "servertomcatmaxthreads", "railsmaxthreads"}
)
_BY_THREADS = frozenset({"", "sync", "gthread"})
"""Kinds of gunicorn's workers whose threads bound the requests."""
_KIND = frozenset({"k", "workerclass"})
_LIMITS = (("tcp", "maxConnections"), ("http", "http2MaxRequests"))


def limits_below_workers(mesh: Mesh) -> Iterator[Spotted]:
    """Limits below the requests that a server's workers take together.

    Values: `rule`, `field`, `limit`, `workload`, `slots`.
    """
    known = inventory(mesh)
    for rule in mesh.manifests("DestinationRule"):
        service = known.service(word_of(rule.get("spec", "host")), rule.namespace)
        workloads = known.behind(service) if service is not None else ()
        slots = [_slots(one) for one in workloads]
        if not slots or None in slots:
            continue
        together = sum(
            (one or 0) * replicas_of(mesh, workload)
            for one, workload in zip(slots, workloads, strict=True)
        )
        for place in _LIMITS:
            path = ("spec", "trafficPolicy", "connectionPool", *place)
            limit = whole_number(rule.get(*path))
            if limit is not None and 0 < limit < together:
                yield spotted(
                    rule.where(*path),
                    *(one.source for one in workloads),
                    rule=rule.full_name,
                    field=place[1],
                    limit=limit,
                    workload=workloads[0].full_name,
                    slots=together,
                )


def _slots(workload: Manifest) -> int | None:
    """Requests that one pod works on at once; None where nothing bounds them, or tells."""
    for path, container in containers_of(workload):
        if container.get("name") == "istio-proxy" or "initContainers" in path:
            continue
        given = {one.name: one.value for one in settings_of_container(workload, path, container)}
        kind = next((value for name, value in given.items() if name in _KIND), "")
        workers = next((given[name] for name in given if name in _WORKERS), None)
        threads = next((given[name] for name in given if name in _THREADS), None)
        is_known = threads is not None or (workers is not None and _is_gunicorn(container))
        if is_known and kind in _BY_THREADS:
            return (whole_number(workers) or 1) * (whole_number(threads) or 1)
    return None


def _is_gunicorn(container: Mapping[str, Any]) -> bool:
    words = [container.get("command"), container.get("args")]
    return any("gunicorn" in str(word) for part in words if isinstance(part, list) for word in part)
