"""When a server closes idle connections: by its settings, its own log, or its known default."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import cache

from why503.facts import AppEvent, AppEventKind, Manifest, Request, Source
from why503.facts.manifest import Path
from why503.mesh.account import destination_of
from why503.mesh.address import short_name
from why503.mesh.mesh import Mesh
from why503.mesh.pasted_setting import pasted_settings
from why503.mesh.server_default import ServerDefault, known_servers, server_named, server_of
from why503.mesh.server_setting import (
    FileSetting,
    Given,
    canonical,
    seconds_in,
    settings_of_container,
)
from why503.mesh.server_setting import server_files as files_of
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.teller import CALLERS, tellers_of
from why503.mesh.workload import containers_of, same_host, service_of, workloads_of
from why503.support.dataclass import dataclass
from why503.support.duration import seconds_of
from why503.support.pattern import lazy_re

__all__ = ["How", "KeepAlive", "ServerDefault", "keepalive_of", "known_servers"]

VICTORIA_METRICS = "VictoriaMetrics"
_PROXY = "istio-proxy"

_GENERIC = frozenset(
    {
        "keepalivetimeout",
        "serverkeepalivetimeout",
        "httpkeepalivetimeout",
        "httpserverkeepalivetimeout",
        "serveridletimeout",
        "httpidletimeout",
        "httpserveridletimeout",
        "idletimeout",
    }
)
"""Names, without `-`, `_`, `.` and case, that programs of any kind give to this setting."""


class How(StrEnum):
    """From what a keep-alive time is known."""

    ARGUMENT = "argument"
    ENVIRONMENT = "environment"
    CONFIGURATION = "configuration file"
    PROGRAM_LOG = "program log"
    IMAGE = "image"
    REQUEST_PATH = "request path"


@dataclass(frozen=True, kw_only=True)
class KeepAlive:
    """How long the server behind a host keeps an idle connection."""

    idle: float | None
    """Seconds; None: it never closes for idleness."""
    max_requests: int | None
    """Requests after which it closes a connection; None: unlimited."""
    server: str
    """`VictoriaMetrics`, `Node.js`, ...; ``""`` where only the setting is known."""
    how: str
    """One of `How`."""
    sources: tuple[Source, ...]
    configured: bool
    """True where a setting says it, False where it is the server's default."""


@dataclass(frozen=True, kw_only=True)
class _Program:
    """A container and the server that runs in it, as far as its image or command tells."""

    workload: Manifest
    path: tuple[str | int, ...]
    container: Mapping[str, object]
    server: ServerDefault | None
    source: Source


def keepalive_of(mesh: Mesh, host: str) -> KeepAlive | None:
    """When the server behind ``host`` closes an idle connection; None where nothing tells.

    Of a host that is not known (``""``) only what was pasted without any name can tell.

    Settings of its containers come first, then its configuration files, its custom resource and the
    settings its own log names; after them the defaults of its image and of the program in its log.
    """
    return mesh.kept(f"keep-alive of {host}", lambda: _keepalive(mesh, host))


def _keepalive(mesh: Mesh, host: str) -> KeepAlive | None:
    if not host:
        return _by_paste(mesh)
    programs = _programs(mesh, host)
    for program in programs:
        if (found := _by_settings(program)) is not None:
            return found
    return (
        _by_files(mesh, programs)
        or _by_resource(mesh, host)
        or _by_paste(mesh)
        or _by_log(mesh, host, configured=True)
        or _by_image(programs)
        or _by_log(mesh, host, configured=False)
        or _by_path(mesh, host)
    )


def _programs(mesh: Mesh, host: str) -> list[_Program]:
    """Containers behind a host, those on the service's port first, the mesh's proxy left out."""
    ports = _target_ports(mesh, host)
    found = []
    for workload in workloads_of(mesh, host):
        apps = [
            (path, container)
            for path, container in containers_of(workload)
            if container.get("name") != _PROXY and "initContainers" not in path
        ]
        serving = [pair for pair in apps if _serves(pair[1], ports)]
        for path, container in serving or apps:
            server, field = server_of(container)
            found.append(
                _Program(
                    workload=workload,
                    path=path,
                    container=container,
                    server=server,
                    source=workload.where(*path, field),
                )
            )
    return found


