"""Gateway misconfigured: its selector, port, hosts, server name or TLS settings do not fit.

## What happens
A Gateway opens a port on the proxies that its `selector` takes, for its `hosts` only; a
VirtualService adds routes there if it names the Gateway under `gateways` and shares a host with
it. Where one of these does not fit, the gateway has a listener without the wanted route and
answers `404 NR route_not_found`, refuses the TLS name at the listener (`0 NR
filter_chain_not_found`, the client sees a reset), or does not listen on the port at all
(connection refused).

## How to tell
* NR at an ingress or egress gateway, for every request of one host, the application never sees
  one.
* The VirtualService names a Gateway in another namespace without `namespace/name`, or its host is
  none of the Gateway's.
* `tls.mode: PASSTHROUGH` with `http` rules: an encrypted connection can be routed by `tls` rules
  only.
* 404 NR that comes and goes in browsers: two Gateways share one certificate, HTTP/2 reuses the
  first one's connection for the second one's host.
* `istioctl proxy-config listeners` and `routes` of the gateway's pod: a port without servers
  shows a route `blackhole:PORT` or a missing listener.

## What to do
Make selector, `hosts` and `gateways` agree, give the port the protocol it carries, put the TLS
secret into the gateway's namespace, and give hosts that share a certificate one Gateway (or each
its own certificate).

## References
* Istio Gateway and VirtualService API; "404 errors when multiple gateways configured with same
  TLS certificate" in Istio's common problems.
* Istio `gateway.go`: servers are merged per port; a VirtualService applies where its hosts
  overlap.
"""

from collections.abc import Iterator, Sequence

