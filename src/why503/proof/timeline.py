"""What happens when: the steps of a scenario, carried out at their moments."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from why503.diagnosis.scenario import Act, Server, Side, Step
from why503.proof.app_log import AppLog
from why503.proof.application import Application
from why503.proof.envoy_process import EnvoyProcess
from why503.proof.record import Record
from why503.proof.resolve import settled
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Actors:
    """Everybody who can be told to do something."""

    caller: EnvoyProcess
    callees: tuple[EnvoyProcess, ...]
    """Of the server's pods, in order; empty where they have no sidecar."""
    applications: tuple[Application, ...]
    logs: tuple[AppLog, ...]
    """Of the applications, in order."""

    @property
    def proxies(self) -> tuple[EnvoyProcess, ...]:
        """All proxies."""
        return (self.caller, *self.callees)

    async def begin(self, servers: Sequence[Server], stack: AsyncExitStack) -> None:
        """Start the applications, the slow ones in the background until ``stack`` is left."""
        for server, application in zip(servers, self.applications, strict=True):
            delay = settled(server.start_delay)
            if not delay:
                await application.start()
                continue
            task = asyncio.create_task(_later(delay, application))
            stack.callback(task.cancel)


class Timeline:
    """Carries out the steps."""

    def __init__(
        self, steps: Sequence[Step], actors: Actors, record: Record, caller_log: AppLog
    ) -> None:
        """What a proxy tells is recorded before it is killed."""
        self._steps = sorted(steps, key=lambda step: settled(step.at))
        self._actors = actors
        self._record = record
        self._caller_log = caller_log

    async def run(self) -> None:
        """Carry out every step at its moment."""
        loop = asyncio.get_running_loop()
        born = loop.time()
        for step in self._steps:
            await asyncio.sleep(max(0.0, born + settled(step.at) - loop.time()))
            await self._carry_out(step)

    async def _carry_out(self, step: Step) -> None:
        caller = step.side is Side.CALLER
        log = self._caller_log if caller else self._actors.logs[step.pod]
        for line in step.lines:
            log.say(line)
        if step.act in {Act.STOP_SERVER, Act.CRASH_SERVER, Act.START_SERVER}:
            await self._application(step)
        elif step.act in {Act.KILL_PROXY, Act.DRAIN_PROXY, Act.CHANGE}:
            await self._proxy(
                self._actors.caller if caller else self._actors.callees[step.pod], step
            )

    async def _application(self, step: Step) -> None:
        application = self._actors.applications[step.pod]
        if step.act is Act.STOP_SERVER:
            await application.stop()
        elif step.act is Act.CRASH_SERVER:
            await application.crash()
        else:
            await application.start()

    async def _proxy(self, process: EnvoyProcess, step: Step) -> None:
        if step.act is Act.CHANGE:
            process.proxy.change(step.overlay)
        elif step.act is Act.DRAIN_PROXY:
            await process.page("/drain_listeners?graceful&skip_exit", post=True)
        else:
            await self._record.pages(process)
            await process.kill()


async def _later(delay: float, application: Application) -> None:
    await asyncio.sleep(delay)
    await application.start()