def _target_ports(mesh: Mesh, host: str) -> set[str]:
    """Numbers and names of the container ports that the host's Service leads to."""
    service = service_of(mesh, host)
    if service is None:
        return set()
    ports = [mapping_of(port) for _, port in service.items("spec", "ports")]
    return {word_of(port.get("targetPort", port.get("port"))) for port in ports} - {""}


def _serves(container: Mapping[str, object], ports: set[str]) -> bool:
    declared = container.get("ports")
    return any(
        word_of(mapping_of(port).get(name)) in ports
        for port in (declared if isinstance(declared, list) else [])
        for name in ("containerPort", "name")
    )


def _by_settings(program: _Program) -> KeepAlive | None:
    given = list(settings_of_container(program.workload, program.path, program.container))
    return _from_settings(given, program.server)


def _from_settings(given: list[Given], known: ServerDefault | None) -> KeepAlive | None:
    """What settings say; a row that the container is known to run goes before other rows."""
    idle: tuple[float, ServerDefault | None, Given] | None = None
    most: tuple[int, ServerDefault, Given] | None = None
    for setting in given:
        if setting.name not in _names():
            continue
        for server, scale in _meanings(setting.name, known):
            seconds = seconds_in(setting.value, scale)
            if seconds is not None and idle is None:
                idle = (seconds, server, setting)
        for server in known_servers():
            requests = whole_number(setting.value)
            if setting.name in map(canonical, server.requests) and requests is not None:
                most = most or (requests, server, setting)
    told = idle or most
    if told is None:
        return None
    server = told[1] or known
    sources = tuple(dict.fromkeys(found[2].source for found in (idle, most) if found is not None))
    return KeepAlive(
        idle=idle[0] if idle else server.idle if server else None,
        max_requests=most[0] if most else server.max_requests if server else None,
        server=server.server if server else "",
        how=How.ENVIRONMENT if told[2].from_environment else How.ARGUMENT,
        sources=sources,
        configured=True,
    )


@cache
def _names() -> frozenset[str]:
    """The canonical names of all settings that mean something."""
    rows = known_servers()
    named = (name for row in rows for name in (*row.seconds, *row.milliseconds, *row.requests))
    return _GENERIC | frozenset(map(canonical, named))


def _meanings(
    name: str, known: ServerDefault | None
) -> Iterator[tuple[ServerDefault | None, float | None]]:
    """Servers whose idle setting has this canonical name; a bare number's unit in seconds.

    The unit None means that a bare number tells its unit by its size.
    """
    rows = ([known] if known else []) + [
        server for server in known_servers() if server is not known
    ]
    for server in rows:
        if name in map(canonical, server.seconds):
            yield server, 1.0
        if name in map(canonical, server.milliseconds):
            yield server, 0.001
    if name in _GENERIC:
        yield known, None


def _by_files(mesh: Mesh, programs: list[_Program]) -> KeepAlive | None:
    """Settings in ConfigMaps that the containers' pods mount."""
    for program in programs:
        for told in files_of(mesh, program.workload):
            if told.properties:
                found = _from_settings(list(told.properties), program.server)
                if found is not None:
                    return replace(found, how=How.CONFIGURATION)
            elif (server := server_named(told.server)) is not None:
                return _from_file(told, server)
    return None


def _from_file(told: FileSetting, server: ServerDefault) -> KeepAlive:
    """What a file of nginx or httpd says; keep-alive that is off means one request a connection."""
    off = told.idle == 0
    idle = server.idle if told.idle is None else told.idle
    most = server.max_requests if told.max_requests is None else told.max_requests
    return KeepAlive(
        idle=None if off else idle,
        max_requests=1 if off else most,
        server=server.server,
        how=How.CONFIGURATION,
        sources=(told.source,),
        configured=True,
    )


_RESOURCES: tuple[tuple[str, str, str], ...] = (
    ("VMCluster", "vminsert", "vminsert-"),
    ("VMCluster", "vmselect", "vmselect-"),
    ("VMCluster", "vmstorage", "vmstorage-"),
    ("VMSingle", "", "vmsingle-"),
    ("VMAgent", "", "vmagent-"),
    ("VMAuth", "", "vmauth-"),
    ("VMAlert", "", "vmalert-"),
)
"""Kind, part of its `spec`, and what its operator puts before the name to name the Service."""


