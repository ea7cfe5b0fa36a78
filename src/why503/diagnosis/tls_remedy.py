"""What to do where two ends disagree on TLS: mend the caller's mode, give pods sidecars first."""

from why503.diagnosis.cause import Disposition, Remedy, RemedyKind
from why503.diagnosis.policy_edit import policy_wanted
from why503.diagnosis.tls_edit import tls_dropped
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_proxy, namespace_of, service_name
from why503.mesh.traffic_policy import destination_rules_for
from why503.support.text import _

_LEAVE_MODE = _("Leave the TLS mode to Istio: no tls block in the DestinationRule for the host")
_SAY_MODE = _("Add trafficPolicy.tls.mode ISTIO_MUTUAL to the DestinationRule")


def mode_mended(hop: Hop, mesh: Mesh, *, by_istio: bool) -> Remedy:
    """The DestinationRule leaves the mode to Istio, or, before Istio 1.5, says it."""
    rules = destination_rules_for(mesh, hop.host) if hop.host else ()
    which = rules[0].name if rules else "<rule>"
    where = (rules[0].namespace if rules else "") or namespace_of(hop, mesh)
    return Remedy(
        title=_LEAVE_MODE if by_istio else _SAY_MODE,
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=tls_dropped(mesh, hop.host, hop.port)
        if by_istio
        else policy_wanted(hop, mesh, ("tls", "mode", "ISTIO_MUTUAL")).edits,
        commands=(f"kubectl -n {where} edit destinationrule {which}",),
        risks=(_("Istio chooses by itself from 1.5 on; before that each rule has to say it."),),
        verify=f"istioctl proxy-config cluster {caller_proxy(hop, mesh)} "
        f"--fqdn {hop.host or service_name(hop)} -o json",
        undo=f"kubectl -n {where} edit destinationrule {which}",
    )


def sidecars_first(namespace: str, *, of_callers: bool) -> Remedy:
    """Sidecars for a namespace before STRICT: that of the callers, or the server's own."""
    return Remedy(
        title=_("Give the callers sidecars before the server's namespace is made STRICT")
        if of_callers
        else _("Give every workload of the namespace a sidecar before it is made STRICT"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(f"kubectl label namespace {namespace} istio-injection=enabled",),
    )
