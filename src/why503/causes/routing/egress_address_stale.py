"""Egress address stale: the proxy dials an address that the name does not, or never did, stand for.

## What happens
For a name outside the mesh somebody has to resolve an address: the proxy itself (ServiceEntry with
`resolution: DNS`, an Envoy cluster of type STRICT_DNS), or the application, whose address the
proxy then takes over (no ServiceEntry: PassthroughCluster; `resolution: NONE`: ORIGINAL_DST). If
the record moves, the resolver's copy is old: the application cached it (a JVM, a client that keeps
its connection to the sidecar open), or the proxy refreshes late. The old address does not answer
(`503 UF`) or refuses. Relatives: the proxy resolved an address of the wrong family (IPv4 in a
network with IPv6 only); it dials a placeholder of Istio's DNS proxy (240.240.x.x); a gateway
forwards to a ServiceEntry without resolution, where no original destination exists (`503 UH`,
`original_dst_load_balancer: No downstream connection or no original_dst`); the name does not
resolve and the cluster stays empty (`503 UH`).

## How to tell
* `UPSTREAM_HOST` against `dig` of the same name, asked from inside the cluster.
* A name with several addresses that rotate proves nothing by one answer: ask more than once.
* With PassthroughCluster the upstream host is what the application dialled: restart the
  application and see. With STRICT_DNS the proxy's `/clusters` shows the address it has.
* `dns resolution for NAME completed with status 1` in the proxy's debug log: the name is lost.
* The right address that does not answer is `egress-blocked`.

## What to do
Give the name a ServiceEntry with `resolution: DNS`, so that the proxy resolves and refreshes it;
behind gateways `NONE` never works. Shorten the application's DNS cache. `meshConfig.dnsRefreshRate`
(5 s until 1.13, 60 s since 1.14) matters after failures; otherwise the record's TTL holds. For IPv6
use a version that resolves both families (Istio 1.17 and later), or give the endpoint's address.

## References
* Istio ServiceEntry API, `resolution`: NONE (default), STATIC, DNS, DNS_ROUND_ROBIN.
* Envoy service discovery: original destination, strict DNS; `original_dst_cluster.cc`.
* Istio DNS proxying: automatic addresses from 240.240.0.0/16 and 2001:2::/48.
"""

from collections.abc import Iterator, Sequence

from why503.diagnosis import question
from why503.diagnosis.alert_later import OUTSIDE_HOSTS, Limits, flagged
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.diagnosis.egress_edit import resolved_by_name
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.proposal import service_entry
from why503.diagnosis.scenario import Knob, Scenario, Topology, View
from why503.diagnosis.scenario_part import silent_server
from why503.facts import DnsAnswer, Manifest, ProxyEvent, ProxyEventKind
from why503.mesh.address import PASSTHROUGH, cluster_name, is_address, is_service_name, split_host
from why503.mesh.connecting import (
    dialled,
    families,
    is_placeholder,
    not_connected,
    unanswered,
    without_family,
)
from why503.mesh.destination import destinations_of
from why503.mesh.ending import BARE_RESET, Ending
from why503.mesh.endpoint import proxy_endpoints
from why503.mesh.failure import Failure
from why503.mesh.held import held_clusters
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import restart_caller, service_name
from why503.mesh.timing import recovered, successes
from why503.mesh.workload import service_entries_of
from why503.support.text import _

