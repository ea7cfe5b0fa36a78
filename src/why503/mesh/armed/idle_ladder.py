"""The ladder of idle timeouts at the proxies: who sends has to give up before who accepts."""

from collections.abc import Iterator
from typing import NamedTuple

from why503.facts import Manifest, Source
from why503.facts.manifest import Path
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.proxy_idle import Side, accepted_idle, is_gateway
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import root_namespace
from why503.mesh.selection import has_labels
from why503.mesh.server import keepalive_of
from why503.mesh.server_default import known_servers
from why503.mesh.server_setting import canonical, seconds_in, server_files, settings_of_container
from why503.mesh.setting import Setting, mapping_of
from why503.mesh.traffic_policy import (
    IDLE_TIMEOUT,
    connection_pool,
    destination_rules_for,
    idle_timeout_upstream,
)
from why503.mesh.workload import containers_of, has_own_sidecar, labels_of
from why503.support.duration import seconds_of, spell
from why503.support.pattern import lazy_re
from why503.support.text import _

_POOL = ("connectionPool", "http", "idleTimeout")
_OF_CLIENT = lazy_re(
    r"(?:\w{0,60}(?:client|pool|datasource|remotewrite|remoteread|notifier|upstream)\w{0,60})?"
    r"(?:idleconntimeout|keepalivetimeout|idletimeout|maxidletime|keepaliveidletimeout)(?:ms)?"
)
"""Names, without `-`, `_`, `.` and case, that programs give to the patience of their own pools."""
_MAKERS = ("Deployment", "StatefulSet", "DaemonSet")


class _Kept(NamedTuple):
    """How long an application keeps its own idle connections."""

    name: str
    seconds: float
    source: Source


def host_of(service: Manifest) -> str:
    """The host by which a Service is asked about."""
    return f"{service.name}.{service.namespace}" if service.namespace else service.name


def proxies_above_next_proxy(mesh: Mesh) -> Iterator[Spotted]:
    """Sidecars that close callers' idle connections before the callers' proxies give them up.

    Values: `server`, `service`, `idle`, `how`, `proxy`, `by` (where the callers' time comes from).
    """
    known, seen = inventory(mesh), set[Source]()
    for service in mesh.manifests("Service"):
        for workload in known.behind(service)[:1]:
            accepted = accepted_idle(mesh, workload, Side.FROM_CALLERS)
            if accepted.source is None or accepted.source in seen or is_gateway(workload):
                continue
            if not has_own_sidecar(mesh, workload):
                continue
            kept = _kept_by_callers(mesh, host_of(service))
            if kept.value >= accepted.value:
                seen.add(accepted.source)  # one place may set it for the whole mesh
                yield spotted(
                    accepted.source,
                    kept.source,
                    server=_("The sidecar"),
                    service=service.full_name,
                    idle=spell(accepted.value),
                    how=accepted.by,
                    proxy=spell(kept.value),
                    by=_("the callers': {who}").format(who=kept.by),
                )


def _kept_by_callers(mesh: Mesh, host: str) -> Setting[float]:
    """Seconds that callers' proxies keep an unused connection to a host."""
    pool = connection_pool(mesh, host, None)
    if pool is not None:
        for section in ("http", "tcp"):
            seconds = seconds_of(mapping_of(pool.value.get(section)).get("idleTimeout"))
            if seconds:
                return Setting(value=seconds, source=pool.source, default=False, by=pool.by)
    return Setting(value=IDLE_TIMEOUT, source=None, default=True, by=_("Envoy's default"))


def clients_above_proxy(mesh: Mesh) -> Iterator[Spotted]:
    """Applications that keep idle connections longer than their own proxy does.

    Values: `workload`, `setting`, `kept`, `idle`, `by`.
    """
    for kind in _MAKERS:
        for workload in mesh.manifests(kind):
            accepted = accepted_idle(mesh, workload, Side.FROM_APPLICATION)
            if accepted.default or has_own_sidecar(mesh, workload) is False:
                continue
            for kept in _kept_by_application(mesh, workload):
                if kept.seconds >= accepted.value:
                    yield spotted(
                        kept.source,
                        accepted.source,
                        workload=workload.full_name,
                        setting=kept.name,
                        kept=spell(kept.seconds),
                        idle=spell(accepted.value),
                        by=accepted.by,
                    )


