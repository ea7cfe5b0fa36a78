"""Mutual TLS between proxies: what the server demands, what the caller does, where they clash."""

from why503.facts import Counter, Manifest, Request, Source
from why503.facts.manifest import Path
from why503.mesh.account import destination_of
from why503.mesh.address import cluster_name, is_address
from why503.mesh.endpoint import workload_port
from why503.mesh.failure import Failure, Role
from why503.mesh.hop import Hop
from why503.mesh.loaded_policy import server_mtls_loaded, server_proxies
from why503.mesh.mesh import Mesh
from why503.mesh.naming import service_name
from why503.mesh.proxy_state import counters
from why503.mesh.selection import scoped
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.traffic_policy import client_tls, destination_rules_for
from why503.mesh.version import istio_version
from why503.mesh.workload import has_sidecar, is_external, same_host
from why503.support.dataclass import dataclass
from why503.support.text import _

MODES = frozenset({"STRICT", "PERMISSIVE", "DISABLE"})
_CUT = ("curl: (56) Recv failure: Connection reset", "curl: (52) Empty reply")
"""How curl tells of a connection that was cut in place of an answer."""
_AUTO_MTLS_SINCE = 1583366400.0
"""Release of Istio 1.5, 2020-03-05, seconds since 1970."""


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A caller's TLS mode that the server cannot accept."""

    client: Setting[str]
    """Mode in the DestinationRule."""
    server: Setting[str] | None
    """Mode of the PeerAuthentication; None where the server has no sidecar to speak mTLS."""


def server_mtls(mesh: Mesh, host: str, port: int | None) -> Setting[str] | None:
    """Mode that the server's proxy demands: STRICT, PERMISSIVE or DISABLE.

    A port's mode goes before the workload's, the namespace's and the mesh's; UNSET asks the next.
    None where the evidence has no PeerAuthentication at all. ``port`` may be the Service's or the
    one inside the pod. What the server's proxy has loaded goes before what objects ask for.
    """
    if (loaded := server_mtls_loaded(mesh, host, port)) is not None:
        return loaded
    if not mesh.has("PeerAuthentication"):
        return None
    ports = [number for number in (workload_port(mesh, host, port), port) if number is not None]
    for level, manifest in scoped(
        mesh, "PeerAuthentication", host, "spec", "selector", "matchLabels"
    ):
        if level == 0 and (found := _of_port(manifest, ports)) is not None:
            return found
        if (found := mode_at(manifest, ("spec", "mtls", "mode"))) is not None:
            return found
    return Setting(value="PERMISSIVE", source=None, default=True, by=_("Istio's default"))


def _of_port(manifest: Manifest, ports: list[int]) -> Setting[str] | None:
    levels = mapping_of(manifest.get("spec", "portLevelMtls"))
    for port in ports:
        for key in levels:
            if whole_number(key) == port:
                return mode_at(manifest, ("spec", "portLevelMtls", key, "mode"))
    return None


def mode_at(manifest: Manifest, path: Path) -> Setting[str] | None:
    """The mode of mutual TLS that an object sets at ``path``; None where it sets none."""
    mode = word_of(manifest.get(*path)).upper()
    if mode not in MODES:
        return None
    return Setting(value=mode, source=manifest.where(*path), default=False, by=manifest.full_name)


def mtls_conflict(mesh: Mesh, host: str, port: int | None, subset: str = "") -> Conflict | None:
    """The clash between a DestinationRule's TLS mode and what the server demands; None without one.

    Plain text or one-sided TLS to a proxy that demands mTLS, or mTLS to a server that takes none.
    """
    client = client_tls(mesh, host, port, subset)
    if client.default or client.value not in ("DISABLE", "SIMPLE", "ISTIO_MUTUAL"):
        return None
    if has_sidecar(mesh, host) is False or is_external(mesh, host):
        return Conflict(client=client, server=None) if client.value == "ISTIO_MUTUAL" else None
    server = server_mtls(mesh, host, port)
    if server is None:
        return None
    refused = "DISABLE" if client.value == "ISTIO_MUTUAL" else "STRICT"
    return Conflict(client=client, server=server) if server.value == refused else None


