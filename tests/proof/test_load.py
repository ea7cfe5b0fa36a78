"""The caller's application against a plain server on loopback."""

import asyncio

from tests.proof.build import BLOCK, CHANCE
from why503.diagnosis.scenario import Answer, Call, Deed, Load, Server
from why503.proof.app_log import AppLog
from why503.proof.application import Application
from why503.proof.load import Caller, Way

PORT = 48112


def called(load, server):
    log = AppLog("basket")

    async def run():
        address = (BLOCK.app(3), PORT)
        application = Application(server, address, AppLog("stock"), CHANCE)
        await application.start()
        try:
            way = Way(
                address=address[0], port=PORT, source=BLOCK.pod(0), host="stock:80", agent="test"
            )
            caller = Caller(load, way, log, 1)
            await caller.run()
            return caller.replies
        finally:
            await application.end()

    return asyncio.run(run()), log.text


def test_all_calls_are_made_by_all_workers():
    replies, log = called(Load(requests=5, workers=2, gap=0), Server())
    assert [reply.status for reply in replies] == [200] * 5
    assert log == ""


def test_a_failure_is_told_and_logged():
    server = Server(answers=(Answer(status=503, body="no room"),))
    (reply,), log = called(Load(requests=1), server)
    assert (reply.failed, reply.status) == (True, 503)
    assert 'ERROR\tbasket\tGET "http://stock:80{path}": unexpected status code 503' in log
    assert "no room" in log


def test_calls_differ_as_their_shares_say():
    calls = (Call(path="/a", method="POST", body=9), Call(path="/b", share=0))
    replies, _log = called(Load(requests=4, gap=0, calls=calls), Server())
    assert {reply.call.path for reply in replies} == {"/a"}


def test_a_caller_gives_up():
    server = Server(answers=(Answer(deed=Deed.STALL),))
    (reply,), log = called(Load(requests=1, timeout=0.01), server)
    assert reply.status is None
    assert "deadline exceeded" in log


def test_a_closed_connection_is_told_and_the_next_call_opens_another():
    server = Server(answers=(Answer(deed=Deed.CLOSE),))
    replies, log = called(Load(requests=2, gap=0), server)
    assert [reply.status for reply in replies] == [None, None]
    assert "EOF" in log


def test_bytes_go_as_they_are_in_place_of_a_request():
    (reply,), log = called(Load(requests=1, calls=(Call(raw="\x16\x03\x01"),)), Server())
    assert (reply.status, reply.failed) == (400, True)
    assert "status code 400" in log
