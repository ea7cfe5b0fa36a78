"""What a sidecar knows of: the Sidecar resource for it, else everything that is exported to it."""

from collections.abc import Mapping
from typing import Any

from why503.facts import Manifest
from why503.mesh.egress import egress_hosts
from why503.mesh.mesh_config import mesh_setting
from why503.mesh.protocol import PROTOCOLS
from why503.mesh.selection import has_labels
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.traced.host import is_wild, matches, subset_of
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import Port, Service
from why503.mesh.traced.routing import Routing
from why503.support.dataclass import dataclass
from why503.support.text import _


@dataclass(frozen=True, kw_only=True)
class Egress:
    """One way out: what may be called through it."""

    services: tuple[Service, ...]
    routings: tuple[Routing, ...]
    port: Port | None = None
    """The port that the Sidecar names; None: each service's own."""
    bind: str = ""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """All that one sidecar knows of."""

    egress: tuple[Egress, ...]
    registry_only: Setting[bool]
    """Whether other destinations are refused."""
    sidecar: Manifest | None = None
    """The Sidecar resource; None where none is for it."""

    @property
    def services(self) -> tuple[Service, ...]:
        """The services of every way out, each once."""
        found = {id(service): service for one in self.egress for service in one.services}
        return tuple(found.values())


def scope_of(push: Push, proxy: Proxy) -> Scope:
    """The scope of a proxy; gateways know everything that is exported to them."""
    sidecar = None if proxy.gateway else sidecar_for(push, proxy)
    services = push.services_for(proxy.namespace)
    routings = push.routings_for(proxy.namespace)
    listed = sidecar.items("spec", "egress") if sidecar is not None else []
    own = push.space_of(sidecar) if sidecar is not None else ""
    if sidecar is not None and own == push.root != proxy.namespace:
        own = proxy.namespace
    found = [
        _egress(sidecar, index, mapping_of(fields), own, (services, routings))
        for index, fields in listed
        if sidecar is not None
    ]
    return Scope(
        egress=tuple(found) or (Egress(services=services, routings=routings),),
        registry_only=_policy(push, sidecar),
        sidecar=sidecar,
    )


def sidecar_for(push: Push, proxy: Proxy) -> Manifest | None:
    """The Sidecar resource for a workload: by its labels, for its namespace, for the mesh."""
    found = []
    for sidecar in push.whole("Sidecar"):
        own = push.space_of(sidecar)
        labels = mapping_of(sidecar.get("spec", "workloadSelector", "labels"))
        if own == proxy.namespace and labels and has_labels(proxy.labels, labels):
            found.append((0, sidecar))
        elif own == proxy.namespace and not labels:
            found.append((1, sidecar))
        elif own == push.root and not labels:
            found.append((2, sidecar))
    return min(found, key=lambda pair: pair[0], default=(0, None))[1]


def _policy(push: Push, sidecar: Manifest | None) -> Setting[bool]:
    path = ("spec", "outboundTrafficPolicy", "mode")
    written = word_of(sidecar.get(*path)) if sidecar is not None else ""
    if sidecar is not None and (written or sidecar.get(*path[:2]) is not None):
        source = sidecar.where(*path)
        value = written == "REGISTRY_ONLY"
        return Setting(value=value, source=source, default=False, by=sidecar.full_name)
    found = mesh_setting(push.mesh, "outboundTrafficPolicy", "mode")
    if found is not None:
        value = word_of(found.value) == "REGISTRY_ONLY"
        return Setting(value=value, source=found.source, default=False, by=found.by)
    return Setting(value=False, source=None, default=True, by=_("Istio's default"))


def _egress(
    sidecar: Manifest | None,
    index: int,
    fields: Mapping[str, Any],
    own: str,
    known: tuple[tuple[Service, ...], tuple[Routing, ...]],
) -> Egress:
    wanted = _hosts(sidecar, index, own)
    told = mapping_of(fields.get("port"))
    number = whole_number(told.get("number"))
    port = None
    if number is not None and sidecar is not None:
        word = word_of(told.get("protocol")).lower()
        port = Port(
            number=number,
            protocol=word if word in PROTOCOLS else "",
            source=sidecar.where("spec", "egress", index, "port"),
            name=word_of(told.get("name")),
        )
    services = tuple(
        service
        for service in known[0]
        if any(_means(space, name, service) for space, name in wanted)
        and (port is None or port.protocol == "http_proxy" or _serves(service, port))
    )
    routings = tuple(one for one in known[1] if any(_takes(space, n, one) for space, n in wanted))
    return Egress(services=services, routings=routings, port=port, bind=word_of(fields.get("bind")))


def _serves(service: Service, port: Port) -> bool:
    return len(service.ports) == 1 or service.port(port.number) is not None


def _hosts(sidecar: Manifest | None, index: int, own: str) -> list[tuple[str, str]]:
    found = []
    for written in egress_hosts(sidecar, index) if sidecar is not None else ():
        space, slash, name = written.partition("/")
        if not slash:
            space, name = "*", written
        found.append((own if space == "." else space, name.lower()))
    return found


def _means(space: str, name: str, service: Service) -> bool:
    """Whether an imported host means a service."""
    if space not in ("*", service.namespace):
        return False
    return subset_of(service.host, name) and (is_wild(name) or service.host == name)


def _takes(space: str, name: str, routing: Routing) -> bool:
    """Whether an imported host brings a route object along."""
    if space not in ("*", routing.namespace):
        return False
    for host in routing.hosts:
        if host == name:
            return True
        if is_wild(host) or is_wild(name):
            fitting = subset_of(host, name) if routing.gateway_api else matches(host, name)
            if fitting:
                return True
    return False
