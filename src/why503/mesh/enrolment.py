"""Pods that the node's istio-cni agent could not hand over to ztunnel."""

from why503.facts import AppEvent, ProxyEvent, Source
from why503.mesh.mesh import Mesh
from why503.mesh.setting import word_of
from why503.support.pattern import lazy_re

_NOT_ENROLLED = lazy_re(
    r"no ztunnel connect(?:ion|ed)\b|partial add error|"
    r"failed to (?:add|send|notify|signal)\b.{0,100}\bztunnel|"
    r"\bwas not enrolled and is unhealthy|failed to signal node Istio CNI agent|"
    r"unable to push CNI event|failed to (?:get|receive|read) (?:ack|reply|response) from ztunnel|"
    r"ztunnel (?:add|did not) .{0,60}(?:fail|error|ack)"
)
_MOST = 200
"""Most characters of a message that is repeated."""


def not_enrolled(mesh: Mesh) -> tuple[tuple[str, Source], ...]:
    """What the agent, its plug-in, or the kubelet (which quotes the plug-in) says of such pods.

    Such a pod gets no network and does not start; one that ran already is not in the mesh.
    """
    return mesh.kept("not enrolled", lambda: _not_enrolled(mesh))


def _not_enrolled(mesh: Mesh) -> tuple[tuple[str, Source], ...]:
    told = [(event.text, event.source) for event in mesh.facts(AppEvent)]
    told += [(event.text, event.source) for event in mesh.facts(ProxyEvent)]
    told += [(word_of(event.get("message")), event.source) for event in mesh.manifests("Event")]
    return tuple((text[:_MOST], source) for text, source in told if _NOT_ENROLLED.search(text))
