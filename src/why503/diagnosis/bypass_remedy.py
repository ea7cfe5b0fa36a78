"""The stop-gap of going past the proxies, straight to the ClusterIP Service, and what it costs."""

from why503.diagnosis.cause import Disposition, Remedy, RemedyKind
from why503.diagnosis.edit import Edit, Put, target_of
from why503.diagnosis.workload_edit import TEMPLATE, calling_workload, makers_of
from why503.mesh.endpoint import workload_port
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, restart_caller, service_name
from why503.mesh.setting import word_of
from why503.mesh.workload import has_sidecar, service_of
from why503.support.text import _

_OUT = "traffic.sidecar.istio.io/excludeOutboundIPRanges"
_IN = "traffic.sidecar.istio.io/excludeInboundPorts"


def bypass(hop: Hop, mesh: Mesh) -> Remedy:
    """Let the caller reach the server past its own proxy, and past the server's if it has one."""
    service = service_of(mesh, hop.host) if hop.host else None
    address = word_of(service.get("spec", "clusterIP")) if service is not None else ""
    address = "" if address == "None" else address
    port = workload_port(mesh, hop.host, hop.port) or hop.port
    guarded = hop.leg is Place.UPSTREAM_PROXY_TO_APP or has_sidecar(mesh, hop.host) is not False
    title = _("Go straight to the ClusterIP Service of {service}, past the proxies")
    others = _(
        "Every other caller with a proxy still sends mutual TLS to that port and gets no answer, "
        "unless a DestinationRule sets the mode DISABLE for the service."
    )
    return Remedy(
        title=title.format(service=service_name(hop)),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        edits=_annotations(hop, mesh, address, port, guarded=guarded),
        commands=tuple(_commands(address, port, hop, mesh, guarded=guarded)),
        risks=(
            _(
                "It gives up mutual TLS (the requests cross the network in clear text), every "
                "AuthorizationPolicy, routes, retries and the proxies' metrics for these calls."
            ),
            *((others,) if guarded else ()),
            _("The pods are rolled."),
        ),
        verify=_("The proxies log none of these requests any more, and they are answered."),
        undo=_("Take the annotations away: this is no place to stay."),
    )


def _annotations(
    hop: Hop, mesh: Mesh, address: str, port: int | None, *, guarded: bool
) -> tuple[Edit, ...]:
    caller, servers = calling_workload(hop, mesh), makers_of(mesh, hop.host)
    if caller is None or not address or caller.get(*TEMPLATE, _OUT) is not None:
        return ()
    width = 128 if ":" in address else 32
    out = Put(target=target_of(caller), path=(*TEMPLATE, _OUT), value=f"{address}/{width}")
    if not guarded:
        return (out,)
    if len(servers) != 1 or port is None or servers[0].get(*TEMPLATE, _IN) is not None:
        return ()
    return (out, Put(target=target_of(servers[0]), path=(*TEMPLATE, _IN), value=str(port)))


def _commands(address: str, port: int | None, hop: Hop, mesh: Mesh, *, guarded: bool) -> list[str]:
    caller = restart_caller(hop, mesh).replace("rollout restart", "patch")
    found = [f"{caller} -p '{_patch(_OUT, (address or '<cluster-ip>') + '/32')}'"]
    if guarded:
        workload = next((one for one in makers_of(mesh, hop.host)), None)
        name = f"{workload.kind.lower()}/{workload.name}" if workload else "deploy/<server>"
        space = namespace_of(hop, mesh)
        told = _patch(_IN, str(port or "<port>"))
        found.append(f"kubectl -n {space} patch {name} -p '{told}'")
    return found


def _patch(name: str, value: str) -> str:
    inner = f'{{"annotations":{{"{name}":"{value}"}}}}'
    return f'{{"spec":{{"template":{{"metadata":{inner}}}}}}}'