ID = "egress-address-stale"
TITLE = _("The proxy dials an address that the name does not have (any more)")
READS = frozenset(
    {"BackendTrafficPolicy", "DaemonSet", "Deployment", "DestinationRule", "DnsAnswer"}
    | {"GRPCRoute", "HTTPRoute", "IstioOperator", "LoadedCluster", "LoadedEndpoint"}
    | {"MeshConfig", "Pod", "ProxyCluster", "ProxyEndpoint", "ProxyEvent", "ReplicaSet"}
    | {"Service", "ServiceEntry", "StatefulSet", "fragment"}
)
SIGNS = frozenset(
    {
        "UF",
        "UH",
        "PassthroughCluster",
        "no_healthy_upstream",
        "No downstream connection or no original_dst",
    }
)
AT = At.LEG
ALERT = flagged("UF", among={OUTSIDE_HOSTS: "api.partner.example"}, limits=Limits(most=0.95))
SCENARIO = Scenario(
    summary="A ServiceEntry holds an address that an outside name no longer has.",
    hop=Place.PROXY_TO_EXTERNAL,
    topology=Topology.EXTERNAL,
    **silent_server(Knob(name="limit", low=0.3, high=0.6, seconds=True)),
    commands={
        "nslookup.txt": """
        $ nslookup {host}
        Server:    10.96.0.10
        Address:   10.96.0.10#53

        Name:      {host}
        Address:   203.0.113.201
        """
    },
    modest={
        View.CALLER: "It shows an address that does not answer, not the one that the name has.",
        View.PROXIES: "They show an address that does not answer, not the one that the name has.",
    },
    also=frozenset({"connect-timeout", "egress-blocked"}),
)

OUTSIDE = Clue(
    Weight.HINTS,
    _("{count:connection attempt|connection attempts} to {host}, outside the mesh, failed."),
)
DNS_DIFFERS = Clue(
    Weight.PROVES,
    _("{host} resolves to {found}; the proxy dials {address}, and no connection is made."),
)
DNS_DIFFERS_SOMEWHAT = Clue(
    Weight.SPEAKS_FOR, _("{host} resolves to {found}; the proxy dials others: {address}.")
)
DNS_AGREES = Clue(
    Weight.SPEAKS_AGAINST, _("The dialled address {address} is the one that {host} has (DNS).")
)
APP_RESOLVED = Clue(
    Weight.HINTS,
    _("The dialled address is the one that the application itself had resolved ({cluster})."),
)
DIED_LATER = Clue(
    Weight.HINTS, _("The same address served {host} before; from then on nobody answered there.")
)
WRONG_FAMILY = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The proxy dials {address} (IPv{dialled}), while both ends "
        "of the caller's connection are IPv{own}."
    ),
)
AT_ONCE = Clue(
    Weight.HINTS,
    _(
        "The connection to {address} (IPv6) failed within {time} ms, as where the machine has no "
        "way out for IPv6."
    ),
)
NO_IPV6 = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The proxy could not begin to connect to {address} ({error}): the name gave it an IPv6 "
        "address, and its machine has no IPv6."
    ),
)
BY_DNS = Clue(
    Weight.HINTS,
    _(
        "The proxy resolves {cluster} by DNS, and takes an IPv6 address before an IPv4 one where "
        "dns_lookup_family does not say otherwise."
    ),
)
PLACEHOLDER = Clue(
    Weight.PROVES, _("{address} is a placeholder of Istio's DNS proxy; nobody has that address.")
)
NO_ORIGINAL = Clue(
    Weight.SPEAKS_FOR, _("The proxy says that it has no original destination to dial: {what}")
)
NONE_AT_GATEWAY = Clue(
    Weight.SPEAKS_FOR,
    _("{entry} has resolution NONE: it has an address only where a client dialled one."),
)
EMPTY = Clue(
    Weight.SPEAKS_FOR,
    _("The cluster of {host}, resolved by DNS, has no address: the name did not resolve."),
)
NAME_LOST = Clue(Weight.SPEAKS_FOR, _("The proxy's log says that it could not resolve {host}."))
UNRESOLVED = Clue(
    Weight.SPEAKS_FOR, _("{count:request|requests} failed because the name could not be resolved.")
)
EJECTED = Clue(
    Weight.SPEAKS_AGAINST, _("The cluster has addresses; they are out of load balancing.")
)

