import itertools

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence.capture.frames import ANSWER, REQUEST
from why503.evidence.capture.http_message import Head, HttpSide, parse, path_of


class Heard:
    def __init__(self) -> None:
        self.heads: list[Head] = []
        self.wrong: list[str] = []
        self.bodies = 0

    def head(self, head: Head, time: float, line: int) -> bool:
        self.heads.append(head)
        return head.status in (204, 304)

    def body(self, time: float) -> None:
        self.bodies += 1

    def malformed(self, text: str, line: int) -> None:
        self.wrong.append(text)


def hear(*pieces: bytes, answers: bool = False, missing: int = 0) -> Heard:
    heard = Heard()
    side = HttpSide(heard, answers=answers)
    for number, piece in enumerate(pieces, 1):
        side.feed(piece, missing, float(number), number)
    return heard


POST = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx: y\r\n\r\n"


@given(st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=60, deadline=None, database=None)
def test_messages_are_followed_however_they_are_cut(cuts: list[int]) -> None:
    for stream, answers, count in ((POST + REQUEST + POST, False, 3), (CHUNKED + ANSWER, True, 2)):
        edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
        pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
        heard = hear(*pieces, answers=answers)
        assert (len(heard.heads), heard.wrong) == (count, [])


def test_the_fields_that_join_a_capture_to_a_log_are_kept() -> None:
    head = hear(REQUEST).heads[0]
    assert (head.first, head.target, head.host) == (b"GET", b"/orders/7", "orders")
    assert head.request_id == "abc-1"


def test_a_head_that_was_not_captured_to_its_end_tells_what_is_there() -> None:
    head = hear(REQUEST[:40], missing=30).heads[0]
    assert (head.target, head.host, head.request_id) == (b"/orders/7", "orders", "")


def test_bytes_that_were_not_captured_are_stepped_over_in_a_body() -> None:
    heard = Heard()
    side = HttpSide(heard, answers=False)
    side.feed(POST[:-3], 3, 1.0, 1)
    side.feed(REQUEST, 0, 2.0, 2)
    assert [head.target for head in heard.heads] == [b"/a", b"/orders/7"]


def test_after_a_hole_the_next_head_is_found_again() -> None:
    heard = Heard()
    side = HttpSide(heard, answers=False)
    side.feed(POST[:-2], 0, 1.0, 1)
    side.lost()
    side.feed(b"rest of something", 0, 2.0, 2)
    side.feed(REQUEST, 0, 3.0, 3)
    assert [head.target for head in heard.heads] == [b"/a", b"/orders/7"]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nx-secret: hu\x00sh\r\n\r\n", "illegal header line: x-secret"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "transfer"),
        (b"+PONG\r\n\r\n", ""),
    ],
)
def test_what_no_parser_takes_is_told_in_h11s_words_without_values(head: bytes, words: str) -> None:
    (wrong,) = hear(head, answers=True).wrong
    assert words.lower() in wrong.lower()
    assert "hush" not in wrong


@given(
    st.lists(st.tuples(st.sampled_from(["x-a", "host", "x-b"]), st.text("abc 1:/;=", max_size=9))),
    st.sampled_from(["/", "/a?b=c", "*", "/%20"]),
)
@settings(max_examples=60, deadline=None, database=None)
def test_an_ordinary_head_is_one_for_h11_too(fields: list[tuple[str, str]], target: str) -> None:
    rows = "".join(f"{name}: {value}\r\n" for name, value in fields if name != "host")
    text = f"GET {target} HTTP/1.1\r\nhost: one\r\n{rows}\r\n".encode()
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(text)
    event = connection.next_event()
    head = parse(text, answers=False, whole=True)
    assert isinstance(event, h11.Request)
    assert isinstance(head, Head)
    assert (head.first, head.target, head.host) == (event.method, event.target, "one")


def test_a_head_without_end_is_given_up_at_64_kib() -> None:
    heard = hear(b"GET /" + b"a" * 60_000, b"a" * 60_000, b"a" * 60_000)
    assert heard.heads == []
    assert len(heard.wrong) == 1


def test_no_secret_of_a_target_is_kept() -> None:
    assert "hush" not in path_of(b"/login?token=hush&x=1")


@given(st.lists(st.binary(max_size=80) | st.sampled_from([POST, CHUNKED, ANSWER]), max_size=6))
@settings(max_examples=80, deadline=None, database=None)
def test_no_bytes_make_it_raise(pieces: list[bytes]) -> None:
    hear(*pieces)
    hear(*pieces, answers=True, missing=3)
