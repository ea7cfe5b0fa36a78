"""What a cluster's name leads to: service, subset, policies, endpoints."""

from dataclasses import replace

from why503.facts import Manifest
from why503.mesh.address import BLACK_HOLE, INBOUND_PASSTHROUGH, PASSTHROUGH, cluster_name
from why503.mesh.setting import Setting, word_of
from why503.mesh.traced.backend import Backends, backends_of, with_labels
from why503.mesh.traced.config import Made
from why503.mesh.traced.destination_rule import (
    Subset,
    applied_blocks,
    block_for,
    rules_for,
    subset_named,
    tls_mode,
)
from why503.mesh.traced.failover import failover_of, ranked, told
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import Port, Resolution, Service
from why503.mesh.traced.scope import scope_of
from why503.mesh.traced.step import Applied
from why503.mesh.traced.visibility import exports_of
from why503.support.dataclass import dataclass
from why503.support.text import _

SPECIAL = frozenset({PASSTHROUGH, BLACK_HOLE, *INBOUND_PASSTHROUGH})
_H2 = frozenset({"http2", "grpc", "grpc-web"})


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """A cluster of one proxy."""

    name: str
    made: Made
    text: str
    """A sentence: what it is, or why there is none."""
    exists: bool = True
    sure: bool = True
    """False where the evidence may lack what would make it."""
    applied: tuple[Applied, ...] = ()
    backends: Backends | None = None
    """None where requests go where they were meant for."""
    tls: Setting[str] | None = None
    """DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL, ``""`` for auto mTLS; None: as it comes."""
    sni: str = ""
    """Server name that a rule asks for in the proxy's own TLS; ``""``: the usual one."""
    speaks_h2: bool = False
    """HTTP/2 whatever the caller speaks."""
    external: bool = False
    by_address: bool = False
    """The endpoint is the one whose address was called (a headless service)."""