from why503.diagnosis import question
from why503.diagnosis.alert_later import GATEWAY, Limits, flagged
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Rule,
    Severity,
    Weight,
)
from why503.diagnosis.gateway_edit import agreement
from why503.diagnosis.scenario import Call, Cure, Knob, Load, Scenario, Topology, View
from why503.facts import Manifest, ProxyEvent, ProxyEventKind
from why503.mesh.address import is_address, split_host
from why503.mesh.analysed import GATEWAY_UNFIT, analysed
from why503.mesh.armed.declared_port import gateway_ports_without_service
from why503.mesh.armed.injection import images_without_injection
from why503.mesh.armed.overlap import rival_gateways
from why503.mesh.course import Course, course_of
from why503.mesh.ending import Ending
from why503.mesh.failure import Role
from why503.mesh.gateway import Misfit, gateways_named, is_gateway, misfits, opens_host
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of
from why503.mesh.route_match import takes_host
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "gateway-misconfig"
TITLE = _("The Gateway's selector, port, hosts or TLS settings do not fit the request")
READS = frozenset(
    {
        "Analysis",
        "Deployment",
        "DaemonSet",
        "Gateway",
        "Pod",
        "ProxyEvent",
        "ProxyListener",
        "ReplicaSet",
        "StatefulSet",
        "VirtualService",
    }
)
SIGNS = frozenset({"NR", "filter_chain_not_found", "route_not_found"})
AT = At.PROXY
ALERT = flagged(
    "NR", code="404", among={GATEWAY: "istio-ingressgateway"}, limits=Limits(share=0.05)
)
SCENARIO = Scenario(
    summary="The Gateway does not open a host for which there are routes.",
    hop=Place.DOWNSTREAM_PROXY,
    topology=Topology.GATEWAY,
    load=Load(
        calls=(Call(), Call(host="api.{public_host}", share=Knob(name="share", low=0.4, high=1)))
    ),
    objects=(
        """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata:
          name: public
          namespace: istio-system
        spec:
          selector:
            app: istio-ingressgateway
          servers:
          - port: {number: 8080, name: http, protocol: HTTP}
            hosts: ["{public_host}"]
        """,
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata:
          name: {service}
          namespace: {namespace}
        spec:
          hosts: ["{public_host}", "api.{public_host}"]
          gateways: [istio-system/public]
          http:
          - route:
            - destination:
                host: {host}
        """,
    ),
    modest={
        View.CALLER: "It shows a host without a route, not which object leaves it out.",
        View.PROXIES: "They show a host without a route, not which object leaves it out.",
    },
    also=frozenset({"no-route"}),
    cure=Cure(caller={"virtual_host": {"domains": ["{public_host}", "api.{public_host}"]}}),
)

_PRIVILEGED = lazy_re(r"skipping privileged gateway port (\d{1,5})")

AT_GATEWAY = Clue(
    Weight.HINTS,
    _(
        "{count:request was|requests were} refused by the gateway itself (NR): it has no such "
        "route or server name."
    ),
)
NAME_REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The gateway refused {count:connection|connections} at the listener "
        "(filter_chain_not_found): no server has the TLS name {name}."
    ),
)
HOST_NOT_OPENED = Clue(
    Weight.SPEAKS_FOR,
    _("No Gateway given opens the host {host} ({gateway} opens {hosts})."),
)
ROUTED_ALL_THE_SAME = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{service} has routes for {host}: the rules are there, the "
        "Gateway does not let them take effect."
    ),
)
MISFIT = Clue(Weight.SPEAKS_FOR, _("The objects do not fit each other: {text}"))
NO_LISTENER = Clue(Weight.HINTS, _("It shows in what the gateway has loaded: {text}"))
LEFT_OUT = Clue(Weight.SPEAKS_FOR, _("istiod leaves a server of the Gateway out: {text}."))
NEVER_OPEN = Clue(
    Weight.SPEAKS_FOR,
    _(
        "So nothing listens at port {port}: a pod without privileges cannot bind a port below "
        "1024, and the gateway's Service does not lead it to a higher one."
    ),
)
ANALYSED = Clue(Weight.SPEAKS_FOR, _("istioctl analyze says so: {text}"))
HOST_OPENED = Clue(
    Weight.SPEAKS_AGAINST,
    _("{gateway} opens {host}, and {service} is bound to it with that host."),
)
STOPPED = Clue(
    Weight.SPEAKS_AGAINST,
    _(
        "Requests for {host} went well again afterwards without a "
        "change of the Gateway being shown."
    ),
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """NR at a gateway, and whether its objects fit each other."""
    failures = hop.having(Ending.NO_ROUTE, Ending.NO_FILTER_CHAIN)
    told = bool(failures) and _about_gateway(hop, mesh)
    if hop.failures and not told and hop.role is not Role.CLIENT:
        return
    host = ""
    if told:
        refused = [f for f in failures if f.ending is Ending.NO_FILTER_CHAIN]
        host = split_host(failures[0].account.authority)[0] or failures[0].account.server_name or ""
        if refused:
            name = refused[0].account.server_name or "-"
            yield NAME_REFUSED.hit(
                *hop.sources(refused), count=len(refused), name=name, observation="flag"
            )
        yield AT_GATEWAY.hit(*hop.sources(failures), count=len(failures), observation="flag")
        yield from _host(host, mesh)
        if course_of(hop, mesh) in {Course.BRIEF, Course.STOPPED} and hop.count > 1:
            yield STOPPED.hit(*hop.sources(most=1), host=host)
    for message in analysed(mesh, *GATEWAY_UNFIT)[:1]:
        yield ANALYSED.hit(message.source, text=f"{message.object}: {message.text}")
    yield from _left_out(mesh)
    yield from _misfits(misfits(mesh, host)[:2])


def _left_out(mesh: Mesh) -> Iterator[Hit]:
    """Servers for which istiod says that it opens no listener."""
    events = mesh.events(ProxyEvent, ProxyEventKind.LISTENER_SKIPPED)
    for event in events[:1]:
        yield LEFT_OUT.hit(event.source, text=event.text)
    if (port := next(filter(None, (_PRIVILEGED.search(e.text) for e in events)), None)) is not None:
        yield NEVER_OPEN.hit(events[0].source, port=port[1], observation="port")


def _misfits(found: Sequence[Misfit]) -> Iterator[Hit]:
    """What does not fit; a listener that is not there follows from the selector."""
    follows = {misfit.about for misfit in found} >= {"selector", "listener"}
    for misfit in found:
        clue = NO_LISTENER if follows and misfit.about == "listener" else MISFIT
        observation = "hosts" if misfit.about == "hosts" else misfit.text
        yield clue.hit(*misfit.sources, text=misfit.text, observation=observation)


def _about_gateway(hop: Hop, mesh: Mesh) -> bool:
    return bool(mesh.manifests("Gateway")) or any(
        is_gateway(failure.account) for failure in hop.failures
    )


def _host(host: str, mesh: Mesh) -> Iterator[Hit]:
    """Whether a Gateway opens the host of the request, and a route is bound to it."""
    gateways = [
        g for g in mesh.manifests("Gateway") if g.items("spec", "servers") and not g.partial
    ]
    if not gateways or not host or is_address(host):
        return
    services = [s for s in mesh.manifests("VirtualService") if takes_host(s, host)]
    opening = [gateway for gateway in gateways if opens_host(gateway, host)]
    if not opening:
        yield HOST_NOT_OPENED.hit(
            gateways[0].where("spec", "servers", 0, "hosts"),
            host=host,
            gateway=gateways[0].full_name,
            hosts=", ".join(_hosts(gateways[0])) or "-",
            observation="hosts",
        )
        for service in services[:1]:
            yield ROUTED_ALL_THE_SAME.hit(
                service.where("spec", "hosts"), service=service.full_name, host=host
            )
        return
    for service in services:
        bound = [g for g in gateways_named(service, gateways) if g in opening]
        if bound:
            yield HOST_OPENED.hit(
                bound[0].source, gateway=bound[0].full_name, service=service.full_name, host=host
            )
            return


def _hosts(gateway: Manifest) -> list[str]:
    return [
        str(host)
        for index, _server in gateway.items("spec", "servers")
        for _place, host in gateway.items("spec", "servers", index, "hosts")
    ][:4]


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The Gateway and VirtualService objects, and what the gateway's proxy has loaded."""
    yield from question.given(
        question.istio_objects(hop, mesh, "Gateway", decides=(ID, "no-route")),
        question.istio_objects(hop, mesh, "VirtualService", decides=(ID, "no-route")),
        question.proxy_loaded(hop, mesh, "routes", ID, "no-route", "xds-stale"),
    )


_AS_TOLD = "{text}"
RULES = {
    "gateway": Rule("other-gateway", Severity.WARNING, _AS_TOLD, ("IST0101", "KIA1102")),
    "hosts": Rule("host-not-on-gateway", Severity.ERROR, _AS_TOLD, ("IST0132",)),
    "passthrough": Rule("http-behind-passthrough", Severity.ERROR, _AS_TOLD),
    "tls": Rule("server-tls", Severity.ERROR, _AS_TOLD, ("IST0106",)),
    "selector": Rule("selects-no-gateway", Severity.WARNING, _AS_TOLD, ("IST0101", "KIA0302")),
    "listener": Rule("no-listener", Severity.WARNING, _AS_TOLD),
    "certificate": Rule("shared-certificate", Severity.WARNING, _AS_TOLD, ("IST0138",)),
}
"""By what a misfit is about; its sentence is the mesh's own."""


PORT_NOT_OPEN = Rule(
    "port-not-on-service",
    Severity.WARNING,
    _("{gateway} listens on port {port}, which {service} does not open."),
    ("IST0104", "IST0162"),
)
TWO_GATEWAYS = Rule(
    "two-gateways-for-host",
    Severity.WARNING,
    _("{gateway} and {other} both open {host} at the same pods: one of them is not in force."),
    ("IST0145", "KIA0301"),
)
IMAGE_AUTO = Rule(
    "image-auto-not-injected",
    Severity.ERROR,
    _("{workload} leaves its image to injection (`auto`), and no webhook takes it: {why}."),
    ("IST0146", "IST0147"),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Gateways and VirtualServices that do not fit each other; gateway pods without an image."""
    yield from IMAGE_AUTO.each(images_without_injection(mesh))
    for misfit in misfits(mesh, ""):
        yield RULES[misfit.about].at(misfit.sources[0], text=misfit.text)
    yield from PORT_NOT_OPEN.each(gateway_ports_without_service(mesh))
    yield from TWO_GATEWAYS.each(rival_gateways(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Make the objects agree."""
    gateways = mesh.manifests("Gateway")
    name = gateways[0].name if gateways else "<gateway>"
    namespace = (gateways[0].namespace if gateways else "") or namespace_of(hop, mesh)
    found: list[Misfit] = list(misfits(mesh, hop.host))
    yield Remedy(
        title=_(
            "Make the Gateway's selector, port and hosts and the "
            "VirtualService's `gateways` and `hosts` agree"
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=agreement(hop, mesh),
        commands=(
            f"kubectl -n {namespace} edit gateways.networking.istio.io {name}",
            "istioctl analyze -A",
        ),
        risks=tuple(misfit.text for misfit in found[:2]),
        verify=_(
            "`istioctl proxy-config routes` of the gateway's pod lists the "
            "host, and the request is answered."
        ),
        undo=f"kubectl -n {namespace} edit gateways.networking.istio.io {name}",
    )
    yield Remedy(
        title=_("Run `istioctl analyze` in CI on Gateways, VirtualServices and secrets together"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        commands=("istioctl analyze --use-kube=false <files>",),
    )
