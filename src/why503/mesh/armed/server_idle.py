"""The ladder of idle timeouts: each side that sends has to give up before the one that accepts."""

from collections.abc import Iterator

from why503.mesh.armed.idle_ladder import for_callers_only, host_of
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.server import keepalive_of
from why503.mesh.setting import mapping_of
from why503.mesh.traffic_policy import idle_timeout_upstream
from why503.support.duration import spell
from why503.support.text import _


def proxies_above_server(mesh: Mesh) -> Iterator[Spotted]:
    """Services whose server closes idle connections before the proxy does.

    Left out are those for which `for_callers_only` names the reason.
    Values: `server`, `service`, `idle`, `proxy`, `by` (where the proxy's time comes from).
    """
    explained = {one.values["service"] for one in for_callers_only(mesh)}
    for service in mesh.manifests("Service"):
        if service.full_name in explained:
            continue
        keepalive = keepalive_of(mesh, host_of(service))
        if keepalive is None or keepalive.idle is None:
            continue
        proxy = idle_timeout_upstream(mesh, host_of(service), None)
        if proxy.value >= keepalive.idle:
            yield spotted(
                proxy.source or service.source,
                *keepalive.sources,
                idle=spell(keepalive.idle),
                proxy=spell(proxy.value),
                by=proxy.by,
                how=keepalive.how,
                server=keepalive.server or _("the server"),
                service=service.name,
            )


def empty_services(mesh: Mesh) -> Iterator[Spotted]:
    """Services whose selector matches none of the workloads given: `service`."""
    known = inventory(mesh)
    for service in mesh.manifests("Service"):
        selector = mapping_of(service.get("spec", "selector"))
        if not selector or service.partial or not known.has_workloads(service.namespace):
            continue
        if not known.behind(service):
            yield spotted(service.where("spec", "selector"), service=service.full_name)