_IPV6 = 6
_AT_ONCE = 5.0
"""Milliseconds: no packet comes back from outside so quickly."""
_SHORTER_CACHE = _(
    "Shorten the application's DNS cache (JVM: networkaddress.cache.ttl) and let it reopen "
    "connections"
)
_LONGER_TTL = _(
    "Lower the record's TTL before it moves, and keep the old address serving for that long"
)
_DNS = ("DNS", "DNS_ROUND_ROBIN")


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The dialled address against the name's; or a cluster that has no address at all."""
    if unresolved := hop.having(Ending.DNS_FAILURE):
        yield UNRESOLVED.hit(*hop.sources(unresolved), count=len(unresolved))
    if hop.having(Ending.NO_HEALTHY_UPSTREAM):
        yield from _without_address(hop, mesh)
    failures = not_connected(hop)
    yield from _first_address(hop, mesh)
    if not failures:
        return
    placeholders = [address for address in dialled(failures) if is_placeholder(address)]
    if placeholders:
        yield PLACEHOLDER.hit(*hop.sources(failures), address=placeholders[0])
    if hop.leg is Place.PROXY_TO_EXTERNAL:
        yield OUTSIDE.hit(*hop.sources(failures), count=len(failures), host=service_name(hop))
        yield from _by_dns(hop, mesh, failures)
        yield from _by_family(hop, failures)
        yield from _who_resolved(hop, mesh, failures)


