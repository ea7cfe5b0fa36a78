"""Egress scope: the destination exists, but the calling proxy may not know it and blocks it.

## What happens
With `outboundTrafficPolicy: REGISTRY_ONLY` a proxy sends only to hosts that it knows: Services
and ServiceEntries that its Sidecar resource (`egress.hosts`) and their `exportTo` let it see. For
HTTP on a port that it listens on, every other host falls into the virtual host `block_all`, which
answers `502` directly, with an empty body (404 in releases without that virtual host). Anything
else ends in `BlackHoleCluster`: a TCP connection that is closed at once, `0 UH`, curl says "empty
reply" or "connection reset".

## How to tell
* `502 - direct_response` with the route name `block_all`, or cluster `BlackHoleCluster`.
* A client sees 502 with `server: envoy`, `content-length: 0` and no
  `x-envoy-upstream-service-time`: the proxy's own answer, no gateway behind it is bad.
* `istioctl proxy-config clusters POD` lacks the host; other workloads may well have it.
* `kubectl get sidecar -A` (a namespace's default Sidecar and the root namespace's count too),
  `exportTo` of Service (`networking.istio.io/exportTo`), ServiceEntry, VirtualService.

## What to do
Add the host to the Sidecar's `egress.hosts` (`namespace/host`), or a ServiceEntry for a host
outside the mesh, with the port that is called. ALLOW_ANY lets everything through, wanted or not.

## References
* Istio MeshConfig and Sidecar API, `outboundTrafficPolicy`; the virtual host `block_all`.
* istio/istio 12760: 502 for unknown hosts under REGISTRY_ONLY.
"""

from collections.abc import Iterator
from http import HTTPStatus

from why503.diagnosis import question
from why503.diagnosis.alert_later import TO_NOWHERE, Limits, sent_to
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hit,
    Missing,
    Patch,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.diagnosis.egress_edit import host_let_in
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.proposal import service_entry
from why503.diagnosis.scenario import Call, Cure, Load, Scenario
from why503.mesh.address import BLACK_HOLE, is_address, server_name, split_host
from why503.mesh.armed.overlap import rival_sidecars
from why503.mesh.armed.reference import (
    exports_to_nowhere,
    hosts_out_of_reach,
    malformed_egress_hosts,
    selectors_without_pods,
)
from why503.mesh.egress import exported_elsewhere, registry_only, scope_without, unnamed_dials
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name
from why503.mesh.setting import word_of
from why503.mesh.workload import service_entries_of
from why503.support.text import _

ID = "sidecar-egress-scope"
TITLE = _("The calling proxy may not know the destination, and blocks what it does not know")
READS = frozenset(
    {
        "DaemonSet",
        "Deployment",
        "IstioOperator",
        "MeshConfig",
        "Pod",
        "ReplicaSet",
        "Service",
        "ServiceEntry",
        "Sidecar",
        "StatefulSet",
        "fragment",
    }
)
SIGNS = frozenset({"UH", "BlackHoleCluster", "block_all", "direct_response"})
AT = At.PROXY
ALERT = sent_to({TO_NOWHERE: "BlackHoleCluster"}, limits=Limits(share=0))
SCENARIO = Scenario(
    summary="With REGISTRY_ONLY a caller asks a host that its proxy was not told of.",
    hop=Place.DOWNSTREAM_PROXY,
    load=Load(calls=(Call(), Call(host="reports.archive.svc.cluster.local:{port}"))),
    caller={
        "virtual_hosts": [
            {
                "name": "block_all",
                "domains": ["reports.archive.svc.cluster.local"],
                "routes": [
                    {
                        "name": "block_all",
                        "match": {"prefix": "/"},
                        "direct_response": {"status": 502},
                    }
                ],
            }
        ]
    },
    objects=(
        """
        apiVersion: networking.istio.io/v1
        kind: Sidecar
        metadata:
          name: {caller}
          namespace: {namespace}
        spec:
          egress:
          - hosts: ["./*"]
          outboundTrafficPolicy:
            mode: REGISTRY_ONLY
        """,
    ),
    cure=Cure(
        caller={
            "virtual_hosts": None,
            "virtual_host": {"domains": ["{host}", "reports.archive.svc.cluster.local"]},
        }
    ),
)

