"""Limits of age and of use that end connections while they are needed."""

from collections.abc import Iterator
from typing import NamedTuple

from why503.facts import Manifest, Source
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.endpoint import ports_of
from why503.mesh.mesh import Mesh
from why503.mesh.protocol import declared
from why503.mesh.route import http_rules
from why503.mesh.server_setting import Given, seconds_in, server_files, settings_of_container
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import containers_of
from why503.support.duration import seconds_of, spell
from why503.support.pattern import lazy_re

_GRACE = lazy_re(r"\w{0,60}maxconnectionagegrace(?:ms|s|seconds)?")
_BYTES = frozenset({"tcp", "tls", "https", "mongo", "mysql", "redis"})
"""Protocols whose connections the proxy passes on as bytes."""


def cut_tcp_connections(mesh: Mesh) -> Iterator[Spotted]:
    """Rules with an age for connections of a port that is passed on as bytes.

    For HTTP the proxy lets what is under way end first; here it closes. Values: `rule`, `limit`,
    `service`, `port`, `protocol`.
    """
    path = ("spec", "trafficPolicy", "connectionPool", "tcp", "maxConnectionDuration")
    known = inventory(mesh)
    for rule in mesh.manifests("DestinationRule"):
        seconds = seconds_of(rule.get(*path))
        service = known.service(word_of(rule.get("spec", "host")), rule.namespace)
        if not seconds or service is None:
            continue
        for entry in ports_of(service):
            protocol = declared(entry)
            if protocol is not None and protocol.value in _BYTES:
                yield spotted(
                    rule.where(*path),
                    rule=rule.full_name,
                    limit=spell(seconds),
                    service=service.full_name,
                    port=entry.port,
                    protocol=protocol.value,
                )


def one_request_each(mesh: Mesh) -> Iterator[Spotted]:
    """Rules that open a connection for every request: `rule`, `host`."""
    path = ("spec", "trafficPolicy", "connectionPool", "http", "maxRequestsPerConnection")
    for rule in mesh.manifests("DestinationRule"):
        if whole_number(rule.get(*path)) == 1:
            host = word_of(rule.get("spec", "host"))
            yield spotted(rule.where(*path), rule=rule.full_name, host=host)


def graces_below_timeout(mesh: Mesh) -> Iterator[Spotted]:
    """Servers of gRPC that give calls on an old connection less time than their route does.

    Values: `workload`, `grace`, `route`, `timeout`.
    """
    for service, route, place, timeout in _longest_timeouts(mesh):
        for workload in inventory(mesh).behind(service):
            for setting in _settings(mesh, workload):
                unit = 0.001 if setting.name.endswith("ms") else None
                seconds = seconds_in(setting.value, unit)
                if seconds and _GRACE.fullmatch(setting.name) and seconds < timeout:
                    yield spotted(
                        setting.source,
                        place,
                        workload=workload.full_name,
                        grace=spell(seconds),
                        route=route.full_name,
                        timeout=spell(timeout),
                    )


class _Wait(NamedTuple):
    """The route that waits longest for a Service."""

    service: Manifest
    route: Manifest
    place: Source
    seconds: float


def _longest_timeouts(mesh: Mesh) -> Iterator[_Wait]:
    """Services with the route that waits longest for them."""
    known = inventory(mesh)
    found: dict[int, _Wait] = {}
    for route in mesh.manifests("VirtualService"):
        for rule in http_rules(route):
            seconds = seconds_of(rule.fields.get("timeout"))
            for _index, target in route.items(*rule.path, "route") if seconds else ():
                host = word_of(mapping_of(mapping_of(target).get("destination")).get("host"))
                service = known.service(host, route.namespace)
                if service is None or seconds is None:
                    continue
                best = found.get(id(service))
                if best is None or seconds > best.seconds:
                    place = route.where(*rule.path, "timeout")
                    found[id(service)] = _Wait(service, route, place, seconds)
    yield from found.values()


def _settings(mesh: Mesh, workload: Manifest) -> Iterator[Given]:
    for path, container in containers_of(workload):
        yield from settings_of_container(workload, path, container)
    for file in server_files(mesh, workload):
        yield from file.properties
