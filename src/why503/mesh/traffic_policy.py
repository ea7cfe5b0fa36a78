"""What a proxy applies to its connections to a host, and which object says so.

A block (`connectionPool`, `tls`, ...) counts as a whole: where a more specific place has it,
nothing of the less specific one is inherited, and a port's entry in `portLevelSettings` replaces
all blocks at once.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh import loaded_policy
from why503.mesh.candidate import candidates
from why503.mesh.endpoint import service_port, workload_port
from why503.mesh.gateway_policy import backend_traffic_policies_for
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_configs, mesh_setting, root_namespace
from why503.mesh.selection import (
    covers,
    full_host,
    host_of_service,
    namespace_of_host,
    scoped,
    specificity,
)
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.workload import has_sidecar
from why503.support.duration import HOUR, seconds_of
from why503.support.text import _

IDLE_TIMEOUT = HOUR
"""Seconds: Envoy's default for connections to an upstream."""
CONNECT_TIMEOUT = 10.0
"""Seconds: Istio's default."""
GENEROUS = 10_000
"""A limit from here on is meant as no limit."""

_LIMITS: dict[str, tuple[str, str]] = {
    "maxConnections": ("tcp", "maxConnections"),
    "http1MaxPendingRequests": ("http", "maxPendingRequests"),
    "http2MaxRequests": ("http", "maxParallelRequests"),
    "maxRetries": ("http", "maxParallelRetries"),
    "maxRequestsPerConnection": ("http", "maxRequestsPerConnection"),
}
"""Section of the connection pool and Envoy Gateway's name of each limit."""
_REFUSING = ("maxConnections", "http1MaxPendingRequests", "http2MaxRequests", "maxRetries")
"""Limits that make a proxy refuse; a full connection count alone only makes requests wait."""

T = TypeVar("T")


class Block(NamedTuple):
    """A block of settings in its object; ``path`` leads to it."""

    manifest: Manifest
    path: Path

    def get(self, *path: str) -> Any:
        """Value of a field of the block; None where it has none."""
        return self.manifest.get(*self.path, *path)

    def setting(self, value: T, *path: str) -> Setting[T]:
        """``value``, read from the field at ``path`` of the block."""
        source = self.manifest.where(*self.path, *path)
        by = self.manifest.full_name or _("the pasted traffic policy")
        return Setting(value=value, source=source, default=False, by=by)


_UNMISTAKABLE = frozenset({"connectionPool", "outlierDetection"})
"""Blocks that no other object has."""


