"""Which DestinationRule a caller's proxy applies to a service, and what of it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from why503.facts import Manifest, Source
from why503.facts.manifest import Path
from why503.mesh.mesh_config import mesh_setting
from why503.mesh.selection import full_host, has_labels
from why503.mesh.setting import Setting, mapping_of, word_of
from why503.mesh.traced.host import most_specific
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import default_export, visible, words_at
from why503.mesh.traced.step import Applied
from why503.mesh.traffic_policy import Block, decided_in
from why503.support.text import _

_BLOCKS = ("connectionPool", "outlierDetection", "loadBalancer", "tls", "proxyProtocol", "tunnel")


class Subset(NamedTuple):
    """A subset that a rule defines."""

    labels: Mapping[str, Any]
    manifest: Manifest
    path: Path

    @property
    def source(self) -> Source:
        """Its place."""
        return self.manifest.where(*self.path)


def rules_for(push: Push, proxy: Proxy, host: str, namespace: str) -> tuple[Manifest, ...]:
    """The rules that decide for a service, merged by Istio: of one namespace and for one host.

    The caller's own namespace goes first, then the service's, then the root namespace; within one
    the most exact host. Rules for chosen callers go before the others of their namespace.
    """
    usual = default_export(push.mesh, "defaultDestinationRuleExportTo")
    for space in dict.fromkeys((proxy.namespace, namespace, push.root)):
        found: dict[str, list[tuple[bool, Manifest]]] = {}
        for rule in push.whole("DestinationRule"):
            own = push.space_of(rule)
            exported = words_at(rule, "spec", "exportTo") or usual
            chosen = mapping_of(rule.get("spec", "workloadSelector", "matchLabels"))
            if own != space or not visible(exported, own, proxy.namespace):
                continue
            if chosen and (own != proxy.namespace or not has_labels(proxy.labels, chosen)):
                continue
            pattern = full_host(word_of(rule.get("spec", "host")), own)
            found.setdefault(pattern, []).append((not chosen, rule))
        best = most_specific(host, found)
        if best is not None:
            ranked = sorted(found[best], key=lambda pair: pair[0])
            return tuple(rule for _rank, rule in ranked)
    return ()


def subset_named(rules: tuple[Manifest, ...], name: str) -> Subset | None:
    """The subset of this name; None where no rule has it."""
    for rule in rules:
        for index, told in rule.items("spec", "subsets"):
            if word_of(mapping_of(told).get("name")) == name:
                labels = mapping_of(mapping_of(told).get("labels"))
                return Subset(labels, rule, ("spec", "subsets", index))
    return None


def block_for(
    rules: tuple[Manifest, ...], subset: Subset | None, port: int, name: str
) -> Block | None:
    """The block of a traffic policy that applies to a port, the subset's own first."""
    places: list[tuple[Manifest, Path]] = []
    if subset is not None:
        places.append((subset.manifest, (*subset.path, "trafficPolicy")))
    places += [(rule, ("spec", "trafficPolicy")) for rule in rules]
    for rule, base in places:
        decides, block = decided_in(rule, base, name, port)
        if decides:
            return block
    return None


def applied_blocks(
    rules: tuple[Manifest, ...], subset: Subset | None, port: int
) -> Iterator[Applied]:
    """Every block that applies, in the words of the rule."""
    for name in _BLOCKS:
        block = block_for(rules, subset, port, name)
        if block is not None:
            told = block.setting(block.get())
            yield Applied(object=told.by, says=f"{name}: {spelled(told.value)}", source=told.source)


def spelled(value: object) -> str:
    """A block on one line: `http.maxRetries=1, tcp.connectTimeout=2s`."""
    parts = [f"{path}={word}" if path else word for path, word in _leaves(value, "")]
    return ", ".join(parts[:12]) + (", ..." if len(parts) > 12 else "")


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        yield path, ", ".join(str(one) for one in value[:5] if not isinstance(one, Mapping))
    else:
        yield path, str(value)


def tls_mode(
    push: Push, rules: tuple[Manifest, ...], subset: Subset | None, port: int
) -> Setting[str]:
    """DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL, or ``""`` for auto mTLS."""
    block = block_for(rules, subset, port, "tls")
    if block is not None:
        return block.setting(word_of(block.get("mode")).upper() or "DISABLE", "mode")
    switched = mesh_setting(push.mesh, "enableAutoMtls")
    if switched is not None and str(switched.value).lower() == "false":
        return Setting(value="DISABLE", source=switched.source, default=False, by=switched.by)
    return Setting(value="", source=None, default=True, by=_("auto mTLS"))