def _kept_by_application(mesh: Mesh, workload: Manifest) -> Iterator[_Kept]:
    """Settings of an application's own pools of connections."""
    of_servers = {
        canonical(name) for one in known_servers() for name in (*one.seconds, *one.milliseconds)
    }
    given = [
        one
        for path, container in containers_of(workload)
        if container.get("name") != "istio-proxy"
        for one in settings_of_container(workload, path, container)
    ]
    given += [one for file in server_files(mesh, workload) for one in file.properties]
    for one in given:
        seconds = seconds_in(one.value, 0.001 if one.name.endswith("ms") else None)
        if seconds and one.name not in of_servers and _is_of_client(one.name):
            yield _Kept(one.spelled, seconds, one.source)


def _is_of_client(name: str) -> bool:
    """Whether a setting tells of a client's pool: it says so, or nothing but the idle time."""
    found = _OF_CLIENT.fullmatch(name)
    return found is not None and name not in {"keepalivetimeout", "idletimeout"}


def for_callers_only(mesh: Mesh) -> Iterator[Spotted]:
    """Idle timeouts below the server's that only callers' proxies apply, not the one beside it.

    The server's proxy takes rules of its own and of the root namespace, no subsets, and none that
    selects other workloads. Values: `rule`, `proxy`, `service`, `server`, `idle`, `how`, `kept`.
    """
    known = inventory(mesh)
    for service in mesh.manifests("Service"):
        host, workloads = host_of(service), known.behind(service)
        aside = list(_callers_settings(mesh, host, workloads[0])) if workloads else []
        if not aside or not all(has_own_sidecar(mesh, one) for one in workloads):
            continue
        keepalive = keepalive_of(mesh, host)
        if keepalive is None or keepalive.idle is None:
            continue
        inbound = idle_timeout_upstream(mesh, host, None)
        rules = {rule.full_name for rule, *_rest in aside if _passes_by(mesh, rule, workloads[0])}
        if inbound.value < keepalive.idle and inbound.by not in rules:
            continue
        for rule, path, seconds in aside:
            if seconds < keepalive.idle:
                yield spotted(
                    rule.where(*path),
                    *keepalive.sources,
                    rule=rule.full_name,
                    proxy=spell(seconds),
                    service=service.full_name,
                    server=keepalive.server or _("the server"),
                    idle=spell(keepalive.idle),
                    how=keepalive.how,
                    kept=spell(IDLE_TIMEOUT),
                )


def _passes_by(mesh: Mesh, rule: Manifest, workload: Manifest) -> bool:
    """Whether a rule never reaches the proxy beside ``workload``."""
    chosen = mapping_of(rule.get("spec", "workloadSelector", "matchLabels"))
    if chosen and not has_labels(labels_of(workload), chosen):
        return True
    spaces = {workload.namespace, root_namespace(mesh)}
    return bool(rule.namespace and workload.namespace) and rule.namespace not in spaces


def _callers_settings(
    mesh: Mesh, host: str, workload: Manifest
) -> Iterator[tuple[Manifest, Path, float]]:
    """Idle timeouts that do not reach the server's proxy: rule, path, seconds."""
    for rule in destination_rules_for(mesh, host):
        bases: list[Path] = [
            ("spec", "subsets", index, "trafficPolicy")
            for index, _subset in rule.items("spec", "subsets")
        ]
        if _passes_by(mesh, rule, workload):
            bases.append(("spec", "trafficPolicy"))
        for base in bases:
            if seconds := seconds_of(rule.get(*base, *_POOL)):
                yield rule, (*base, *_POOL), seconds