def destination_rules_for(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """DestinationRules whose host means ``host``, the most specific first.

    Of equally specific ones the rules in the service's own namespace come first, those for chosen
    client workloads only last.
    """
    return mesh.kept(f"rules for {host}", lambda: _rules_for(mesh, host))


def _rules_for(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    asked, own = host_of_service(mesh, host), namespace_of_host(mesh, host)
    found = []
    for rule in candidates(mesh, "DestinationRule", asked):
        pattern = word_of(rule.get("spec", "host"))
        if pattern and covers(pattern, asked, rule.namespace):
            chosen = bool(rule.get("spec", "workloadSelector"))
            elsewhere = bool(own) and rule.namespace != own
            found.append(((rule.partial, specificity(pattern), elsewhere, chosen), rule))
    return tuple(rule for _rank, rule in sorted(found, key=lambda pair: pair[0]))


def _effective_rules(mesh: Mesh, host: str) -> list[Manifest]:
    """The rules that decide: Istio merges those of one namespace for one host, no others."""
    rules = destination_rules_for(mesh, host)
    if len(rules) < 2:
        return list(rules)
    return [rule for rule in rules if _identity(rule) == _identity(rules[0])]


def _identity(rule: Manifest) -> tuple[str, str]:
    return full_host(word_of(rule.get("spec", "host")), rule.namespace), rule.namespace


def decided_in(
    rule: Manifest, base: Path, name: str, port: int | None
) -> tuple[bool, Block | None]:
    """Block ``name`` of the traffic policy at ``base``, and whether that policy decides on it.

    The entry of the port decides even where it leaves the block out. Without a port an entry counts
    where the policy itself has no such block.
    """
    whole = Block(rule, (*base, name)) if isinstance(rule.get(*base, name), Mapping) else None
    for index, level in rule.items(*base, "portLevelSettings"):
        number = whole_number(mapping_of(mapping_of(level).get("port")).get("number"))
        path = (*base, "portLevelSettings", index, name)
        block = Block(rule, path) if isinstance(rule.get(*path), Mapping) else None
        if port is not None and number == port:
            return True, block
        if port is None and whole is None and block is not None:
            return True, block
    return whole is not None, whole


def _subsets(rule: Manifest) -> list[tuple[str, Path]]:
    """Name of each subset and the path of its traffic policy."""
    return [
        (word_of(mapping_of(subset).get("name")), ("spec", "subsets", index, "trafficPolicy"))
        for index, subset in rule.items("spec", "subsets")
    ]


def policy_block(
    mesh: Mesh, host: str, port: int | None, name: str, subset: str = ""
) -> Block | None:
    """The block ``name`` that DestinationRules (then the mesh config) give for a host and port.

    ``port`` may be the Service's or the one inside the pod. The policy of ``subset`` goes first.
    """
    rules, wanted = _effective_rules(mesh, host), service_port(mesh, host, port)
    places = [
        (rule, base)
        for rule in rules
        for named, base in _subsets(rule)
        if subset and named == subset
    ]
    places += [(rule, ("spec", "trafficPolicy")) for rule in rules]
    for rule, base in places:
        decides, block = decided_in(rule, base, name, wanted)
        if decides:
            return block
    for manifest, base in mesh_configs(mesh):
        path = (*base, "defaultTrafficPolicy", name)
        if isinstance(manifest.get(*path), Mapping):
            return Block(manifest, path)
    return _fragment_block(mesh, name)


def _fragment_block(mesh: Mesh, name: str) -> Block | None:
    """The block of a traffic policy that was pasted without its rule, where no rule was given."""
    if mesh.has("DestinationRule"):
        return None
    bases: list[Path] = [("trafficPolicy",), ("spec", "trafficPolicy")]
    if name in _UNMISTAKABLE:
        bases.append(())
    for manifest in mesh.manifests(""):
        for base in bases:
            if isinstance(manifest.get(*base, name), Mapping):
                return Block(manifest, (*base, name))
    return None


def _subset_blocks(mesh: Mesh, host: str, port: int | None, name: str) -> Iterator[Block]:
    """The block in each subset's own policy; those hold for the calling proxies only."""
    wanted = service_port(mesh, host, port)
    for rule in _effective_rules(mesh, host):
        for _name, base in _subsets(rule):
            _decides, block = decided_in(rule, base, name, wanted)
            if block is not None:
                yield block


def _inbound_pool(mesh: Mesh, host: str, port: int | None) -> Block | None:
    """Connection pool that a Sidecar resource gives the server's proxy towards its application."""
    if not mesh.has("Sidecar") or has_sidecar(mesh, host) is False:
        return None
    wanted = {port, workload_port(mesh, host, port)} - {None}
    for sidecar in scoped(mesh, "Sidecar", host, "spec", "workloadSelector", "labels")[:1]:
        manifest = sidecar.manifest
        for index, ingress in manifest.items("spec", "ingress"):
            number = whole_number(mapping_of(mapping_of(ingress).get("port")).get("number"))
            path = ("spec", "ingress", index, "connectionPool")
            if (number in wanted or not wanted) and isinstance(manifest.get(*path), Mapping):
                return Block(manifest, path)
        if isinstance(manifest.get("spec", "inboundConnectionPool"), Mapping):
            return Block(manifest, ("spec", "inboundConnectionPool"))
    return None


def connection_pool(
    mesh: Mesh, host: str, port: int | None, subset: str = ""
) -> Setting[Mapping[str, Any]] | None:
    """The `connectionPool` that calling proxies apply, as written; None where none is set."""
    block = policy_block(mesh, host, port, "connectionPool", subset)
    return block.setting(mapping_of(block.get())) if block is not None else None


def idle_timeout_upstream(mesh: Mesh, host: str, port: int | None) -> Setting[float]:
    """Seconds that a proxy keeps an unused connection to the application; inf: for ever.

    The Sidecar resource goes first (its `ingress` for the port, then `inboundConnectionPool`), then
    the DestinationRule, then Envoy Gateway's policy. The first that has a pool decides; what the
    proxy itself has loaded goes before them all.
    """
    if (told := loaded_policy.idle_timeout_loaded(mesh, host, port)) is not None:
        return told
    block = _inbound_pool(mesh, host, port) or policy_block(mesh, host, port, "connectionPool")
    if block is not None and _is_for_callers_only(mesh, host, block.manifest):
        block = None
    if block is not None:
        for section in ("http", "tcp"):
            if (seconds := _seconds(block.get(section, "idleTimeout"))) is not None:
                return block.setting(seconds or math.inf, section, "idleTimeout")
    else:
        for gateway in _gateway_blocks(mesh, host, "timeout"):
            if (seconds := _seconds(gateway.get("http", "connectionIdleTimeout"))) is not None:
                return gateway.setting(seconds or math.inf, "http", "connectionIdleTimeout")
    return Setting(value=IDLE_TIMEOUT, source=None, default=True, by=_("Envoy's default"))


def _is_for_callers_only(mesh: Mesh, host: str, rule: Manifest) -> bool:
    """Whether the sidecar beside the server, which exists, does not see a DestinationRule.

    A proxy takes rules of its own namespace, of the service's and of the root namespace.
    """
    if rule.kind != "DestinationRule" or not rule.namespace:
        return False
    own = namespace_of_host(mesh, host)
    seen = not own or rule.namespace in (own, root_namespace(mesh))
    return not seen and has_sidecar(mesh, host) is True


def connect_timeout(mesh: Mesh, host: str, port: int | None) -> Setting[float]:
    """Seconds that a proxy waits for a connection to the host; 0 as written means the default."""
    if (told := loaded_policy.connect_timeout_loaded(mesh, host, port)) is not None:
        return told
    block = policy_block(mesh, host, port, "connectionPool")
    seconds = _seconds(block.get("tcp", "connectTimeout")) if block is not None else None
    if block is not None and seconds:
        return block.setting(seconds, "tcp", "connectTimeout")
    for gateway in _gateway_blocks(mesh, host, "timeout"):
        if seconds := _seconds(gateway.get("tcp", "connectTimeout")):
            return gateway.setting(seconds, "tcp", "connectTimeout")
    found = mesh_setting(mesh, "connectTimeout")
    if found is not None and (seconds := _seconds(found.value)):
        return Setting(value=seconds, source=found.source, default=False, by=found.by)
    return Setting(value=CONNECT_TIMEOUT, source=None, default=True, by=_("Istio's default"))


def _seconds(written: object) -> float | None:
    seconds = seconds_of(written)
    return seconds if seconds is not None and 0 <= seconds < math.inf else None


def _gateway_blocks(mesh: Mesh, host: str, name: str) -> Iterator[Block]:
    for policy in backend_traffic_policies_for(mesh, host):
        if isinstance(policy.get("spec", name), Mapping):
            yield Block(policy, ("spec", name))


def _limit_in(block: Block, name: str) -> Setting[int] | None:
    """One limit of a block; None where it is unset (0 means unset in Istio)."""
    section, gateway_name = _LIMITS[name]
    path = (gateway_name,) if block.manifest.kind == "BackendTrafficPolicy" else (section, name)
    value = whole_number(block.get(*path))
    if value is None or value <= 0:
        return None
    field = ".".join((str(block.path[-1]), *path))
    by = _("{field} of {object}").format(field=field, object=block.manifest.full_name)
    return Setting(
        value=value, source=block.manifest.where(*block.path, *path), default=False, by=by
    )


def _pools(mesh: Mesh, host: str, port: int | None) -> Iterator[Block]:
    """Every block that limits the host, the calling proxies' first."""
    for block in (
        policy_block(mesh, host, port, "connectionPool"),
        _inbound_pool(mesh, host, port),
    ):
        if block is not None:
            yield block
    yield from _subset_blocks(mesh, host, port, "connectionPool")
    yield from _gateway_blocks(mesh, host, "circuitBreaker")


def limit(mesh: Mesh, host: str, port: int | None, name: str) -> Setting[int] | None:
    """One limit by Istio's name (`maxConnections`, `http1MaxPendingRequests`, ...); None if unset.

    What proxies have loaded goes first; the policy for the whole host goes before the Sidecar's and
    the subsets' own.
    """
    if name not in _LIMITS:
        return None
    loaded = loaded_policy.limits_loaded(mesh, host, port, name)
    if loaded is not None and name in _REFUSING:
        return next(iter(loaded), None)
    if loaded is not None:
        return loaded_policy.requests_per_connection_loaded(mesh, host, port)
    found = (_limit_in(block, name) for block in _pools(mesh, host, port))
    return next((setting for setting in found if setting is not None), None)


def limits_set(mesh: Mesh, host: str, port: int | None) -> tuple[Setting[int], ...]:
    """Every limit below `GENEROUS` that makes a proxy refuse requests; `by` names field and object.

    `maxRequestsPerConnection` is none of them: it closes connections and refuses nothing. Where
    proxies show what they have loaded, that counts alone.
    """
    if (loaded := loaded_policy.limits_loaded(mesh, host, port)) is not None:
        return tuple(setting for setting in loaded if setting.value < GENEROUS)
    blocks = list(_pools(mesh, host, port))
    settings = [_limit_in(block, name) for block in blocks for name in _REFUSING]
    small = {(s.by, s.value): s for s in settings if s is not None and s.value < GENEROUS}
    return tuple(small.values())


def outlier_detection(mesh: Mesh, host: str, port: int | None) -> Setting[Mapping[str, Any]] | None:
    """The `outlierDetection` block as written, of the host or else of a subset; None if unset.

    For Envoy Gateway the `healthCheck.passive` block. Where callers' proxies show the cluster as
    loaded, that counts alone.
    """
    if (loaded := loaded_policy.outlier_loaded(mesh, host, port)) is not None:
        return loaded[0]
    blocks = [
        policy_block(mesh, host, port, "outlierDetection"),
        *_subset_blocks(mesh, host, port, "outlierDetection"),
    ]
    for block in blocks:
        if block is not None:
            return block.setting(mapping_of(block.get()))
    for gateway in _gateway_blocks(mesh, host, "healthCheck"):
        if isinstance(gateway.get("passive"), Mapping):
            return gateway.setting(mapping_of(gateway.get("passive")), "passive")
    return None


def client_tls(mesh: Mesh, host: str, port: int | None, subset: str = "") -> Setting[str]:
    """Mode of TLS that calling proxies are told: DISABLE, SIMPLE, MUTUAL or ISTIO_MUTUAL.

    ``""`` where no rule has a `tls` block: Istio then decides by itself (auto mTLS). What proxies
    have loaded goes first.
    """
    if (loaded := loaded_policy.client_tls_loaded(mesh, host, port, subset)) is not None:
        return loaded
    block = policy_block(mesh, host, port, "tls", subset)
    if block is None:
        return Setting(value="", source=None, default=True, by=_("Istio's default"))
    return block.setting(word_of(block.get("mode")).upper() or "DISABLE", "mode")


def client_tls_settings(
    mesh: Mesh, host: str, port: int | None, subset: str = ""
) -> Setting[Mapping[str, Any]] | None:
    """The whole `tls` block as written (mode, sni, credentialName, ...); None without one.

    What proxies have loaded goes first.
    """
    if (loaded := loaded_policy.tls_settings_loaded(mesh, host, port, subset)) is not None:
        return loaded if loaded.value else None
    block = policy_block(mesh, host, port, "tls", subset)
    return block.setting(mapping_of(block.get())) if block is not None else None


def h2_upgrade(mesh: Mesh, host: str, port: int | None) -> Setting[str]:
    """Whether HTTP/1.1 goes on as HTTP/2: UPGRADE or DO_NOT_UPGRADE (the default)."""
    block = policy_block(mesh, host, port, "connectionPool")
    written = word_of(block.get("http", "h2UpgradePolicy")).upper() if block is not None else ""
    if block is not None and written not in ("", "DEFAULT"):
        return block.setting(written, "http", "h2UpgradePolicy")
    found = mesh_setting(mesh, "h2UpgradePolicy")
    value = word_of(found.value).upper() if found is not None else ""
    if found is not None and value:
        return Setting(value=value, source=found.source, default=False, by=found.by)
    return Setting(value="DO_NOT_UPGRADE", source=None, default=True, by=_("Istio's default"))
