"""What the Gateway API's controllers say of a route's backends in its status."""

from collections.abc import Iterator

from why503.facts import Manifest, Source
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, word_of

_LOST = frozenset({"BackendNotFound", "RefNotPermitted", "InvalidKind", "UnsupportedProtocol"})


def unresolved_backends(mesh: Mesh) -> tuple[tuple[Manifest, Source, str], ...]:
    """Routes with the condition `ResolvedRefs: False` about a backend: route, place, message."""
    return tuple(
        found
        for kind in ("HTTPRoute", "GRPCRoute")
        for route in mesh.manifests(kind)
        for found in _of_route(route)
    )


def _of_route(route: Manifest) -> Iterator[tuple[Manifest, Source, str]]:
    for parent, _fields in route.items("status", "parents"):
        base = ("status", "parents", parent, "conditions")
        for index, condition in route.items(*base):
            fields = mapping_of(condition)
            reason = word_of(fields.get("reason"))
            false = str(fields.get("status")).lower() == "false"
            if word_of(fields.get("type")) == "ResolvedRefs" and false and reason in _LOST:
                text = word_of(fields.get("message")) or reason
                yield route, route.where(*base, index), text[:200]