def conflicts(mesh: Mesh) -> tuple[tuple[str, Conflict], ...]:
    """Hosts of DestinationRules, each with the clash that its rule makes; others are left out."""
    found = []
    for rule in mesh.manifests("DestinationRule"):
        if host := word_of(rule.get("spec", "host")):
            full = f"{host}.{rule.namespace}" if rule.namespace and "." not in host else host
            conflict = mtls_conflict(mesh, full, None)
            if conflict is not None:
                found.append((full, conflict))
    return tuple(found)


def conflict_of(hop: Hop, mesh: Mesh) -> tuple[str, Conflict | None]:
    """The clash at the hop's destination, with its name; else the first that any rule makes."""
    if not hop.count or not hop.host or is_address(hop.host):
        return next(iter(conflicts(mesh)), ("", None))
    clusters = {failure.account.upstream_cluster or "" for failure in hop.failures}
    names = [name for name in map(cluster_name, sorted(clusters)) if name]
    subset = names[0].subset if names else ""
    conflict = mtls_conflict(mesh, hop.host, hop.port, subset)
    return service_name(hop), conflict or _hidden(mesh, hop.host)


def _hidden(mesh: Mesh, host: str) -> Conflict | None:
    """Mutual TLS that a wider rule demands for a server without a sidecar; None without one.

    A rule in the caller's own namespace hides a more specific one that lies in another.
    """
    rules = destination_rules_for(mesh, host)
    if len(rules) < 2 or has_sidecar(mesh, host) is not False:
        return None
    path = ("spec", "trafficPolicy", "tls", "mode")
    for rule in rules[1:]:
        mode = word_of(rule.get(*path)).upper()
        if mode == "ISTIO_MUTUAL" and rule.namespace != rules[0].namespace:
            by, source = rule.full_name, rule.where(*path)
            return Conflict(
                client=Setting(value=mode, source=source, default=False, by=by), server=None
            )
    return None


def switched_off(mesh: Mesh, host: str, port: int | None, moment: float | None) -> Manifest | None:
    """The DestinationRule that switches mTLS off by having no `tls` block; None where none does.

    So it was before auto mTLS came with Istio 1.5. ``moment``, seconds since 1970, tells the age
    of the evidence where no image tag tells the version.
    """
    version = istio_version(mesh)
    old = version.value < (1, 5) if version else moment is not None and moment < _AUTO_MTLS_SINCE
    rules = destination_rules_for(mesh, host) if old else ()
    if not rules or rules[0].partial or not client_tls(mesh, host, port).default:
        return None
    return rules[0]


def mutual_somewhere(mesh: Mesh) -> tuple[Manifest, ...]:
    """DestinationRules seen only in part that set ISTIO_MUTUAL for a host that is not told."""
    return tuple(
        rule
        for rule in mesh.manifests("DestinationRule")
        if not rule.get("spec", "host")
        and word_of(rule.get("spec", "trafficPolicy", "tls", "mode")).upper() == "ISTIO_MUTUAL"
    )


def cut_without_http(hop: Hop) -> tuple[Failure, ...]:
    """Failures of which a client says that its connection was cut before any HTTP came back.

    A client with a sidecar never sees that: its own proxy answers in HTTP.
    """
    return tuple(
        failure
        for failure in hop.failures
        if failure.role is Role.CLIENT
        and failure.teller.code is None
        and (failure.teller.body or "").startswith(_CUT)
    )


def refusals_counted(mesh: Mesh, host: str) -> tuple[Counter, ...]:
    """What the server's proxy counts of callers without mutual TLS, the plainest count first.

    Callers without a client certificate, and connections that no filter chain takes; TLS errors of
    other kinds are counted elsewhere (`ssl.fail_verify_error`, `ssl.connection_error`).
    """
    beside = server_proxies(mesh, host)
    return tuple(
        counter
        for name in ("ssl.fail_verify_no_cert", "no_filter_chain_match")
        for counter in counters(mesh, name)
        if counter.value > 0 and counter.teller in beside
    )


def went_well_before(mesh: Mesh, host: str, moment: float | None) -> Source | None:
    """Place of a request to ``host`` that went well before ``moment``, seconds since 1970."""
    for told in mesh.facts(Request) if moment is not None else ():
        good = told.code is not None and told.code < 400 and told.time is not None
        earlier = good and (told.time or 0.0) < (moment or 0.0)
        if earlier and same_host(destination_of(told)[0], host):
            return told.source
    return None
