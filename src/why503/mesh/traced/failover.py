"""Which endpoints get requests first: `failoverPriority` of a rule or of the mesh config."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from why503.facts import Source
from why503.mesh.mesh_config import mesh_setting
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.traced.backend import Backend, Backends
from why503.mesh.traced.destination_rule import Subset, block_for
from why503.mesh.traced.push import Push
from why503.mesh.traced.step import Applied
from why503.support.text import _

_MOST = 4


class Failover(NamedTuple):
    """Labels by which endpoints are ranked, the weightiest first."""

    labels: tuple[str, ...]
    by: str
    source: Source | None


def failover_of(
    push: Push, rules: tuple[Any, ...], subset: Subset | None, port: int
) -> Failover | None:
    """What holds for a cluster; None where endpoints are not ranked.

    Istio ranks only where outlier detection can tell that an endpoint is down.
    """
    if block_for(rules, subset, port, "outlierDetection") is None:
        return None
    block = block_for(rules, subset, port, "loadBalancer")
    own = mapping_of(block.get("localityLbSetting")) if block is not None else {}
    if block is not None and own:
        told = block.setting(own, "localityLbSetting", "failoverPriority")
        return _of(own, told.by, told.source)
    found = mesh_setting(push.mesh, "localityLbSetting")
    return _of(mapping_of(found.value), found.by, found.source) if found is not None else None


def _of(setting: Mapping[str, Any], by: str, source: Source | None) -> Failover | None:
    written = setting.get("failoverPriority")
    labels = tuple(word_of(one) for one in written) if isinstance(written, list) else ()
    if setting.get("enabled") is False or not labels:
        return None
    return Failover(labels, by, source)


def ranked(backends: Backends, failover: Failover, labels: Mapping[str, str]) -> Backends:
    """The endpoints of the first rank, the others as `later`; ``labels``: the caller's."""
    ranks = [(_rank(one, failover, labels), one) for one in backends.found]
    best = min((rank for rank, _one in ranks), default=0)
    return replace(
        backends,
        found=tuple(one for rank, one in ranks if rank == best),
        later=tuple(one for rank, one in sorted(ranks, key=lambda pair: pair[0]) if rank != best),
    )


def _rank(backend: Backend, failover: Failover, labels: Mapping[str, str]) -> int:
    """How many labels are left from the first that differs; 0: all are the caller's."""
    own = backend.labels or {}
    for number, written in enumerate(failover.labels):
        name, equals, value = written.partition("=")
        if word_of(own.get(name)) != (value if equals else labels.get(name, "")):
            return len(failover.labels) - number
    return 0


def told(backends: Backends, failover: Failover) -> Iterator[Applied]:
    """A sentence on those that get requests only where the first are down."""
    if not backends.later:
        return
    names = [f"{one.address}:{one.port}" for one in backends.later]
    text = _("failoverPriority {labels}: only where the first are down, requests go to {names}")
    says = text.format(
        labels=", ".join(failover.labels),
        names=", ".join(names[:_MOST]) + (", ..." if len(names) > _MOST else ""),
    )
    yield Applied(object=failover.by, says=says, source=failover.source)
