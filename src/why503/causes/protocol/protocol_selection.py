"""Protocol selection: the mesh takes a port for another protocol than it carries.

## What happens
Istio decides per port what it carries: by `appProtocol`, else by the port's name up to the first
hyphen, else by sniffing. A port taken for HTTP that carries a binary protocol, or TLS that the
application starts itself, meets the HTTP parser: the caller's own proxy answers `400 DPE
http1.codec_error` and logs `- -` in place of method and path. A port taken for TCP that carries
HTTP gets no routes, retries or metrics. Two Service ports with different protocols on one target
port end at one listener of the server's proxy, which takes one of them.

## How to tell
* `400 DPE http1.codec_error` for every connection to one port, without method and path.
* The caller's TLS library says `wrong version number`: it spoke TLS to a port named http.
* A name such as `h2c` or `web` is no protocol that Istio knows: it sniffs.
* `listener filter times out` in the proxy's log: it sniffs, and the server should speak first.
* `istioctl analyze` warns of unnamed ports; `istioctl proxy-config listener` shows the filter
  chosen.

## What to do
Name the port for what it carries (`tcp-...`, `tls-...`, `grpc-...`) or set `appProtocol`. Give
each protocol a target port of its own.

## References
* Istio documentation, protocol selection (names since 1.0, `appProtocol` with Kubernetes 1.18,
  sniffing since 1.3); `kubernetes.io/h2c` as appProtocol.
* Measured on Envoy 1.40.0: a binary protocol and TLS on a port named http.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, flagged
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
from why503.diagnosis.proposal import port_edits
from why503.diagnosis.scenario import Call, Cure, Knob, Load, Scenario
from why503.facts import AppEvent, Manifest, ProxyEvent, ProxyEventKind
from why503.mesh.address import is_address, split_host
from why503.mesh.armed.declared_port import (
    external_names_without_protocol,
    http_rules_for_opaque_ports,
    ports_without_protocol,
)
from why503.mesh.ending import Ending
from why503.mesh.endpoint import ports_of
from why503.mesh.failure import Failure, Family
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_proxy, namespace_of, service_name
from why503.mesh.protocol import SharedTarget, declared, shared_target_ports
from why503.mesh.setting import word_of
from why503.mesh.timing import all_fail
from why503.mesh.workload import service_of
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "protocol-selection"
TITLE = _("The mesh takes the port for another protocol than it carries")
READS = frozenset({"AppEvent", "ProxyEvent", "Service"})
SIGNS = frozenset({"http1.codec_error", "DPE", "wrong version number"})
AT = At.LEG
ALERT = flagged("DPE", code="400", limits=Limits(share=0.95))
_HELLOS = (
    "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03"
    + "\x5a" * 32
    + "\x00\x00\x02\x13\x01\x01\x00\x00\x00",
    "\x00\x00\x00\x08\x04\xd2\x16\x2f",
    "\x3a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00",
)
"""How TLS, PostgreSQL and MongoDB begin."""
SCENARIO = Scenario(
    summary="The port is declared as HTTP, and its clients speak another protocol.",
    hop=Place.APP_TO_PROXY,
    load=Load(
        calls=(Call(raw=Knob(name="hello", choices=_HELLOS)),),
        requests=Knob(name="requests", low=6, high=14, whole=True),
    ),
    cure=Cure(load=Load()),
)

NO_HTTP = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The proxy could not read {count:request|requests} at all (codec_error, no method): no "
        "HTTP/1."
    ),
)
BAD_LINE = Clue(
    Weight.HINTS,
    _("The proxy refused {count:request|requests} as bad HTTP before it had read a method."),
)
EVERY_CONNECTION = Clue(
    Weight.HINTS,
    _("Every connection to this address is refused so; a bad request would be an exception."),
)
DECLARED_HTTP = Clue(
    Weight.SPEAKS_FOR,
    _("{by} declares the port {protocol}, so the proxy parses it as HTTP."),
)
CALLER_SPOKE_TLS = Clue(
    Weight.SPEAKS_FOR,
    _("The caller spoke TLS of its own on this port: {text}"),
)
SHARED_TARGET = Clue(
    Weight.SPEAKS_FOR,
    _("Ports of different protocols ({protocols}) end at one target port {target} of {service}."),
)
UNKNOWN_NAME = Clue(
    Weight.SPEAKS_FOR,
    _("{service} names its port {name}, which is no protocol that Istio knows: it has to sniff."),
)

WAITED_IN_VAIN = Clue(
    Weight.SPEAKS_FOR,
    _("A listener waited in vain for the client's first bytes: here the server speaks first."),
)
UNDECLARED = Clue(
    Weight.SPEAKS_FOR,
    _("{service} does not declare what port {port} carries, so the proxy has to sniff."),
)

CONFLICT = Clue(
    Weight.SPEAKS_FOR,
    _(
        "istiod made one listener where two services of different protocols want the same "
        "address and port, and dropped the other: {text}."
    ),
)

OTHER_SERVICE = Clue(
    Weight.SPEAKS_FOR,
    _("Port {port} is where {name} usually listens, which speaks no HTTP."),
)

_USUAL = {
    25: "SMTP",
    587: "SMTP",
    1433: "SQL Server",
    1521: "Oracle",
    3306: "MySQL",
    5432: "PostgreSQL",
    5672: "AMQP",
    6379: "Redis",
    9042: "Cassandra",
    9092: "Kafka",
    27017: "MongoDB",
}
"""Ports of well-known servers that speak another protocol than HTTP."""
_HTTP = frozenset({"http", "http2", "grpc", "grpc-web"})
_OWN_TLS = lazy_re(r"WRONG_VERSION_NUMBER|wrong version number|first record does not look like")


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Requests that are no HTTP, and what the Service says of their port."""
    unreadable = _unreadable(hop)
    if unreadable:
        yield from _refused(hop, mesh, unreadable)
        yield from _usual(unreadable)
    broken = hop.having(Ending.PROTOCOL_ERROR, Ending.CONNECTION_TERMINATION, Ending.REMOTE_RESET)
    if unreadable or broken or hop.family is Family.UNKNOWN:
        yield from _ports(hop, mesh)
    if not hop.failures or hop.family is Family.UNKNOWN:
        yield from _sniffed(hop, mesh)
        yield from _conflicts(mesh)
    if unreadable or hop.family is Family.UNKNOWN:
        for event in mesh.facts(AppEvent):
            if _OWN_TLS.search(event.text):
                yield CALLER_SPOKE_TLS.hit(event.source, text=event.text[:160])
                break


