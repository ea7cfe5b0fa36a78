"""Settings of pods that get in the way of the sidecar beside them."""

from collections.abc import Iterator, Mapping

from why503.facts import Certificate, Manifest
from why503.facts.manifest import Path
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.proxy_idle import is_gateway
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.endpoint import ports_of
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import PROXY_CONFIG, mesh_configs, mesh_setting
from why503.mesh.probe import Probe, probes_of
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traffic_policy import connection_pool
from why503.mesh.version import NATIVE_SIDECARS_SINCE, istio_version
from why503.mesh.workload import containers_of, has_own_sidecar, pod_spec_path
from why503.support.duration import HOUR, seconds_of, spell
from why503.support.text import _

PROXY_USER = 1337
"""User id of the proxy, whose own traffic is not led through it."""
OS_KEEPALIVE = 2 * HOUR
"""Seconds: what Linux waits before the first TCP keepalive, where nothing says otherwise."""
_LONG_LIVED_PROTOCOLS = frozenset({"TCP", "MONGO", "MYSQL", "REDIS"})
"""Spoken on connections that applications keep in pools of their own."""
_PROXY = "istio-proxy"
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
    if version is None or version.value >= NATIVE_SIDECARS_SINCE or _held_by_mesh(mesh):
        return
    held = {
        (one.namespace, one.name) for one in mesh.manifests(PROXY_CONFIG) if one.get(_HOLD) is True
    }
    for workload in mesh.manifests("Deployment"):
        if (workload.namespace, workload.name) in held or is_gateway(workload):
            continue
        if not has_own_sidecar(mesh, workload):
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
    """TCP keepalives that begin later than devices forget: `rule`, `time`; ``limit`` in seconds.

    A block without a time leaves it to the system, which waits for two hours.
    """
    for rule in mesh.manifests("DestinationRule"):
        for base in traffic_policies(rule):
            yield from _late(rule, (*base, "connectionPool", "tcp", "tcpKeepalive"), limit)
    for manifest, base in mesh_configs(mesh):
        yield from _late(manifest, (*base, "tcpKeepalive"), limit)


def without_keepalive(mesh: Mesh, limit: float) -> Iterator[Spotted]:
    """Ports outside of the mesh whose long-lived connections nothing keeps alive.

    What passes bytes on keeps a pooled connection for as long as both ends like; a device between
    that forgets it after ``limit`` seconds of silence tells neither. Values: `entry`, `port`.
    """
    common = mesh_setting(mesh, "tcpKeepalive")
    for entry in mesh.manifests("ServiceEntry") if common is None else ():
        if entry.partial or word_of(entry.get("spec", "location")) == "MESH_INTERNAL":
            continue
        for index, fields in entry.items("spec", "ports"):
            port = mapping_of(fields)
            number = whole_number(port.get("number"))
            hosts = [word_of(host) for _index, host in entry.items("spec", "hosts")]
            if word_of(port.get("protocol")).upper() not in _LONG_LIVED_PROTOCOLS or not hosts:
                continue
            pool = connection_pool(mesh, hosts[0], number)
            tcp = mapping_of(pool.value.get("tcp")) if pool is not None else {}
            idle = seconds_of(tcp.get("idleTimeout"))
            if "tcpKeepalive" not in tcp and (idle is None or idle >= limit):
                where = entry.where("spec", "ports", index)
                yield spotted(where, entry=entry.full_name, port=number)


def _late(manifest: Manifest, path: Path, limit: float) -> Iterator[Spotted]:
    block = manifest.get(*path)
    if not isinstance(block, Mapping):
        return
    seconds = seconds_of(block.get("time")) if "time" in block else OS_KEEPALIVE
    if seconds is not None and seconds >= limit:
        name = manifest.full_name or _("the mesh config")
        yield spotted(manifest.where(*path, "time"), rule=name, time=spell(seconds))


def traffic_policies(rule: Manifest) -> Iterator[Path]:
    """Paths of all traffic policies of a DestinationRule: its own, its ports', its subsets'."""
    bases: list[Path] = [("spec", "trafficPolicy")]
    bases += [
        ("spec", "subsets", index, "trafficPolicy")
        for index, _subset in rule.items("spec", "subsets")
    ]
    for base in bases:
        yield base
        for index, _level in rule.items(*base, "portLevelSettings"):
            yield (*base, "portLevelSettings", index)
