"""Names and addresses that Istio gives a meaning: clusters, catch-all routes, ports, addresses."""

from ipaddress import ip_address, ip_network

from why503.mesh.address import ClusterName, cluster_name, server_name, split_host
from why503.mesh.glossary_entry import (
    CALLER_PROXY,
    CLUSTERS,
    ENDPOINTS,
    ISTIO,
    LISTENERS,
    LISTENING,
    ROUTES,
    SERVER_PROXY,
    Entry,
    Kind,
    signs,
)
from why503.support.text import _

_REGISTRY = _("ServiceEntries and Sidecar resources that the caller's namespace can see")

_NAMES: tuple[tuple[Kind, str, str, tuple[str, ...]], ...] = (
    (
        Kind.CLUSTER,
        "PassthroughCluster",
        _(
            "The destination is unknown to the mesh and the policy is ALLOW_ANY: the proxy passes "
            "the connection on to the address that the caller dialled, without mesh TLS, retries "
            "or routes."
        ),
        (_REGISTRY, ROUTES),
    ),
    (
        Kind.CLUSTER,
        "BlackHoleCluster",
        _(
            "The destination is unknown to the mesh and the policy is REGISTRY_ONLY: the proxy "
            "closes the connection."
        ),
        (_REGISTRY,),
    ),
    (
        Kind.CLUSTER,
        "InboundPassthroughCluster",
        _(
            "On the server's side: the port is in no Service, so the sidecar passes the connection "
            "on to the application as it is."
        ),
        (LISTENERS, LISTENING),
    ),
    (
        Kind.CLUSTER,
        "InboundPassthroughClusterIpv4",
        _("InboundPassthroughCluster of older releases, for IPv4: the port is in no Service."),
        (LISTENERS, LISTENING),
    ),
    (
        Kind.CLUSTER,
        "InboundPassthroughClusterIpv6",
        _("InboundPassthroughCluster of older releases, for IPv6: the port is in no Service."),
        (LISTENERS, LISTENING),
    ),
    (
        Kind.ROUTE,
        "block_all",
        _(
            "Catch-all virtual host of REGISTRY_ONLY: no other host matched, and the proxy answers "
            "502 by itself."
        ),
        (_REGISTRY, ROUTES),
    ),
    (
        Kind.ROUTE,
        "allow_any",
        _(
            "Catch-all virtual host of ALLOW_ANY: no other host matched, and the request goes to "
            "the PassthroughCluster."
        ),
        (_REGISTRY, ROUTES),
    ),
)
NAMES: dict[str, Entry] = {
    word.casefold(): Entry(
        kind=kind,
        token=word,
        title=_("a name that Istio gives"),
        meaning=meaning,
        writer=ISTIO,
        look_at=look_at,
        signs=signs(word),
    )
    for kind, word, meaning, look_at in _NAMES
}
"""In lower case."""

PORTS: dict[int, str] = {
    15000: _(
        "Admin page of the proxy, on localhost inside the pod: `pilot-agent request GET stats`."
    ),
    15001: _(
        "Outbound listener of the sidecar: all that the application dials is redirected here."
    ),
    15006: _("Inbound listener of the sidecar: all that comes to the pod is redirected here."),
    15008: _("HBONE tunnel (mutual TLS, HTTP/2 CONNECT) between ztunnels, waypoints and sidecars."),
    15010: _("Plain-text xDS of istiod."),
    15012: _("xDS of istiod over mutual TLS, and the signing of certificates."),
    15014: _("Metrics and debug pages of istiod."),
    15017: _("Webhooks of istiod: injection and validation."),
    15020: _("Agent of the sidecar: merged metrics and its own health."),
    15021: _(
        "Readiness of the sidecar or gateway: `/healthz/ready`. Load balancers probe it as well."
    ),
    15053: _("DNS proxy of the sidecar's agent."),
    15090: _("Prometheus metrics of Envoy: `/stats/prometheus`."),
}

ADDRESSES: dict[str, str] = {
    "127.0.0.6": _("Source address of the sidecar's connections to its own application (inbound)."),
    "::6": _("Source address of the sidecar's connections to its own application (inbound, IPv6)."),
    "127.0.0.1": _(
        "The pod itself. As upstream host it is the application behind its own sidecar (older "
        "Istio, or a Sidecar with `defaultEndpoint`)."
    ),
    "169.254.169.254": _("Metadata service of a cloud provider."),
}
_PLACEHOLDERS = (ip_network("240.240.0.0/16"), ip_network("2001:2::/48"))
_PLACEHOLDER = _(
    "Placeholder that Istio's DNS proxy gives a ServiceEntry host without an address. It means "
    "something inside the mesh only; dialled from anywhere else, or kept after the entry "
    "changed, it leads nowhere."
)


def _of_cluster(text: str, name: ClusterName) -> Entry:
    inbound = name.direction == "inbound"
    if inbound:
        meaning = _("The server's own sidecar towards its application on port {port}.")
    elif name.subset:
        meaning = _(
            "Pods of {host}, port {port}, that subset {subset} of a DestinationRule selects."
        )
    else:
        meaning = _("All endpoints of {host}, Service port {port}.")
    return Entry(
        kind=Kind.CLUSTER,
        token=text,
        title=_("inbound cluster") if inbound else _("outbound cluster"),
        meaning=meaning.format(host=name.host or "-", port=name.port or "-", subset=name.subset),
        writer=SERVER_PROXY if inbound else CALLER_PROXY,
        look_at=(LISTENING,) if inbound else (ENDPOINTS, CLUSTERS),
    )


def _of_server_name(text: str, name: ClusterName) -> Entry:
    meaning = _("Server name of mesh mutual TLS: the caller's proxy wants {host}, port {port}.")
    return Entry(
        kind=Kind.SERVER_NAME,
        token=text,
        title=_("destination of a mesh proxy"),
        meaning=meaning.format(host=name.host, port=name.port),
        writer=CALLER_PROXY,
        look_at=(ENDPOINTS,),
    )


def _of_port(port: int, text: str) -> Entry | None:
    if port not in PORTS:
        return None
    return Entry(
        kind=Kind.PORT,
        token=text,
        title=_("port {port} of Istio").format(port=port),
        meaning=PORTS[port],
        writer=ISTIO,
        signs=signs(str(port)),
    )


def _of_address(host: str, text: str) -> Entry | None:
    meaning = ADDRESSES.get(host, "")
    if not meaning:
        try:
            address = ip_address(host)
        except ValueError:
            return None
        if not any(address.version == net.version and address in net for net in _PLACEHOLDERS):
            return None
        meaning = _PLACEHOLDER
    return Entry(
        kind=Kind.ADDRESS,
        token=text,
        title=_("an address with a meaning"),
        meaning=meaning,
        writer=ISTIO,
        signs=signs(host),
    )


def place_entries(text: str) -> tuple[Entry, ...]:
    """Entries of a cluster, mesh server or route name, an address or a port; else none."""
    word = text.strip()
    if (known := NAMES.get(word.casefold())) is not None:
        return (known,)
    if (cluster := cluster_name(word)) is not None:
        return (_of_cluster(word, cluster),)
    if (wanted := server_name(word)) is not None:
        return (_of_server_name(word, wanted),)
    if word.isascii() and word.isdigit() and len(word) == 5:
        found = _of_port(int(word), word)
        return (found,) if found else ()
    host, port = split_host(word)
    entries = (_of_address(host, word), _of_port(port, word) if port else None)
    return tuple(entry for entry in entries if entry is not None)
