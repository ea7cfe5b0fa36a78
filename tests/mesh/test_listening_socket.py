"""Which connection a listening socket takes."""

import pytest

from why503.facts import AppEvent, AppEventKind, Bundle, Listening, Source
from why503.mesh import Mesh
from why503.mesh.listening_socket import ListeningSocket, sockets_of, takes

SOURCE = Source(path="ss.txt", line=2)


@pytest.mark.parametrize(
    ("listens", "dialled", "taken"),
    [
        ("0.0.0.0", "10.0.0.4", True),
        ("0.0.0.0", "2001:db8::4", False),
        ("::", "10.0.0.4", True),
        ("*", "2001:db8::4", True),
        ("127.0.0.1", "10.0.0.4", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("10.0.0.4", "10.0.0.4", True),
        ("10.0.0.5", "10.0.0.4", False),
    ],
)
def test_an_address_takes_what_is_dialled_to_it(listens, dialled, taken):
    assert takes(ListeningSocket(listens, 80, "app", SOURCE), (80,), (dialled,)) is taken


def test_another_port_takes_nothing():
    assert not takes(ListeningSocket("*", 8080, "app", SOURCE), (80,), ("10.0.0.4",))


def test_loopback_takes_nothing_where_only_the_pods_port_is_known():
    assert not takes(ListeningSocket("127.0.0.1", 80, "app", SOURCE), (80,), ())


def test_sockets_come_from_ss_and_from_the_applications_log():
    log = AppEvent(source=SOURCE, kind=AppEventKind.LISTENING, teller="orders-0", text="[::1]:9000")
    facts = (Listening(source=SOURCE, address="[::]", port=80), log)
    found = list(sockets_of(Mesh(Bundle(facts=facts)), "orders"))
    assert [(socket.address, socket.port) for socket in found] == [("::", 80), ("::1", 9000)]
