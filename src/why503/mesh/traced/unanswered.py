"""Names that no Service has, and ports that a Service does not have: nobody answers there."""

from collections.abc import Iterator

from why503.mesh.address import is_address
from why503.mesh.selection import has_labels
from why503.mesh.traced.call import Call
from why503.mesh.traced.host import is_wild, matches
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import Resolution
from why503.mesh.traced.resolve import spellings
from why503.mesh.traced.routing import MESH
from why503.mesh.traced.step import Outcome
from why503.mesh.workload import labels_of
from why503.support.text import _

_CLUSTER = (".svc", ".svc.cluster.local")
_SERVES = {"Deployment": "deploy", "DaemonSet": "ds", "StatefulSet": "sts", "Pod": "pod"}
_MOST = 3


def no_port(push: Push, call: Call, *, http: bool) -> Outcome | None:
    """The end of a connection to a Service's own address at a port that it does not have.

    ``http``: whether the proxy saw HTTP, which it then answers with 503.
    """
    for service in push.services:
        known = service.kubernetes and service.resolution is Resolution.ENDPOINTS
        if not known or service.manifest.partial or call.address not in service.addresses:
            continue
        if not service.ports or service.port(call.port) is not None:
            continue
        text = _("{object} has no port {port} (it has {ports}): nothing answers at {address}.")
        return Outcome(
            id="no-port",
            text=text.format(
                object=service.manifest.full_name,
                port=call.port,
                ports=", ".join(str(port.number) for port in service.ports),
                address=f"{call.address}:{call.port}",
            ),
            status=503 if http else None,
            flag="UF" if http else "UF,URX",
            source=service.ports[0].source,
        )
    return None


def no_name(push: Push, host: str, namespace: str) -> Outcome | None:
    """The end of a request for a name inside the cluster that nothing given has.

    None where it may be a name of the world outside, where a Service, ServiceEntry or route has
    it, and where no Services are given at all.
    """
    names = tuple(spellings(host.lower(), namespace))
    services = [one for one in push.services if one.kubernetes]
    routed = [name for one in push.routings if MESH in one.gateways for name in one.hosts]
    taken = [one.host for one in push.services] + routed
    if not services or not _is_inside(push, host) or any(_has(taken, name) for name in names):
        return None
    first = host.lower().partition(".")[0]
    meant = [f"{first}.{one.namespace}" for one in services if one.host.startswith(f"{first}.")]
    text = _("No Service given has the name {host} in namespace {namespace}: it is not resolved.")
    told = text.format(host=host, namespace=namespace)
    if meant:
        names_of = ", ".join(list(dict.fromkeys(meant))[:_MOST])
        told += " " + _("Did you mean {names}?").format(names=names_of)
    return Outcome(id="no-name", text=told, sure=False)


def _has(taken: list[str], name: str) -> bool:
    return any(one == name or (one[:2] == "*." and matches(one, name)) for one in taken)


def _is_inside(push: Push, host: str) -> bool:
    """Whether only the cluster's own DNS can know a name."""
    name = host.lower()
    if is_address(name):
        return False
    first, dot, space = name.partition(".")
    if not dot or name.endswith(_CLUSTER):
        return True
    spaces = {one.namespace for one in push.services if one.kubernetes}
    spaces |= {one.name for one in push.mesh.manifests("Namespace")}
    return bool(first) and space in spaces


def elsewhere(push: Push, call: Call) -> Outcome:
    """A client outside the mesh calls what is no Service: where it goes cannot be told."""
    text = _("{address}:{port} is no port of a service that the evidence shows.")
    told = text.format(address=call.address, port=call.port)
    name = call.host.partition(":")[0].lower()
    for gateway in push.gateways:
        hosts = [host.rpartition("/")[2].lower() for one in gateway.servers for host in one.hosts]
        if not any(host == name or (is_wild(host) and matches(host, name)) for host in hosts):
            continue
        hint = _("Gateway {gateway} is open for {host}; to follow it, name {start}.")
        start = next(_starts(push, gateway.selector), "gateway/NAME")
        key = f"{gateway.namespace}/{gateway.name}"
        told += " " + hint.format(gateway=key, host=name, start=f"`--from {start}`")
        break
    return Outcome(id="unknown", text=told, sure=False)


def _starts(push: Push, selector: object) -> Iterator[str]:
    """Workloads of a gateway, as `--from` takes them."""
    if not isinstance(selector, dict) or not selector:
        return
    for kind, short in _SERVES.items():
        for workload in push.mesh.manifests(kind):
            if has_labels(labels_of(workload), selector):
                yield f"{short}/{workload.name}.{push.space_of(workload)}"
