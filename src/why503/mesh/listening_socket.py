"""Which sockets the evidence shows in a host's pods, and which connection each of them takes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from why503.facts import AppEvent, AppEventKind, Manifest, Source
from why503.mesh.address import split_host
from why503.mesh.connecting import family_of
from why503.mesh.endpoint import listening
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.teller import tellers_of
from why503.mesh.workload import containers_of, workloads_of
from why503.support.pattern import lazy_re
from why503.support.text import _

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_BIND = lazy_re(
    r"-{1,2}(?:(?:http|web|server)[._-]?)?"
    r"(?:listen|bind|host|addr(?:ess)?|ip)(?:[._-]?(?:addr(?:ess)?|host|ip))?",
    re.IGNORECASE,
)
"""Flags that say where a server listens."""
_ANY_V4 = "0.0.0.0"
_ANY = ("*", "::", "")


class ListeningSocket(NamedTuple):
    """A listening socket, told by `ss` or by the application's log."""

    address: str
    """Without brackets; `*`, `::`, `0.0.0.0` or ``""`` for all addresses of a family or of both."""
    port: int
    who: str
    source: Source
    by_argument: bool = False
    """True where an argument of the container asks for it."""


def sockets_of(mesh: Mesh, host: str) -> Iterator[ListeningSocket]:
    """Sockets that `ss` shows, that the applications of ``host`` logged, that flags ask for."""
    for socket in listening(mesh):
        who = socket.process or _("The application")
        yield ListeningSocket(socket.address.strip("[]"), socket.port, who, socket.source)
    tellers = tellers_of(mesh, host)
    for event in mesh.events(AppEvent, AppEventKind.LISTENING):
        if event.teller in tellers:
            address, port = split_host(event.text)
            if port is not None:
                who = event.program or event.teller
                yield ListeningSocket(address.strip("[]"), port, who, event.source)
    for workload in workloads_of(mesh, host) if host else ():
        for path, container in containers_of(workload):
            if "initContainers" not in path:
                yield from told_to_listen(workload, path, container)


def told_to_listen(
    workload: Manifest, path: tuple[str | int, ...], container: Mapping[str, Any]
) -> Iterator[ListeningSocket]:
    """Loopback addresses that a container's flags bind to; its one port where they name none."""
    declared = [mapping_of(port).get("containerPort") for _, port in workload.items(*path, "ports")]
    only = whole_number(declared[0]) if len(declared) == 1 else None
    words = [
        (word_of(word), workload.where(*path, field, index))
        for field in ("command", "args")
        for index, word in workload.items(*path, field)
    ]
    for (word, source), (following, _source) in zip(words, [*words[1:], ("", None)], strict=False):
        flag, joined, value = word.partition("=")
        address, port = split_host(value if joined else following)
        if _BIND.fullmatch(flag) and address in LOOPBACK and (port or only):
            who = word_of(container.get("name")) or workload.name
            yield ListeningSocket(address, port or only or 0, who, source, by_argument=True)


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
