"""Why a proxy that lets only known hosts out does not know this one."""

from collections.abc import Iterator

from why503.mesh.address import split_host
from why503.mesh.traced.call import Call
from why503.mesh.traced.host import is_wild, matches
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import Service, visible
from why503.mesh.traced.resolve import spellings
from why503.mesh.traced.scope import scope_of
from why503.support.text import _


def refused_told(push: Push, proxy: Proxy, call: Call) -> str:
    """A sentence for REGISTRY_ONLY, and one for what the objects lack."""
    host = split_host(call.host)[0] or call.sni or call.address
    text = _(
        "The proxy knows no host {host} on port {port}, and lets nothing else out "
        "(outboundTrafficPolicy REGISTRY_ONLY)."
    )
    told = text.format(host=host, port=call.port)
    return " ".join([told, *_lacking(push, proxy, host.lower(), call.port)])


def _lacking(push: Push, proxy: Proxy, host: str, port: int) -> Iterator[str]:
    names = tuple(spellings(host, proxy.namespace))
    for service in push.services:
        if not any(_covers(service, name) for name in names):
            continue
        name = service.manifest.full_name
        if service.port(port) is None:
            ports = ", ".join(str(one.number) for one in service.ports) or "-"
            yield _("{object} has it on port {ports} only.").format(object=name, ports=ports)
        elif not visible(service.export_to, service.namespace, proxy.namespace):
            text = _("{object} is not exported to namespace {namespace}.")
            yield text.format(object=name, namespace=proxy.namespace)
        elif (sidecar := scope_of(push, proxy).sidecar) is not None:
            text = _("{sidecar} does not let the caller know of {host}.")
            yield text.format(sidecar=sidecar.full_name, host=host)
        return


def _covers(service: Service, name: str) -> bool:
    if is_wild(service.host):
        return matches(service.host, name)
    return name in (service.host, *service.aliases)