def _first_address(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """An IPv6 address that the name gave first, where the machine may have no IPv6."""
    if any(failure.outcome.detail == BARE_RESET for failure in hop.failures):
        named = [c for c in held_clusters(mesh) if c.type.upper().endswith("_DNS")]
        for cluster in named[:1]:
            yield BY_DNS.hit(cluster.source, cluster=cluster.host)
    if not_connected(hop) or not hop.count:
        for address, event in without_family(mesh)[:1]:
            error = event.text.partition(" ")[2]
            yield NO_IPV6.hit(event.source, address=address, error=error, observation="family")


def _by_dns(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    answers = [a for a in mesh.facts(DnsAnswer) if a.name.lower() == hop.host.lower()]
    addresses = dialled(failures)
    found = {answer.address for answer in answers}
    if not answers or not addresses:
        return
    if found & set(addresses):
        yield DNS_AGREES.hit(answers[0].source, address=addresses[0], host=hop.host)
        return
    sure = len(addresses) == 1 and recovered(hop, mesh) is not True
    yield (DNS_DIFFERS if sure else DNS_DIFFERS_SOMEWHAT).hit(
        answers[0].source,
        *hop.sources(failures, most=2),
        host=hop.host,
        found=", ".join(sorted(found)),
        address=", ".join(addresses[:3]),
    )


def _by_family(hop: Hop, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    for failure, address, theirs, own in families(failures):
        sources = hop.sources((failure,))
        if own is not None and own != theirs:
            yield WRONG_FAMILY.hit(*sources, address=address, dialled=theirs, own=own)
            return
        took = failure.account.duration
        if (theirs, own) == (_IPV6, None) and took is not None and took <= _AT_ONCE:
            yield AT_ONCE.hit(*sources, address=address, time=f"{took:g}")
            return


def _who_resolved(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    """Whether the application gave the address, and whether it was good before."""
    teller = failures[0].account
    local = split_host(teller.downstream_local)
    same = local[0] and local == split_host(teller.upstream_host)
    if same and not is_address(hop.host) and _dials_as_told(hop, mesh):
        yield APP_RESOLVED.hit(
            *hop.sources(failures, most=1), cluster=teller.upstream_cluster or PASSTHROUGH
        )
    hosts = {failure.teller.upstream_host for failure in failures}
    served = [g for g in successes(hop, mesh) if g.upstream_host in hosts]
    if served and recovered(hop, mesh) is False and unanswered(hop, mesh):
        yield DIED_LATER.hit(*served[-1].exemplars[:1], host=service_name(hop))


def _dials_as_told(hop: Hop, mesh: Mesh) -> bool:
    """Whether the cluster has no resolver of its own and dials what the application dialled."""
    name = hop.failures[0].account.upstream_cluster or ""
    if cluster_name(name) is None:
        return True
    entries = service_entries_of(mesh, hop.host)
    return any(_resolution(entry) == "NONE" for entry in entries)


def _without_address(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UH: a DNS cluster whose name does not resolve, or no original destination to dial."""
    events = mesh.events(ProxyEvent, ProxyEventKind.ORIGINAL_DST_MISSING)
    if events:
        yield NO_ORIGINAL.hit(events[0].source, what=events[0].text)
    own = service_entries_of(mesh, hop.host)
    for entry in own or (mesh.manifests("ServiceEntry") if events else ()):
        if _resolution(entry) == "NONE" and not entry.partial:
            yield NONE_AT_GATEWAY.hit(entry.where("spec", "resolution"), entry=entry.full_name)
            break
    if is_service_name(hop.host) or not hop.host:
        return
    lost = mesh.events(ProxyEvent, ProxyEventKind.DNS_FAILED)
    for event in [event for event in lost if event.text.rstrip(".") == hop.host][:1]:
        yield NAME_LOST.hit(event.source, host=hop.host)
    known = proxy_endpoints(mesh, hop.host, hop.port)
    if known:
        yield EJECTED.hit(known[0].source)
    elif any(_resolution(entry) in _DNS for entry in own) or _dns_cluster(hop, mesh, lost):
        yield EMPTY.hit(*hop.sources(), host=hop.host)


def _resolution(entry: Manifest) -> str:
    return str(entry.get("spec", "resolution", default="NONE")).upper()


def _dns_cluster(hop: Hop, mesh: Mesh, lost: Sequence[ProxyEvent]) -> bool:
    if any(event.text.rstrip(".") == hop.host for event in lost):
        return True
    return any(
        cluster.host == hop.host and cluster.type.upper().endswith("_DNS")
        for cluster in held_clusters(mesh)
    )


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """What the name resolves to, what the proxy has, and who resolves it."""
    if not any(answer.name.lower() == hop.host.lower() for answer in mesh.facts(DnsAnswer)):
        yield from question.given(question.name_resolved(hop, mesh, ID, "egress-blocked"))
    if not service_entries_of(mesh, hop.host):
        yield Missing(
            what=_("the ServiceEntry of the name, if there is one"),
            command="kubectl get serviceentries -A -o yaml",
            decides=(ID, "no-healthy-endpoints", "tls-origination-mismatch"),
        )


NO_RESOLUTION = Rule(
    "resolution-none-at-gateway",
    Severity.ERROR,
    _("{route} sends requests at a gateway to {entry}, which has resolution NONE: 503 UH."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """ServiceEntries without resolution whose host a VirtualService at a gateway leads to."""
    for entry in mesh.manifests("ServiceEntry"):
        if entry.partial or _resolution(entry) != "NONE":
            continue
        hosts = {str(host) for _index, host in entry.items("spec", "hosts")}
        for route in mesh.manifests("VirtualService"):
            led_to = {destination.host for destination in destinations_of(route)}
            if hosts & led_to and _at_gateway(route):
                yield NO_RESOLUTION.at(
                    entry.where("spec", "resolution"), entry=entry.full_name, route=route.full_name
                )


def _at_gateway(route: Manifest) -> bool:
    return any(str(name) != "mesh" for _index, name in route.items("spec", "gateways"))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Restart who holds the old address; let the proxy resolve the name; keep caches short."""
    host = service_name(hop)
    own = [
        one for one in service_entries_of(mesh, hop.host) if one.get("spec", "resolution") == "DNS"
    ]
    app = any((f.teller.upstream_cluster or "") == PASSTHROUGH for f in hop.failures)
    yield Remedy(
        title=_("Restart the calling pods, so that the name is resolved anew"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.SAFE,
        commands=(restart_caller(hop, mesh),),
        verify=_("`UPSTREAM_HOST` of new requests is an address that `dig` shows."),
    )
    yield Remedy(
        title=_("Let the proxy resolve {host}: a ServiceEntry with resolution DNS").format(
            host=host
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=() if own else resolved_by_name(mesh, hop.host) or (service_entry(hop, mesh, host),),
        risks=(
            _("Where a ServiceEntry exists, change its resolution instead of adding one."),
            _(
                "Adapt port and protocol: HTTPS traffic that the application "
                "encrypts is protocol TLS."
            ),
        ),
        verify=_(
            "The access log names `outbound|port||{host}` in place of PassthroughCluster."
        ).format(host=host),
        undo="kubectl -n <client-namespace> delete serviceentry <name>",
    )
    yield Remedy(
        title=_SHORTER_CACHE if app else _LONGER_TTL,
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
