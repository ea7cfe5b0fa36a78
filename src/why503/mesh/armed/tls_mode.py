"""TLS modes of callers that the server does not take."""

from collections.abc import Iterator

from why503.mesh import mtls
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.support.text import _


def mode_conflicts(mesh: Mesh) -> Iterator[Spotted]:
    """DestinationRules against the server: `client`, `host`, `mode`, `demand`."""
    for host, conflict in mtls.conflicts(mesh):
        says = conflict.client
        demand = conflict.server.value if conflict.server else _("plain text (no sidecar)")
        if says.source is not None:
            yield spotted(says.source, client=says.by, demand=demand, host=host, mode=says.value)
