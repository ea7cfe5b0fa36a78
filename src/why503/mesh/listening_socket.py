"""Which sockets the evidence shows in a host's pods, and which connection each of them takes."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from why503.facts import AppEvent, AppEventKind, Source
from why503.mesh.address import split_host
from why503.mesh.connecting import family_of
from why503.mesh.endpoint import listening
from why503.mesh.mesh import Mesh
from why503.mesh.teller import tellers_of
from why503.support.text import _

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ANY_V4 = "0.0.0.0"
_ANY = ("*", "::", "")


class ListeningSocket(NamedTuple):
    """A listening socket, told by `ss` or by the application's log."""

    address: str
    """Without brackets; `*`, `::`, `0.0.0.0` or ``""`` for all addresses of a family or of both."""
    port: int
    who: str
    source: Source


def sockets_of(mesh: Mesh, host: str) -> Iterator[ListeningSocket]:
    """Sockets that `ss` shows, then those that the applications of ``host`` logged."""
    for socket in listening(mesh):
        who = socket.process or _("The application")
        yield ListeningSocket(socket.address.strip("[]"), socket.port, who, socket.source)
    tellers = tellers_of(mesh, host)
    for event in mesh.facts(AppEvent):
        if event.kind is AppEventKind.LISTENING and event.teller in tellers:
            address, port = split_host(event.text)
            if port is not None:
                who = event.program or event.teller
                yield ListeningSocket(address.strip("[]"), port, who, event.source)


def takes(socket: ListeningSocket, ports: Iterable[int], addresses: Iterable[str]) -> bool:
    """Whether a socket accepts a connection to one of these ports and pod addresses.

    Without addresses one of the pod is meant, of either family. `::` takes IPv4 as well on Linux.
    """
    if socket.port not in ports:
        return False
    if socket.address in _ANY:
        return True
    wanted = list(addresses)
    if not wanted:
        return socket.address not in LOOPBACK
    if socket.address == _ANY_V4:
        return any(family_of(address) != 6 for address in wanted)
    if socket.address in LOOPBACK:
        return any(address in LOOPBACK for address in wanted)
    return socket.address in wanted or family_of(socket.address) is None
