"""What lets a caller's proxy see an object or hides it: the Sidecar for it, and `exportTo`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from why503.facts import Manifest
from why503.mesh.egress import egress_hosts
from why503.mesh.selection import full_host
from why503.mesh.setting import word_of
from why503.mesh.traced.host import is_wild, matches
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import visible, words_at
from why503.mesh.traced.resolve import spellings
from why503.mesh.traced.scope import scope_of
from why503.mesh.traced.step import Applied, Step, StepKind
from why503.support.text import _

_MOST = 4
"""Hosts and objects that are named."""


def with_scope(push: Push, proxy: Proxy, steps: Sequence[Step], host: str) -> tuple[Step, ...]:
    """The Sidecar told at the listener, route objects with `exportTo` at the virtual host.

    ``host``: as the caller names it.
    """
    told = {
        StepKind.LISTENER: tuple(_sidecar(push, proxy)),
        StepKind.VIRTUAL_HOST: tuple(_routings(push, proxy, host)),
    }
    return tuple(replace(step, applied=(*step.applied, *told.get(step.kind, ()))) for step in steps)


def _sidecar(push: Push, proxy: Proxy) -> Iterator[Applied]:
    sidecar = scope_of(push, proxy).sidecar
    count = len(sidecar.items("spec", "egress")) if sidecar is not None else 0
    if sidecar is None or not count:
        return
    hosts = [host for index in range(count) for host in egress_hosts(sidecar, index)]
    listed = ", ".join(hosts[:_MOST]) + (", ..." if len(hosts) > _MOST else "")
    says = _("the caller's proxy knows of {hosts} only").format(hosts=listed or "-")
    yield Applied(object=sidecar.full_name, says=says, source=sidecar.where("spec", "egress"))


def _routings(push: Push, proxy: Proxy, host: str) -> Iterator[Applied]:
    names = tuple(spellings(host.lower(), proxy.namespace))
    for routing in push.routings:
        if not routing.gateway_api and any(_is_for(one, names) for one in routing.hosts):
            yield from _export(routing.manifest, routing.namespace, routing.export_to, proxy)


def exports_of(push: Push, proxy: Proxy, host: str, service: Manifest) -> Iterator[Applied]:
    """`exportTo` of a service, of full name ``host``, and of the DestinationRules for it."""
    found = [one for one in push.services if one.manifest is service]
    for one in found[:1]:
        yield from _export(service, one.namespace, one.export_to, proxy)
    for rule in push.whole("DestinationRule"):
        own = push.space_of(rule)
        written = words_at(rule, "spec", "exportTo")
        if _is_for(full_host(word_of(rule.get("spec", "host")), own), (host,)):
            yield from _export(rule, own, written, proxy)


def _is_for(pattern: str, names: Sequence[str]) -> bool:
    return pattern in names or (is_wild(pattern) and any(matches(pattern, one) for one in names))


def _export(
    manifest: Manifest, own: str, written: tuple[str, ...], proxy: Proxy
) -> Iterator[Applied]:
    if not written or "*" in written:
        return
    text = _("exportTo {spaces}: it holds for namespace {namespace}")
    if not visible(written, own, proxy.namespace):
        text = _("exportTo {spaces}: it does not hold for namespace {namespace}")
    says = text.format(spaces=", ".join(written[:_MOST]), namespace=proxy.namespace)
    source = manifest.where("spec", "exportTo") if manifest.kind != "Service" else manifest.source
    yield Applied(object=manifest.full_name, says=says, source=source)