def _usual(unreadable: tuple[Failure, ...]) -> Iterator[Hit]:
    """Unreadable requests on a port that belongs to a server of another protocol."""
    for failure in unreadable:
        port = split_host(failure.teller.downstream_local)[1]
        if port in _USUAL:
            yield OTHER_SERVICE.hit(failure.teller.source, port=port, name=_USUAL[port])
            return


def _conflicts(mesh: Mesh) -> Iterator[Hit]:
    """What the status of a push says of listeners that exclude each other."""
    events = mesh.events(ProxyEvent, ProxyEventKind.LISTENER_CONFLICT)
    if events:
        text = "; ".join(dict.fromkeys(event.text.strip(' "{:') for event in events[:2]))
        yield CONFLICT.hit(*(event.source for event in events[:2]), text=text)


def _sniffed(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A listener that sniffs in vain, and the port that leaves it to sniff."""
    events = mesh.events(ProxyEvent, ProxyEventKind.SNIFFING_ENDED)
    if not events:
        return
    yield WAITED_IN_VAIN.hit(events[0].source)
    service = _service(hop, mesh)
    for one in (service,) if service is not None else mesh.manifests("Service"):
        for entry in ports_of(one):
            found = declared(entry) if hop.port in {entry.port, None} else None
            if found is not None and found.default:
                where = one.where("spec", "ports", entry.place)
                yield UNDECLARED.hit(where, service=one.full_name, port=entry.port)
                return


def _unreadable(hop: Hop) -> tuple[Failure, ...]:
    """Refused requests of which the proxy could not read even a method."""
    return tuple(
        failure
        for failure in hop.having(Ending.DOWNSTREAM_PROTOCOL_ERROR)
        if not failure.teller.method
        and failure.teller.code in {400, None}
        and failure.outcome.detail in {"http1.codec_error", ""}
    )


def _refused(hop: Hop, mesh: Mesh, unreadable: tuple[Failure, ...]) -> Iterator[Hit]:
    named = [failure for failure in unreadable if failure.outcome.detail]
    clue = NO_HTTP if named else BAD_LINE
    yield clue.hit(*hop.sources(unreadable), count=len(unreadable), observation="request")
    if all_fail(hop, mesh):
        yield EVERY_CONNECTION.hit(*hop.sources(unreadable, 1), observation="request")
    service = _service(hop, mesh)
    if service is None:
        return
    for entry in ports_of(service):
        found = declared(entry) if hop.port in {entry.port, None} else None
        if found is not None and found.value in _HTTP and found.source is not None:
            yield DECLARED_HTTP.hit(found.source, by=found.by, protocol=found.value)
            return


def _service(hop: Hop, mesh: Mesh) -> Manifest | None:
    """The hop's Service, by its name or, where the log shows only that, by its cluster address."""
    if not is_address(hop.host):
        return service_of(mesh, hop.host) if hop.host else None
    services = mesh.manifests("Service")
    return next((s for s in services if s.get("spec", "clusterIP") == hop.host), None)


def _ports(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Ports of the hop's Service (of all where none is told) that mislead the proxy."""
    service = _service(hop, mesh)
    for shared in shared_target_ports(mesh):
        if service is None or any(entry.service is service for entry in shared.ports):
            yield _of_shared(shared)
            break
    for one in (service,) if service is not None else mesh.manifests("Service"):
        for entry in ports_of(one):
            name = word_of(entry.fields.get("name"))
            asked = service is None or hop.port in {entry.port, None}
            if (
                asked
                and name.partition("-")[0].lower() == "h2c"
                and "appProtocol" not in entry.fields
            ):
                where = one.where("spec", "ports", entry.place, "name")
                yield UNKNOWN_NAME.hit(where, service=one.full_name, name=name)
                return


def _of_shared(shared: SharedTarget) -> Hit:
    first = shared.ports[0]
    return SHARED_TARGET.hit(
        *(entry.service.where("spec", "ports", entry.place) for entry in shared.ports[:3]),
        protocols=", ".join(shared.protocols),
        target=shared.target,
        service=first.service.full_name,
    )


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The Service's ports, and what the caller's proxy makes of them."""
    yield from question.given(question.service(hop, mesh, ID, "protocol-error", "h2-mismatch"))
    yield Missing(
        what=_("which filters the caller's proxy runs on this port"),
        command=f"istioctl proxy-config listener {caller_proxy(hop, mesh)} "
        f"--port {hop.port or '<port>'}",
        decides=(ID, "protocol-error"),
    )


SHARED_TARGET_ARMED = Rule(
    "shared-target-port",
    Severity.WARNING,
    _("{service}: {protocols} end at one target port {target}; one of them wins."),
    same_as=("IST0137",),
)
NOT_NAMED = Rule(
    "port-without-protocol",
    Severity.NOTE,
    _(
        "Port {port} ({name}) of {service} tells no protocol: the proxy guesses it from the "
        "first bytes."
    ),
    ("IST0118", "KIA0601", "KIA0602"),
)
HTTP_RULES_UNSEEN = Rule(
    "http-rules-on-opaque-port",
    Severity.ERROR,
    _(
        "{route} has HTTP rules for port {port} of {service}, which is declared {protocol}: "
        "they are not looked at."
    ),
)
EXTERNAL_NAME = Rule(
    "external-name-without-protocol",
    Severity.WARNING,
    _(
        "{service} is an ExternalName for {target} whose port {port} tells no protocol: it "
        "is taken for TCP, on every address."
    ),
    ("IST0150",),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Ports of different protocols that end at one target port."""
    for shared in shared_target_ports(mesh):
        first = shared.ports[0]
        yield SHARED_TARGET_ARMED.at(
            first.service.where("spec", "ports", first.place),
            protocols=", ".join(shared.protocols),
            service=first.service.full_name,
            target=shared.target,
        )
    yield from NOT_NAMED.each(ports_without_protocol(mesh))
    yield from HTTP_RULES_UNSEEN.each(http_rules_for_opaque_ports(mesh))
    yield from EXTERNAL_NAME.each(external_names_without_protocol(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Declare what the port carries; one target port for each protocol."""
    service = _service(hop, mesh)
    name = service.name if service is not None else service_name(hop)
    namespace = service.namespace if service is not None else ""
    namespace = namespace or namespace_of(hop, mesh)
    entries = ports_of(service) if service is not None else []
    index = next((entry.place for entry in entries if entry.port == hop.port), 0)
    field = f"/spec/ports/{index}/appProtocol"
    yield Remedy(
        title=_(
            "Declare what the port of {service} carries: appProtocol, or a name such as tcp-…"
        ).format(service=name),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=port_edits(mesh, f"{name}.{namespace}", hop.port, "appProtocol", "tcp")
        if service is not None
        else (),
        commands=(
            (
                f"kubectl -n {namespace} patch service {name} --type=json -p "
                f'\'[{{"op":"add","path":"{field}","value":"tcp"}}]\''
            ),
        ),
        risks=(
            _("Check the index of the port; as TCP it has no HTTP routes, retries or metrics."),
        ),
        verify=_("The caller's proxy logs no DPE for this port any more."),
        undo=f"kubectl -n {namespace} patch service {name} --type=json -p "
        f'\'[{{"op":"remove","path":"{field}"}}]\'',
    )
    if shared_target_ports(mesh):
        yield Remedy(
            title=_("Give each protocol a target port of its own"),
            kind=RemedyKind.PREVENTION,
            disposition=Disposition.OUTSIDE_MESH,
            risks=(_("The application has to listen on both ports."),),
        )