def _by_paste(mesh: Mesh) -> KeepAlive | None:
    """Settings pasted as text: of one server, so of the one that the evidence is about."""
    pasted = pasted_settings(mesh)
    server = None if pasted is None else server_named(pasted.server)
    if pasted is None or server is None:
        return None
    return KeepAlive(
        idle=server.idle if pasted.idle is None else pasted.idle or None,
        max_requests=server.max_requests if pasted.max_requests is None else pasted.max_requests,
        server=server.server,
        how=How.CONFIGURATION,
        sources=pasted.sources,
        configured=True,
    )


def _by_resource(mesh: Mesh, host: str) -> KeepAlive | None:
    """What a custom resource of the VictoriaMetrics operator says, or its server's default."""
    found, server = resource_of(mesh, host), server_named(VICTORIA_METRICS)
    if found is None or server is None:
        return None
    resource, path = found
    for name, value in mapping_of(resource.get(*path)).items():
        seconds = seconds_of(value)
        if canonical(str(name)) in map(canonical, server.seconds) and seconds is not None:
            where = resource.where(*path, str(name))
            return _victoria(server, seconds, How.ARGUMENT, where, configured=True)
    return _victoria(server, server.idle, How.IMAGE, resource.source, configured=False)


def resource_of(mesh: Mesh, host: str) -> tuple[Manifest, Path] | None:
    """The VictoriaMetrics operator's resource behind a host, and the path of its `extraArgs`."""
    service, namespace = short_name(host)
    for kind, part, prefix in _RESOURCES:
        for resource in mesh.manifests(kind):
            if service != f"{prefix}{resource.name}":
                continue
            if not (namespace and resource.namespace and namespace != resource.namespace):
                return resource, ("spec", *([part] if part else []), "extraArgs")
    return None


def _victoria(
    server: ServerDefault, idle: float | None, how: How, source: Source, *, configured: bool
) -> KeepAlive:
    return KeepAlive(
        idle=idle,
        max_requests=server.max_requests,
        server=server.server,
        how=how,
        sources=(source,),
        configured=configured,
    )


def _by_log(mesh: Mesh, host: str, *, configured: bool) -> KeepAlive | None:
    """What the server's own log says: a setting that it names at its start, or its program."""
    server = server_named(VICTORIA_METRICS)
    if server is None:
        return None
    names = frozenset(map(canonical, server.seconds))
    for event in _own_events(mesh, host):
        if configured and event.kind is AppEventKind.FLAG and canonical(event.name) in names:
            seconds = seconds_of(event.text)
            if seconds is not None:
                return _victoria(server, seconds, How.PROGRAM_LOG, event.source, configured=True)
        if not configured and event.program:
            return _victoria(server, server.idle, How.PROGRAM_LOG, event.source, configured=False)
    return None


def _own_events(mesh: Mesh, host: str) -> Iterator[AppEvent]:
    """Events of the host's own programs: by teller, else by a program of the host's name."""
    events = mesh.facts(AppEvent)
    tellers = tellers_of(mesh, host) if events else frozenset()
    name = short_name(host)[0]
    for event in events:
        by_name = bool(event.program) and (
            name == event.program or name.startswith(f"{event.program}-")
        )
        if (event.teller in tellers and event.program not in CALLERS) or by_name:
            yield event


def _by_image(programs: list[_Program]) -> KeepAlive | None:
    for program in programs:
        if (server := program.server) is not None:
            return KeepAlive(
                idle=server.idle,
                max_requests=server.max_requests,
                server=server.server,
                how=How.IMAGE,
                sources=(program.source,),
                configured=False,
            )
    return None


_VICTORIA_PATH = lazy_re(r"/(?:insert|select|delete)/(?:\d{1,10}(?::\d{1,10})?|multitenant)/")
"""Paths that only the cluster version of VictoriaMetrics serves."""


def _by_path(mesh: Mesh, host: str) -> KeepAlive | None:
    """What the paths of failed requests to the host tell of its server."""
    server = server_named(VICTORIA_METRICS)
    asked = mesh.kept("hosts of VictoriaMetrics", lambda: _asked_for_metrics(mesh))
    for destination, where in asked.items():
        if server is not None and same_host(destination, host):
            return _victoria(server, server.idle, How.REQUEST_PATH, where, configured=False)
    return None


def _asked_for_metrics(mesh: Mesh) -> dict[str, Source]:
    """Destinations of failed requests with such a path, each with the first of them."""
    found: dict[str, Source] = {}
    for request in (*mesh.facts(Request), *(one for log in mesh.logs for one in log.failures)):
        if _VICTORIA_PATH.match(request.path or ""):
            found.setdefault(destination_of(request)[0], request.source)
    return found
