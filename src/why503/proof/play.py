"""A scenario played once: set up, loaded, recorded, and cleared away."""

import asyncio
import signal
import ssl
import tempfile
import textwrap
import threading
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import field
from pathlib import Path
from random import Random
from typing import Any

from why503.diagnosis.scenario import Credential, Scenario, Topology
from why503.proof.address import Block, Claim
from why503.proof.app_log import AppLog
from why503.proof.application import Application
from why503.proof.cast import Cast, cast
from why503.proof.certificate import Authority
from why503.proof.envoy_binary import envoy_binary
from why503.proof.envoy_process import EnvoyProcess
from why503.proof.era import era_of
from why503.proof.listener import GATEWAY_PORT
from why503.proof.load import Caller, Reply, Way
from why503.proof.log_format import LogFormat
from why503.proof.manifest import manifests
from why503.proof.proxy import Proxy, Stage
from why503.proof.record import Record
from why503.proof.resolve import Resolver, draw
from why503.proof.timeline import Actors, Timeline
from why503.support.dataclass import dataclass

_TERMINATED = 128 + signal.SIGTERM
"""Exit code of a program that was told to stop."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a scenario is played."""

    seed: int = 1
    log_format: LogFormat = LogFormat.TEXT
    envoy: str = ""
    """Path of an Envoy; ``""`` for the installed one."""
    scale: float = 1.0
    """Factor of all times."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Knobs that are set instead of drawn, before they are scaled."""
    all_stats: bool = False
    """Count everything, not only what Istio's proxies count by default."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a play came to."""

    cast: Cast
    values: Mapping[str, Any]
    """The knobs' values, unscaled."""
    replies: tuple[Reply, ...]

    @property
    def failures(self) -> int:
        """Calls that got no sound answer."""
        return sum(reply.failed for reply in self.replies)


def play(scenario: Scenario, into: Path, options: Options) -> Outcome:
    """Play a scenario and write its bundle into the folder ``into``.

    Everything that was started has ended when this returns or raises.
    """
    binary = envoy_binary(options.envoy)
    with Claim(options.seed) as block, tempfile.TemporaryDirectory(prefix="why503-") as place:
        ground = Ground(binary, block, Path(place))
        try:
            return asyncio.run(_played(scenario, into, options, ground))
        except asyncio.CancelledError as fault:
            raise SystemExit(_TERMINATED) from fault


@dataclass(frozen=True)
class Ground:
    """What a play stands on."""

    binary: Path
    block: Block
    folder: Path


async def _played(scenario: Scenario, into: Path, options: Options, ground: Ground) -> Outcome:
    values = draw(scenario, options.seed, options.values)
    players = cast(scenario, ground.block, options.seed)
    resolved = Resolver(players.words, values, options.scale).whole(scenario)
    stage = Stage(
        scenario=resolved,
        cast=players,
        era=era_of(options.log_format, options.seed),
        log_format=options.log_format,
        authority=Authority(ground.folder / "certificates"),
        all_stats=options.all_stats,
    )
    record = Record(into, players, ground.folder)
    async with AsyncExitStack() as stack:
        stack.enter_context(_ended_by_term())
        actors = await _enter(stage, ground, options.seed, stack)
        caller_log = AppLog(players.caller.workload)
        caller = Caller(resolved.load, _way(players, ground.block), caller_log, options.seed)
        caller_log.say(f"INFO {players.caller.workload} started")
        timeline = Timeline(resolved.steps, actors, record, caller_log)
        async with asyncio.TaskGroup() as group:
            group.create_task(timeline.run())
            group.create_task(caller.run())
        for process in actors.proxies:
            await record.pages(process)
        await asyncio.gather(*(process.end() for process in actors.proxies))
        for process in actors.proxies:
            record.logs(process)
        if players.topology is not Topology.GATEWAY:
            record.application(players.caller.folder, caller_log)
        if players.topology is not Topology.EXTERNAL:
            for pod, log in zip(players.pods, actors.logs, strict=True):
                record.application(pod.folder, log)
    for name, text in manifests(resolved, players, stage.era.version).items():
        record.write(f"k8s/{name}", text)
    for name, text in resolved.commands.items():
        record.write(name, textwrap.dedent(text).lstrip("\n"))
    return Outcome(cast=players, values=values, replies=tuple(caller.replies))


async def _enter(stage: Stage, ground: Ground, seed: int, stack: AsyncExitStack) -> Actors:
    """Start everybody; ``stack`` ends them."""
    players = stage.cast
    pods = [players.caller, *(pod for pod in players.pods if pod.sidecar)]
    processes = [
        EnvoyProcess(ground.binary, Proxy(stage, pod, ground.folder / pod.folder)) for pod in pods
    ]
    for process in processes:
        stack.push_async_callback(process.kill)
    logs, applications = [], []
    for number, (server, pod) in enumerate(zip(stage.scenario.servers, players.pods, strict=True)):
        log = AppLog(pod.workload)
        context = _server_tls(stage, server.tls, pod.folder) if server.tls else None
        chance = Random(f"server/{seed}/{number}")  # noqa: S311 - behaviour, not a secret
        address = (pod.app_ip, players.app_port)
        application = Application(server, address, log, chance, context)
        stack.push_async_callback(application.end)
        logs.append(log)
        applications.append(application)
    await asyncio.gather(*(process.start() for process in processes))
    actors = Actors(
        caller=processes[0],
        callees=tuple(processes[1:]),
        applications=tuple(applications),
        logs=tuple(logs),
    )
    await actors.begin(stage.scenario.servers, stack)
    return actors


def _server_tls(stage: Stage, credential: Credential, name: str) -> ssl.SSLContext:
    pair = stage.authority.issue(f"app-{name}", f"DNS:{stage.cast.host}", credential)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


def _way(players: Cast, block: Block) -> Way:
    gateway = players.topology is Topology.GATEWAY
    return Way(
        address=players.caller.ip if gateway else players.service_ip,
        port=GATEWAY_PORT if gateway else players.port,
        source=block.outside(9) if gateway else players.caller.ip,
        host=players.called_host,
        agent=players.agent,
    )


@contextmanager
def _ended_by_term() -> Iterator[None]:
    """A polite request to stop ends the play as Ctrl-C does."""
    task = asyncio.current_task()
    if task is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
