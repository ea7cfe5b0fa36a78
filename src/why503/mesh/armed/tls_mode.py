"""TLS modes of callers that the server does not take, and modes that hold nowhere."""

from collections.abc import Iterator
from itertools import islice

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh import mtls
from why503.mesh.armed.injection import is_bare
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.endpoint import ports_of
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import root_namespace
from why503.mesh.selection import covers, full_host
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traffic_policy import client_tls
from why503.mesh.workload import containers_of
from why503.support.text import _

_SELECTOR = ("spec", "selector", "matchLabels")


def mode_conflicts(mesh: Mesh) -> Iterator[Spotted]:
    """DestinationRules against the server: `client`, `host`, `mode`, `demand`.

    Held against each port of the host's Service, with the policy of each subset. A rule with a
    wildcard is told once, with the first Service that it holds for.
    """
    for rule in mesh.manifests("DestinationRule"):
        host = word_of(rule.get("spec", "host"))
        if host.startswith("*"):
            hosts = (full_host(one.name, one.namespace) for one in _under(mesh, host))
            found = (one for name in hosts for one in _conflicts(mesh, rule, name))
            of_rule = (one for one in found if one.values["client"] == rule.full_name)
            yield from islice(of_rule, 1)
        elif host:
            yield from _conflicts(mesh, rule, host)


def _under(mesh: Mesh, pattern: str) -> Iterator[Manifest]:
    """Services whose full name ends as a wildcard says."""
    for service in mesh.manifests("Service"):
        if service.namespace and covers(pattern, full_host(service.name, service.namespace)):
            yield service


def _conflicts(mesh: Mesh, rule: Manifest, host: str) -> Iterator[Spotted]:
    """What the callers of one host are told against what its server takes, port by port."""
    full = f"{host}.{rule.namespace}" if rule.namespace and "." not in host else host
    for port, subset in _places(mesh, rule, host):
        conflict = mtls.mtls_conflict(mesh, full, port, subset) or _bare(
            mesh, rule, host, port, subset
        )
        if conflict is not None and (says := conflict.client).source is not None:
            demand = conflict.server.value if conflict.server else _("plain text (no sidecar)")
            yield spotted(says.source, client=says.by, demand=demand, host=full, mode=says.value)


def _places(mesh: Mesh, rule: Manifest, host: str) -> Iterator[tuple[int | None, str]]:
    """Ports and subsets for which a rule may say its own mode; None for the host as a whole."""
    bases: list[tuple[str, Path]] = [("", ("spec", "trafficPolicy"))]
    for index, subset in rule.items("spec", "subsets"):
        name = word_of(mapping_of(subset).get("name"))
        bases.append((name, ("spec", "subsets", index, "trafficPolicy")))
    service = inventory(mesh).service(host, rule.namespace)
    of_service = [entry.port for entry in ports_of(service)] if service is not None else []
    for subset, base in bases:
        named = [
            whole_number(rule.get(*base, "portLevelSettings", index, "port", "number"))
            for index, _level in rule.items(*base, "portLevelSettings")
        ]
        if subset and not (named or rule.get(*base, "tls")):
            continue
        ports = of_service or [port for port in named if port is not None]
        yield from ((port, subset) for port in ports)
        if not ports:
            yield None, subset


def _bare(
    mesh: Mesh, rule: Manifest, host: str, port: int | None, subset: str
) -> mtls.Conflict | None:
    """Mutual TLS that is demanded for pods which get no sidecar."""
    known = inventory(mesh)
    service = known.service(host, rule.namespace)
    behind = known.behind(service) if service is not None else ()
    if not behind or not all(is_bare(mesh, workload) for workload in behind):
        return None
    client = client_tls(mesh, host, port, subset)
    return mtls.Conflict(client=client, server=None) if client.value == "ISTIO_MUTUAL" else None


def modes_of_service_ports(mesh: Mesh) -> Iterator[Spotted]:
    """Modes for a Service's port where the pod has another: `policy`, `port`, `service`, `target`.

    `portLevelMtls` is about the ports of the pod, so such a mode holds nowhere.
    """
    known = inventory(mesh)
    for policy in mesh.manifests("PeerAuthentication"):
        levels = mapping_of(policy.get("spec", "portLevelMtls"))
        wanted = mapping_of(policy.get(*_SELECTOR)) if levels else {}
        workloads = known.selected(policy.namespace, wanted)
        taken = {port for workload in workloads for port in _declared(workload)}
        sent = dict(_sent(mesh, policy.namespace, workloads)) if workloads else {}
        taken |= {number for _, target in sent.values() if (number := whole_number(target))}
        for key in levels:
            port = whole_number(key)
            if port in sent and port not in taken:
                service, target = sent[port]
                values = {"policy": policy.full_name, "port": port, "target": target}
                where = policy.where("spec", "portLevelMtls", key)
                yield spotted(where, **values, service=service.full_name)


def _sent(
    mesh: Mesh, namespace: str, workloads: tuple[Manifest, ...]
) -> Iterator[tuple[int, tuple[Manifest, str]]]:
    """Ports of the Services in front of workloads, each with its Service and its target port."""
    own = {id(workload) for workload in workloads}
    for service in mesh.manifests("Service"):
        if service.namespace != namespace or service.partial:
            continue
        if any(id(workload) in own for workload in inventory(mesh).behind(service)):
            for entry in ports_of(service):
                target = word_of(entry.fields.get("targetPort", entry.port))
                yield entry.port, (service, target)


def _declared(workload: Manifest) -> Iterator[int]:
    for path, _container in containers_of(workload):
        for _index, port in workload.items(*path, "ports"):
            number = whole_number(mapping_of(port).get("containerPort"))
            yield from () if number is None else (number,)


def selectors_in_root(mesh: Mesh) -> Iterator[Spotted]:
    """PeerAuthentications of the root namespace that select pods, and hold for none: `policy`."""
    for policy in mesh.manifests("PeerAuthentication"):
        of_root = policy.namespace == root_namespace(mesh)
        if of_root and policy.get(*_SELECTOR) and not policy.partial:
            yield spotted(policy.where("spec", "selector"), policy=policy.full_name)
