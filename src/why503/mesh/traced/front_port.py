"""The port of a gateway's pod behind the port that a client asks for."""

from typing import NamedTuple

from why503.mesh.traced.proxy import OF_GATEWAY_API, Proxy, targets_of
from why503.mesh.traced.push import Push
from why503.mesh.traced.view import View
from why503.support.text import _

_USUAL = {80: 8080, 443: 8443}
"""Where the Service of Istio's own ingress gateway leads: its pods do not run as root."""


class FrontPort(NamedTuple):
    """A port of the pod, and how it is known."""

    number: int
    assumed: str = ""
    """A sentence for what was taken for granted."""
    sure: bool = True
    """False where no Service tells and nothing listens on it."""


def front_port(push: Push, proxy: Proxy, view: View, asked: int) -> FrontPort:
    """Where a client that asks a gateway's Service for port ``asked`` comes out."""
    targets = targets_of(push, proxy)
    for target in targets:
        if target.port.number == asked:
            return FrontPort(target.number)
    if targets or OF_GATEWAY_API in proxy.labels or _is_open(view, asked):
        return FrontPort(asked)
    usual = _USUAL.get(asked)
    if usual is None or not _is_open(view, usual):
        return FrontPort(asked, sure=False)
    text = _(
        "No Service of {name} is given: port {port} is taken to lead to {usual} of its pods, as "
        "in Istio's own."
    )
    told = text.format(name=proxy.name, port=asked, usual=usual)
    return FrontPort(usual, assumed=told)


def _is_open(view: View, port: int) -> bool:
    return any(one.port == port for one in view.config(port).listeners)
