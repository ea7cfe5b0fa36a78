"""To which address a client sends that calls a host by its name."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import NamedTuple

from why503.mesh.address import is_address
from why503.mesh.setting import word_of
from why503.mesh.traced.config import WILDCARD
from why503.mesh.traced.outbound import addresses_of, instance_addresses
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import Resolution, Service
from why503.support.text import _

_ALIASES = 5


class Resolved(NamedTuple):
    """An address and the service that it belongs to."""

    address: str
    service: Service | None
    """None where the evidence shows none of that name."""
    assumed: str = ""
    """A sentence where the address had to be taken for granted."""

    @property
    def unknown(self) -> bool:
        """Whether a placeholder stands for the address."""
        return self.address.startswith("<")


def resolve(push: Push, proxy: Proxy, host: str) -> Resolved:
    """What a name stands for, seen from a workload."""
    if is_address(host):
        return Resolved(host, service_at(push, proxy, host))
    service = service_named(push, proxy, host) or _of_pod(push, proxy, host)
    for _hop in range(_ALIASES):
        if service is None or not service.alias_of:
            break
        found = push.service(service.alias_of, proxy.namespace)
        if found is None:
            return Resolved(f"<address of {service.alias_of}>", None)
        service = found
    if service is None:
        return Resolved(f"<address of {host}>", None)
    if service.headless:
        first = next(iter(instance_addresses(push, service)), WILDCARD)
        return Resolved(_pod_address(push, service, host) or first, service)
    first = addresses_of(service, proxy)[0]
    if "/" in first:
        first = _one_of(first)
    if service.kubernetes or proxy.dns_capture:
        return Resolved(first, service)
    if first == WILDCARD:
        return Resolved(f"<address of {host}>", service)
    sentence = _("The name {host} is taken to stand for {address}, as {object} has it.")
    told = sentence.format(host=host, address=first, object=service.manifest.full_name)
    return Resolved(first, service, told)


def service_named(push: Push, proxy: Proxy, host: str) -> Service | None:
    """The service that a name means to a workload: short names are completed."""
    for name in spellings(host.lower(), proxy.namespace):
        found = push.service(name, proxy.namespace)
        if found is not None:
            return found
    return None


def _of_pod(push: Push, proxy: Proxy, host: str) -> Service | None:
    """The headless service of a pod that is called by its own name (`db-0.db`)."""
    service = service_named(push, proxy, host.partition(".")[2])
    return service if service is not None and service.headless else None


def _pod_address(push: Push, service: Service, host: str) -> str:
    """Address of the pod that is called by its own name; ``""`` where none is given."""
    word = host.lower().partition(".")[0]
    return next(
        (
            word_of(pod.get("status", "podIP"))
            for pod in push.mesh.manifests("Pod")
            if push.space_of(pod) == service.namespace
            and word in (pod.name, word_of(pod.get("spec", "hostname")))
        ),
        "",
    )


def spellings(host: str, namespace: str) -> Iterator[str]:
    """The full names that a short one can mean to a workload of ``namespace``."""
    yield host
    dots = host.count(".")
    if dots == 0:
        yield f"{host}.{namespace}.svc.cluster.local"
    elif dots == 1:
        yield f"{host}.svc.cluster.local"
    elif dots == 2 and host.endswith(".svc"):
        yield f"{host}.cluster.local"


def service_at(push: Push, proxy: Proxy, address: str) -> Service | None:
    """The service with this virtual address."""
    known = push.services_for(proxy.namespace)
    return next(
        (
            one
            for one in known
            if address in one.addresses and one.resolution is not Resolution.ALIAS
        ),
        None,
    )


def _one_of(written: str) -> str:
    try:
        network = ip_network(written, strict=False)
    except ValueError:
        return written
    return str(network[1] if network.num_addresses > 1 else network[0])
