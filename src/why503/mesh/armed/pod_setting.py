"""Settings of pods that get in the way of the sidecar beside them."""

from collections.abc import Iterator

from why503.facts import Certificate
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.endpoint import ports_of
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_setting
from why503.mesh.probe import Probe, probes_of
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.version import istio_version
from why503.mesh.workload import containers_of, has_own_sidecar, pod_spec_path
from why503.support.duration import seconds_of, spell

PROXY_USER = 1337
"""User id of the proxy, whose own traffic is not led through it."""
_PROXY = "istio-proxy"
_NATIVE_SINCE = (1, 27)
_HOLD = "holdApplicationUntilProxyStarts"
_SOON = 7
"""Days left from which a certificate is told; those of workloads live for one day anyway."""
_LONG_LIVED = 3 * 86400.0


def runs_as_proxy(mesh: Mesh) -> Iterator[Spotted]:
    """Containers that run as the proxy's user, so that their traffic passes it by: `workload`."""
    for workload in inventory(mesh).workloads:
        base = pod_spec_path(workload)
        if whole_number(workload.get(*base, "securityContext", "runAsUser")) == PROXY_USER:
            where = workload.where(*base, "securityContext", "runAsUser")
            yield spotted(where, workload=workload.full_name)
        for path, container in containers_of(workload):
            user = whole_number(mapping_of(container.get("securityContext")).get("runAsUser"))
            if user == PROXY_USER and container.get("name") != _PROXY:
                where = workload.where(*path, "securityContext", "runAsUser")
                yield spotted(where, workload=workload.full_name)


def starts_before_proxy(mesh: Mesh) -> Iterator[Spotted]:
    """Applications that start beside their proxy and not behind it: `workload`."""
    version = istio_version(mesh)
    if version is None or version.value >= _NATIVE_SINCE or _held_by_mesh(mesh):
        return
    held = {
        (one.namespace, one.name)
        for one in mesh.manifests("proxy.istio.io/config")
        if one.get(_HOLD) is True
    }
    for workload in mesh.manifests("Deployment"):
        if (workload.namespace, workload.name) in held or not has_own_sidecar(mesh, workload):
            continue
        where = workload.where(*pod_spec_path(workload), "containers")
        yield spotted(where, workload=workload.full_name)


def _held_by_mesh(mesh: Mesh) -> bool:
    found = mesh_setting(mesh, "defaultConfig")
    return found is not None and mapping_of(found.value).get(_HOLD) is True


def probes_of_another_port(mesh: Mesh) -> Iterator[Spotted]:
    """Readiness probes that never ask a port which a Service sends to: `workload`, `port`, `ports`.

    They say that the pod is ready while the port that gets the requests may be shut.
    """
    known = inventory(mesh)
    targets: dict[int, set[str]] = {}
    for service in mesh.manifests("Service"):
        for workload in known.behind(service):
            wanted = {word_of(one.fields.get("targetPort", one.port)) for one in ports_of(service)}
            targets.setdefault(id(workload), set()).update(wanted)
    for probe in probes_of(mesh, ""):
        wanted = targets.get(id(probe.workload), set())
        if probe.kind != "readinessProbe" or probe.port is None or not wanted:
            continue
        if str(probe.port) not in wanted and not _same_port(probe, wanted):
            name = probe.workload.full_name
            told = ", ".join(sorted(wanted))
            yield spotted(probe.source, workload=name, port=probe.port, ports=told)


def _same_port(probe: Probe, wanted: set[str]) -> bool:
    """Whether the probe's port is one of ``wanted`` under its other name."""
    ports = probe.container.get("ports")
    for port in map(mapping_of, ports if isinstance(ports, list) else ()):
        names = {word_of(port.get("name")), word_of(port.get("containerPort"))}
        if str(probe.port) in names and names & wanted:
            return True
    return not isinstance(ports, list) or not ports


def ending_certificates(mesh: Mesh) -> Iterator[Spotted]:
    """Long-lived certificates with few days left when the evidence was taken: `name`, `days`."""
    for one in mesh.facts(Certificate):
        if one.days is None or not 0 <= one.days <= _SOON or _is_short(one):
            continue
        name = one.name or one.subject or ", ".join(one.sans[:1]) or one.serial
        yield spotted(one.source, name=name, days=one.days)


def _is_short(one: Certificate) -> bool:
    if one.valid_from is None or one.expires is None:
        return any(name.startswith("spiffe://") for name in one.sans)
    return one.expires - one.valid_from < _LONG_LIVED


def late_keepalives(mesh: Mesh, limit: float) -> Iterator[Spotted]:
    """TCP keepalives that begin later than devices forget: `rule`, `time`; ``limit`` in seconds."""
    for rule in mesh.manifests("DestinationRule"):
        path = ("spec", "trafficPolicy", "connectionPool", "tcp", "tcpKeepalive", "time")
        seconds = seconds_of(rule.get(*path))
        if seconds is not None and seconds >= limit:
            yield spotted(rule.where(*path), rule=rule.full_name, time=spell(seconds))
