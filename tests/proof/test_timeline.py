import asyncio
from contextlib import AsyncExitStack

from why503.diagnosis.scenario import Act, Server, Side, Step
from why503.proof.app_log import AppLog
from why503.proof.timeline import Actors, Timeline


class Told:
    """Stands for an application, a proxy's process and its files: notes what it is told."""

    def __init__(self):
        self.told = []
        self.proxy = self

    def __getattr__(self, name):
        async def deed(*arguments, **_options):
            self.told.append((name, *arguments))

        return deed

    def change(self, overlay):
        self.told.append(("change", overlay))


def carried_out(*steps):
    caller, callee, application, record = Told(), Told(), Told(), Told()
    log, caller_log = AppLog("stock"), AppLog("basket")
    actors = Actors(caller=caller, callees=(callee,), applications=(application,), logs=(log,))
    asyncio.run(Timeline(steps, actors, record, caller_log).run())
    return caller.told, callee.told, application.told, record.told, log.text + caller_log.text


def test_steps_come_in_the_order_of_their_moments():
    *_, application, _record, _log = carried_out(
        Step(at=0.002, act=Act.START_SERVER),
        Step(at=0.001, act=Act.CRASH_SERVER),
        Step(at=0, act=Act.STOP_SERVER),
    )
    assert [deed for (deed,) in application] == ["stop", "crash", "start"]


def test_a_proxy_is_recorded_before_it_is_killed():
    caller, callee, _app, record, _log = carried_out(
        Step(at=0, act=Act.KILL_PROXY), Step(at=0, act=Act.DRAIN_PROXY, side=Side.CALLER)
    )
    assert callee == [("kill",)]
    assert [deed for deed, *_ in record] == ["pages"]
    assert caller == [("page", "/drain_listeners?graceful&skip_exit")]


def test_a_change_and_a_line_go_to_the_side_that_is_named():
    caller, *_, log = carried_out(
        Step(at=0, act=Act.CHANGE, side=Side.CALLER, overlay={"endpoints": ()}),
        Step(at=0, act=Act.LOG, lines=("FATAL out of memory",)),
    )
    assert caller == [("change", {"endpoints": ()})]
    assert "FATAL\tstock\tout of memory" in log


def test_a_slow_server_starts_later():
    async def run():
        application = Told()
        actors = Actors(caller=Told(), callees=(), applications=(application,), logs=())
        async with AsyncExitStack() as stack:
            await actors.begin((Server(start_delay=0.001),), stack)
            before = list(application.told)
            await asyncio.sleep(0.01)
            return before, application.told

    assert asyncio.run(run()) == ([], [("start",)])


def test_all_proxies_are_the_callers_and_the_servers():
    caller, callee = Told(), Told()
    actors = Actors(caller=caller, callees=(callee,), applications=(), logs=())
    assert actors.proxies == (caller, callee)
