"""The application, asked over loopback as a proxy would."""

import asyncio

import pytest

from tests.proof.build import BLOCK, CHANCE
from why503.diagnosis.scenario import Answer, Deed, Listening, Server
from why503.proof.app_log import AppLog
from why503.proof.application import Application
from why503.proof.http_message import written

ASK = written("GET /a HTTP/1.1", {"host": "x"})


def told(server, *sent, then=None):
    """What comes back for each of ``sent`` on one connection, with the log."""
    log = AppLog("stock")

    async def run():
        address = (BLOCK.app(1), 0)
        application = Application(server, address, log, CHANCE)
        await application.start()
        port = application._listener.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(address[0], port)
        try:
            got = []
            for data in sent:
                writer.write(data)
                try:
                    got.append(await reader.readuntil(b"x" * 64))
                except asyncio.IncompleteReadError as cut:
                    got.append(cut.partial)
            if then:
                await getattr(application, then)()
            return got
        finally:
            writer.close()
            await application.end()

    return asyncio.run(run()), log.text


def test_it_answers_again_on_the_same_connection():
    (first, second), log = told(Server(), ASK, ASK)
    assert first == second
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert "listening on 0.0.0.0" in log


def test_it_closes_after_its_last_answer():
    (first, second), _log = told(Server(max_requests=1), ASK, ASK)
    assert first
    assert second == b""


def test_answers_differ_by_path():
    server = Server(answers=(Answer(path="/b"), Answer(path="/a", status=503, log="ERROR no")))
    (got,), log = told(server, ASK)
    assert got.startswith(b"HTTP/1.1 503 ")
    assert "ERROR\tstock\tno" in log


@pytest.mark.parametrize(
    ("deed", "sign"),
    [
        (Deed.CLOSE, b""),
        (Deed.GARBAGE, b"\x15\x03"),
        (Deed.BAD_HEADER, b"bad name: x"),
        (Deed.BAD_FRAMING, b"transfer-encoding: chunked"),
        (Deed.BIG_HEADERS, b"x-filler"),
        (Deed.CLOSE_MIDWAY, b"content-length: 64"),
    ],
)
def test_it_misbehaves_as_told(deed, sign):
    (got,), _log = told(Server(answers=(Answer(deed=deed),)), ASK)
    assert sign in got
    assert not got.endswith(b"x" * 64)


def test_a_reset_is_a_reset():
    with pytest.raises(ConnectionResetError):
        told(Server(answers=(Answer(deed=Deed.RESET),)), ASK)


@pytest.mark.parametrize("data", [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x00\x01\x00"])
def test_what_is_no_http1_is_answered_with_400(data):
    (got,), _log = told(Server(), data)
    assert got.startswith(b"HTTP/1.1 400 ")


def test_an_http2_server_answers_in_frames():
    (got,), _log = told(Server(http2_only=True), ASK)
    assert got[3] == 4
    assert b"HTTP/1" not in got


def test_it_says_that_it_stops():
    _got, log = told(Server(), ASK, then="stop")
    assert "SIGTERM" in log


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (Listening.NO, ""),
        (Listening.OTHER_PORT, "listening on 0.0.0.0:8000"),
        (Listening.LOOPBACK, "listening on 127.0.0.1"),
    ],
)
def test_where_nobody_listens_the_log_says_where_it_does(how, said):
    log = AppLog("stock")

    async def run():
        application = Application(Server(listening=how), (BLOCK.app(2), 48111), log, CHANCE)
        await application.start()
        try:
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(BLOCK.app(2), 48111)
        finally:
            await application.end()

    asyncio.run(run())
    assert said in log.text
