import itertools
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why503.evidence.capture.tls_record import TlsSide, is_record, server_name


class Heard:
    def __init__(self) -> None:
        self.hellos: list[str] = []
        self.alerts: list[tuple[str, str]] = []
        self.data = 0

    def client_hello(self, server_name: str) -> None:
        self.hellos.append(server_name)

    def alert(self, level: str, description: str, time: float, line: int) -> None:
        self.alerts.append((level, description))

    def application_data(self) -> None:
        self.data += 1


def hello(name: str = "orders.shop.svc") -> bytes:
    """A real ClientHello."""
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    connection = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return out.read()


HELLO = hello()
DATA = b"\x17\x03\x03\x00\x30" + bytes(48)
ALERT = b"\x15\x03\x03\x00\x02\x02\x30"
GOODBYE = b"\x15\x03\x03\x00\x1a" + bytes(26)


def hear(*pieces: bytes, missing: int = 0) -> Heard:
    heard = Heard()
    side = TlsSide(heard)
    for piece in pieces:
        side.feed(piece, missing, 1.0, 1)
    return heard


def test_the_name_in_a_real_client_hello_is_read() -> None:
    assert is_record(HELLO)
    assert server_name(HELLO) == "orders.shop.svc"
    assert hear(HELLO).hellos == ["orders.shop.svc"]


@given(st.lists(st.integers(0, 700), max_size=6))
@settings(max_examples=60, deadline=None, database=None)
def test_records_are_followed_however_they_are_cut(cuts: list[int]) -> None:
    stream = HELLO + DATA + DATA + ALERT + GOODBYE
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    heard = hear(*(stream[a:b] for a, b in itertools.pairwise(edges)))
    assert heard.alerts == [("fatal", "unknown_ca"), ("", "")]
    assert len(heard.hellos) == 1


def test_bytes_that_were_not_captured_are_stepped_over_in_a_record() -> None:
    heard = Heard()
    side = TlsSide(heard)
    side.feed(DATA[:20], len(DATA) - 20, 1.0, 1)
    side.feed(ALERT, 0, 2.0, 2)
    assert heard.alerts == [("fatal", "unknown_ca")]


def test_after_a_hole_the_next_record_is_found_again() -> None:
    heard = Heard()
    side = TlsSide(heard)
    side.feed(DATA[:20], 0, 1.0, 1)
    side.lost()
    side.feed(bytes(100), 0, 1.0, 2)
    side.feed(ALERT, 0, 1.0, 3)
    assert heard.alerts == [("fatal", "unknown_ca")]


@given(st.lists(st.binary(max_size=80) | st.sampled_from([HELLO, DATA, ALERT]), max_size=6))
@settings(max_examples=80, deadline=None, database=None)
def test_no_bytes_make_it_raise(pieces: list[bytes]) -> None:
    hear(*pieces)
    hear(*pieces, missing=2)
    server_name(b"".join(pieces))
