import asyncio

import pytest

from why503.proof.http_message import read_body, read_head, written


def read(data, *, until_end=False, begun=b""):
    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        head = await read_head(reader, begun)
        return head and await read_body(reader, head, until_end=until_end)

    return asyncio.run(run())


def test_what_is_written_is_read_again():
    message = read(written("GET / HTTP/1.1", {"Content-Length": "3"}, b"abc"))
    assert (message.first, message.body) == ("GET / HTTP/1.1", b"abc")
    assert message.headers == {"content-length": "3"}


def test_chunks_are_joined():
    data = written("HTTP/1.1 200 OK", {"transfer-encoding": "chunked"})
    assert read(data + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n").body == b"abc"


def test_a_body_may_last_until_the_end():
    assert read(written("HTTP/1.1 200 OK", {}, b"abc"), until_end=True).body == b"abc"
    assert read(written("GET / HTTP/1.1", {})).body == b""


def test_an_end_before_the_first_byte_is_no_message():
    assert read(b"") is None


@pytest.mark.parametrize("begun", [b"", b"G"])
def test_an_end_within_the_head_is_an_error(begun):
    with pytest.raises(asyncio.IncompleteReadError):
        read(b"ET" if begun else b"GET", begun=begun)