BLOCKED = Clue(
    Weight.PROVES,
    _(
        "{count:request|requests} met the route `block_all`: the proxy knows no "
        "such host on this port and blocks it."
    ),
)
BLACK_HOLED = Clue(
    Weight.PROVES,
    _(
        "{count:connection|connections} went to BlackHoleCluster: the proxy knows "
        "nobody at {address} and blocks it."
    ),
)
OWN_502 = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The 502 is Envoy's own and empty (server: {server}, no upstream time): so "
        "answers `block_all` under REGISTRY_ONLY."
    ),
)
DIRECT_502 = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:request was|requests were} answered 502 by a route itself (direct_response), as "
        "`block_all` does under REGISTRY_ONLY."
    ),
)
BY_ADDRESS = Clue(
    Weight.SPEAKS_FOR,
    _("The requests name the address {host} as their host; {entry} has it, but not as a host."),
)
UNNAMED = Clue(
    Weight.SPEAKS_FOR,
    _("{count:connection|connections} to {address} found no cluster at all: nobody known has it."),
)
REGISTRY_ONLY = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{by} sets outboundTrafficPolicy REGISTRY_ONLY: hosts that are "
        "not in the registry are blocked."
    ),
)
NOT_IN_SCOPE = Clue(
    Weight.SPEAKS_FOR,
    _("{sidecar} lets proxies see {hosts} only; {host} is none of them."),
)
NOT_EXPORTED = Clue(
    Weight.SPEAKS_FOR,
    _("{object} is exported to {export} only."),
)
PASSED = Clue(
    Weight.SPEAKS_AGAINST,
    _("A ServiceEntry for {host} is there and not narrowed by anything given."),
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """`block_all`, BlackHoleCluster, an empty 502 of Envoy's own, and the scope that was set."""
    blocked = hop.having(Ending.BLOCKED)
    if blocked:
        yield from _blocked(hop, blocked)
    elif hop.role is Role.CLIENT and (own := [f for f in hop.failures if _is_own_502(f)]):
        server = own[0].teller.server or "envoy"
        yield OWN_502.hit(*hop.sources(own), server=server)
    elif direct := [f for f in hop.having(Ending.DIRECT_RESPONSE) if _is_blocking(f)]:
        yield DIRECT_502.hit(*hop.sources(direct), count=len(direct))
        yield from _by_address(direct, mesh)
    elif dials := unnamed_dials(hop):
        address = dials[0].teller.downstream_local or "-"
        yield UNNAMED.hit(*hop.sources(dials), count=len(dials), address=address)
    elif not hop.having(Ending.NO_ROUTE, Ending.NO_CLUSTER) and not _bare_502(hop):
        return
    policy = registry_only(mesh)
    if policy is not None and policy.source is not None:
        yield REGISTRY_ONLY.hit(policy.source, by=policy.by)
    yield from _scope(hop, mesh)
    if not blocked and service_entries_of(mesh, _wanted(hop)):
        yield PASSED.hit(service_entries_of(mesh, _wanted(hop))[0].source, host=_wanted(hop))


def _blocked(hop: Hop, blocked: tuple[Failure, ...]) -> Iterator[Hit]:
    holes = [f for f in blocked if f.account.upstream_cluster == BLACK_HOLE]
    if holes:
        address = holes[0].account.downstream_local or hop.host or "-"
        yield BLACK_HOLED.hit(
            *hop.sources(holes), count=len(holes), address=address, observation="blocked"
        )
    routed = [failure for failure in blocked if failure not in holes]
    if routed:
        yield BLOCKED.hit(*hop.sources(routed), count=len(routed), observation="blocked")


def _is_blocking(failure: Failure) -> bool:
    """A direct response of 502 whose route is not named: so Istio blocks unknown hosts."""
    return failure.teller.code == HTTPStatus.BAD_GATEWAY and not failure.teller.route


def _by_address(failures: list[Failure], mesh: Mesh) -> Iterator[Hit]:
    """A ServiceEntry that has the called address, for requests that carry it as their host."""
    for failure in failures:
        host = split_host(failure.account.authority)[0]
        for entry in mesh.manifests("ServiceEntry") if is_address(host) else ():
            listed = [word_of(address) for _place, address in entry.items("spec", "addresses")]
            named = [word_of(name) for _place, name in entry.items("spec", "hosts")]
            if host not in named and {host, f"{host}/32", f"{host}/128"} & set(listed):
                source = entry.where("spec", "hosts")
                yield BY_ADDRESS.hit(source, host=host, entry=entry.full_name)
                return


def _is_own_502(failure: Failure) -> bool:
    """An empty 502 that Envoy, and nobody behind it, has written."""
    told = failure.teller
    return (
        told.code == 502
        and told.bytes_sent == 0
        and not told.body
        and told.upstream_service_time is None
        and told.server in {"envoy", "istio-envoy"}
    )


def _bare_502(hop: Hop) -> bool:
    """True where a client noted nothing but the code 502 (`curl -w '%{http_code}'`)."""
    return hop.role is Role.CLIENT and any(
        failure.teller.code == 502
        and not failure.teller.body
        and failure.teller.bytes_sent is None
        and failure.teller.server is None
        for failure in hop.failures
    )


def _wanted(hop: Hop) -> str:
    """Host that the first failed request asked for."""
    if hop.failures:
        asked = split_host(hop.failures[0].account.authority)[0]
        if asked and not is_address(asked):
            return asked
        named = hop.failures[0].account.server_name or ""
        if named not in {"", "-"} and not is_address(named) and server_name(named) is None:
            return named
    return hop.host


def _scope(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Sidecar resources and exportTo that keep the host from the caller."""
    host = _wanted(hop)
    if not host or is_address(host):
        return
    scope = scope_without(mesh, host)
    if scope is not None:
        sources = [scope.source] if scope.source is not None else []
        yield NOT_IN_SCOPE.hit(
            *sources, sidecar=scope.by, hosts=", ".join(scope.value[:4]) or "-", host=host
        )
    hidden = exported_elsewhere(mesh, host)
    if hidden is not None and hidden.source is not None:
        yield NOT_EXPORTED.hit(hidden.source, object=hidden.by, export=hidden.value)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """Scope and policy of the caller, its access log, its clusters."""
    yield from question.given(
        question.istio_objects(hop, mesh, "Sidecar", "ServiceEntry", decides=(ID, "no-cluster")),
        question.caller_proxy_log(hop, mesh, ID, "upstream-returned-5xx", "no-route"),
        question.proxy_loaded(hop, mesh, "clusters", ID, "no-cluster", "xds-stale"),
    )
    if registry_only(mesh) is None:
        yield Missing(
            what=_("the mesh config: outboundTrafficPolicy"),
            command="kubectl -n istio-system get configmap istio -o jsonpath='{.data.mesh}'",
            decides=(ID, "no-route"),
        )


TWO_SIDECARS = Rule(
    "two-sidecars",
    Severity.WARNING,
    _("{sidecar} and {other} are for the same pods: which of them is in force is not defined."),
    ("IST0110", "IST0111", "KIA0002", "KIA0003"),
)
HOST_LOST = Rule(
    "egress-host-not-given",
    Severity.WARNING,
    _("{sidecar} lets its pods see {host}, which no Service or ServiceEntry given has."),
    ("KIA1004",),
)
HOST_MALFORMED = Rule(
    "egress-host-malformed",
    Severity.ERROR,
    _(
        "`{host}` in {sidecar} is not `namespace/host`: the object is refused (`./*` is the "
        "own namespace, `*/*` all)."
    ),
    ("IST0106",),
)
SELECTS_NOBODY = Rule(
    "selects-no-pod",
    Severity.WARNING,
    _("{policy} is for pods with {labels}, which no workload given has."),
    ("IST0101", "KIA0004"),
)
EXPORTED_NOWHERE = Rule(
    "export-to-nowhere",
    Severity.WARNING,
    _("{object} is exported to the namespace {namespace}, which is none of those given."),
    ("KIA0005",),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Sidecars of which only one is in force, and hosts that they cannot mean."""
    yield from TWO_SIDECARS.each(rival_sidecars(mesh))
    yield from HOST_LOST.each(hosts_out_of_reach(mesh))
    yield from HOST_MALFORMED.each(malformed_egress_hosts(mesh))
    yield from SELECTS_NOBODY.each(selectors_without_pods(mesh, "Sidecar"))
    yield from EXPORTED_NOWHERE.each(exports_to_nowhere(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Let the caller see the host."""
    host = _wanted(hop)
    name = host if host and not is_address(host) else service_name(hop)
    namespace = namespace_of(hop, mesh)
    scope = scope_without(mesh, host) if host else None
    edits = host_let_in(mesh, scope.source if scope is not None else None, namespace, name)
    if scope is not None or ".svc." in f"{name}.":
        yield Remedy(
            title=_("Add {host} to the egress hosts of the caller's Sidecar resource").format(
                host=name
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            edits=edits,
            patches=()
            if edits
            else (Patch(yaml=f'spec:\n  egress:\n  - hosts:\n    - "{namespace}/{name}"\n'),),
            risks=(_("Keep the hosts that are listed already, `istio-system/*` among them."),),
            verify=_("`istioctl proxy-config clusters` of the caller lists {host}.").format(
                host=name
            ),
            undo=_("Take the host out of the list again."),
        )
    else:
        yield Remedy(
            title=_("Register {host} with a ServiceEntry, with the port that is called").format(
                host=name
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            edits=(service_entry(hop, mesh, name),),
            risks=(_("The caller's Sidecar resource, if there is one, has to list the host too."),),
            verify=_("`istioctl proxy-config clusters` of the caller lists {host}.").format(
                host=name
            ),
            undo="kubectl -n <client-namespace> delete serviceentry <name>",
        )
    yield Remedy(
        title=_(
            "Watch BlackHoleCluster and `block_all` in the access logs before a scope is narrowed"
        ),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