def upstream_of(push: Push, proxy: Proxy, name: str) -> Upstream:
    """The cluster as istiod would make it of YAML."""
    if name in SPECIAL:
        return Upstream(name=name, made=Made(_("Istio's default")), text=_("A cluster of Istio's."))
    parts = cluster_name(name)
    if parts is None or parts.port is None:
        text = _("No service of this name can be meant.")
        return Upstream(name=name, made=Made(""), text=text, exists=False)
    service, why = _service(push, proxy, parts.host)
    if service is None:
        sure = not any(True for _one in push.services) or why != ""
        text = why or _("No Service or ServiceEntry for {host} is in what was given.")
        text = text.format(host=parts.host)
        return Upstream(name=name, made=Made(""), text=text, exists=False, sure=bool(why) or sure)
    port = service.port(parts.port)
    made = Made(service.manifest.full_name, service.manifest.source)
    if port is None:
        text = _("{object} has no port {port}.")
        text = text.format(object=made.by, port=parts.port)
        return Upstream(name=name, made=made, text=text, exists=False)
    rules = rules_for(push, proxy, service.host, service.namespace)
    subset = subset_named(rules, parts.subset) if parts.subset else None
    if parts.subset and subset is None:
        return _no_subset(push, name, parts.subset, made, (service, rules != ()))
    found = _found(push, name, service, port, Chosen(rules=rules, subset=subset))
    failover = failover_of(push, rules, subset, port.number)
    if failover is not None and found.backends is not None:
        backends = ranked(found.backends, failover, proxy.labels)
        applied = (*found.applied, *told(backends, failover))
        found = replace(found, backends=backends, applied=applied)
    exports = exports_of(push, proxy, service.host, service.manifest)
    return replace(found, applied=(*found.applied, *exports))


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The DestinationRules that decide, and the subset that is asked for."""

    rules: tuple[Manifest, ...]
    subset: Subset | None


def _service(push: Push, proxy: Proxy, host: str) -> tuple[Service | None, str]:
    """The service, or a sentence why a proxy does not know it."""
    service = push.service(host, proxy.namespace)
    if service is None:
        hidden = next((one for one in push.services if one.host == host), None)
        if hidden is None:
            return None, ""
        text = _("{object} is not exported to namespace {namespace}.")
        return None, text.format(object=hidden.manifest.full_name, namespace=proxy.namespace)
    scope = scope_of(push, proxy)
    wanted = {one.host for one in scope.services}
    wanted |= {
        target.host
        for one in scope.egress
        for routing in one.routings
        for rule in (*routing.http, *routing.tls, *routing.tcp)
        for target in (*rule.targets, *(copy.target for copy in rule.mirrors))
    }
    if scope.sidecar is not None and host not in wanted:
        text = _("{sidecar} does not let the caller know of {host}.")
        return None, text.format(sidecar=scope.sidecar.full_name, host=host)
    return service, ""


def _no_subset(
    push: Push, name: str, subset: str, made: Made, known: tuple[Service, bool]
) -> Upstream:
    service, ruled = known
    text = _("No DestinationRule that holds for {host} defines the subset {subset}.")
    text = text.format(host=service.host, subset=subset)
    given = bool(push.whole("DestinationRule"))
    return Upstream(name=name, made=made, text=text, exists=False, sure=ruled or given)


def _found(push: Push, name: str, service: Service, port: Port, chosen: Chosen) -> Upstream:
    rules, subset = chosen.rules, chosen.subset
    backends: Backends | None = None
    mode = tls_mode(push, rules, subset, port.number)
    if service.headless:
        backends = replace(backends_of(push, service, port), known=False)
        if not mode.value and not _all_have_proxies(backends):
            mode = replace(mode, value="DISABLE")
    elif service.resolution is not Resolution.NONE:
        backends = backends_of(push, service, port)
        if subset is not None:
            backends = with_labels(backends, subset.labels)
    block = block_for(rules, subset, port.number, "connectionPool")
    tls = block_for(rules, subset, port.number, "tls")
    upgrade = word_of(block.get("http", "h2UpgradePolicy")) if block is not None else ""
    applied = list(applied_blocks(rules, subset, port.number))
    if subset is not None:
        labels = ", ".join(f"{key}={value}" for key, value in subset.labels.items())
        says = _("subset {name}: {labels}").format(
            name=word_of(subset.manifest.get(*subset.path, "name")), labels=labels or "-"
        )
        applied.insert(
            0, Applied(object=subset.manifest.full_name, says=says, source=subset.source)
        )
    return Upstream(
        name=name,
        made=Made(service.manifest.full_name, port.source),
        text=_told(service, port),
        applied=tuple(applied),
        backends=backends,
        tls=mode,
        sni=word_of(tls.get("sni")) if tls is not None else "",
        speaks_h2=port.protocol in _H2 or upgrade == "UPGRADE",
        external=service.external,
        by_address=service.headless,
    )


def _told(service: Service, port: Port) -> str:
    """What the cluster is, and for a ServiceEntry how its endpoints are found."""
    text = _("The endpoints of port {port} of {host} ({protocol}).")
    told = text.format(port=port.number, host=service.host, protocol=port.protocol or _("sniffed"))
    if service.kubernetes:
        return told
    words = {
        Resolution.NONE: _("They are the addresses that are called (resolution {resolution})."),
        Resolution.ENDPOINTS: _("They are those that are listed (resolution {resolution})."),
        Resolution.DNS: _("The proxy asks DNS for them (resolution {resolution})."),
        Resolution.DYNAMIC: _(
            "The proxy asks DNS for the host of each request (resolution {resolution})."
        ),
    }
    written = word_of(service.manifest.get("spec", "resolution")).upper() or "NONE"
    how = words.get(service.resolution, "").format(resolution=written)
    return f"{told} {how}".rstrip()


def _all_have_proxies(backends: Backends) -> bool:
    """Towards a headless service, auto mTLS is for all endpoints or for none."""
    return all(one.proxy is not None and one.proxy.has_proxy is not False for one in backends.found)
