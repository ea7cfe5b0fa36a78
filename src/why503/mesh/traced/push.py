"""What istiod makes configuration from: services, routes, gateways, Sidecars, settings."""

from collections.abc import Iterable
from functools import cached_property

from why503.facts import Manifest
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import root_namespace
from why503.mesh.selection import created
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.traced.delegate import with_delegates
from why503.mesh.traced.gateway_api import api_gateways, api_routings
from why503.mesh.traced.gateway_server import Gateway, istio_gateways
from why503.mesh.traced.ingress import ingress_gateways, ingress_routings
from why503.mesh.traced.registry import Service, services_of, visible
from why503.mesh.traced.routing import MESH, Routing, virtual_services
from why503.mesh.workload import containers_of


class Push:
    """The objects of the evidence, arranged for one namespace as the usual one."""

    def __init__(self, mesh: Mesh, namespace: str = "default") -> None:
        """``namespace``: of objects that do not name theirs."""
        self.mesh = mesh
        self.namespace = namespace

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """All services, the oldest first."""
        return services_of(self.mesh, self.namespace)

    @cached_property
    def routings(self) -> tuple[Routing, ...]:
        """All route objects, delegates merged in, the oldest first."""
        own = with_delegates(virtual_services(self.mesh, self.namespace))
        others = (
            *api_routings(self.mesh, self.namespace),
            *ingress_routings(self.mesh, self.namespace),
        )
        return tuple(sorted((*own, *others), key=lambda r: (r.created, r.name, r.namespace)))

    @cached_property
    def gateways(self) -> tuple[Gateway, ...]:
        """All gateways, the oldest first."""
        found = (
            *istio_gateways(self.mesh, self.namespace),
            *api_gateways(self.mesh, self.namespace),
            *ingress_gateways(self.mesh, self.namespace),
        )
        return tuple(sorted(found, key=lambda g: (g.created, g.name, g.namespace)))

    @cached_property
    def root(self) -> str:
        """Namespace whose policies hold for the whole mesh."""
        return root_namespace(self.mesh)

    def space_of(self, manifest: Manifest) -> str:
        """Namespace of an object."""
        return manifest.namespace or self.namespace

    def whole(self, kind: str) -> tuple[Manifest, ...]:
        """Objects of a kind that are given whole, the oldest first."""
        found = [one for one in self.mesh.manifests(kind) if not one.partial]
        return tuple(sorted(found, key=lambda m: (created(m), m.name, self.space_of(m))))

    def services_for(self, namespace: str) -> tuple[Service, ...]:
        """Services that are exported to a namespace."""
        return tuple(
            service
            for service in self.services
            if visible(service.export_to, service.namespace, namespace)
        )

    def routings_for(self, namespace: str, gateway: str = MESH) -> tuple[Routing, ...]:
        """Route objects for a gateway (for sidecars: `mesh`) that a namespace may see.

        Those that only their own namespace sees come first; of the Gateway API's routes for
        sidecars those of the caller's namespace.
        """
        found = [
            routing
            for routing in self.routings
            if gateway in routing.gateways
            and visible(routing.export_to, routing.namespace, namespace)
        ]
        return tuple(
            sorted(
                found,
                key=lambda r: (
                    not (r.export_to and "*" not in r.export_to),
                    r.gateway_api and gateway == MESH and r.namespace != namespace,
                ),
            )
        )

    def service(self, host: str, namespace: str) -> Service | None:
        """The service of a host as a namespace sees it, its own one first."""
        found = [one for one in self._by_host.get(host, ()) if _sees(one, namespace)]
        return min(found, key=lambda s: (s.namespace != namespace, not s.kubernetes), default=None)

    @cached_property
    def _by_host(self) -> dict[str, list[Service]]:
        found: dict[str, list[Service]] = {}
        for service in self.services:
            found.setdefault(service.host, []).append(service)
        return found

    def istiod_has(self, variable: str) -> bool:
        """Whether istiod's container has an environment variable set to `true`."""
        for kind in ("Deployment", "Pod"):
            for workload in self.mesh.manifests(kind):
                if not workload.name.startswith("istiod"):
                    continue
                for path, _container in containers_of(workload):
                    if variable in _true_variables(workload, path):
                        return True
        return False


def _sees(service: Service, namespace: str) -> bool:
    return visible(service.export_to, service.namespace, namespace)


def _true_variables(workload: Manifest, path: Iterable[str | int]) -> set[str]:
    return {
        word_of(mapping_of(entry).get("name"))
        for _, entry in workload.items(*path, "env")
        if str(mapping_of(entry).get("value")).lower() in ("true", "1")
    }
