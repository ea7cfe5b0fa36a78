"""Keep-alive settings that somebody pasted as text, without saying whose file they are."""

from why503.facts import AppEvent, AppEventKind, Source
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Pasted:
    """What pasted lines say of one server's idle connections."""

    server: str
    """As `known_servers` names it."""
    idle: float | None
    """Seconds; None: not told."""
    max_requests: int | None
    """None: not told."""
    sources: tuple[Source, ...]


def pasted_settings(mesh: Mesh) -> Pasted | None:
    """The settings of the only server whose settings were pasted; None for none or several."""
    told: dict[str, AppEvent] = {}
    for event in mesh.facts(AppEvent):
        if event.kind is AppEventKind.SETTING:
            told.setdefault(event.name, event)
    servers = {name.rpartition(" ")[0] for name in told}
    if len(servers) != 1:
        return None
    server = servers.pop()
    idle, requests = told.get(f"{server} idle"), told.get(f"{server} requests")
    return Pasted(
        server=server,
        idle=float(idle.text) if idle else None,
        max_requests=int(float(requests.text)) if requests else None,
        sources=tuple(event.source for event in (idle, requests) if event is not None),
    )
