"""A stage for tests: everything that a play has, without any Envoy."""

from pathlib import Path
from random import Random

from why503.diagnosis.scenario import Scenario
from why503.mesh.hop import Place
from why503.proof.address import Block
from why503.proof.cast import cast
from why503.proof.certificate import Authority
from why503.proof.era import TODAY
from why503.proof.log_format import LogFormat
from why503.proof.proxy import Stage
from why503.proof.resolve import Resolver, draw

BLOCK = Block(7)
CHANCE = Random(1)  # noqa: S311 - what a test draws is no secret


def scenario(**parts) -> Scenario:
    return Scenario(summary="A test.", hop=Place.DOWNSTREAM_PROXY, **parts)


def players(seed=1, **parts):
    return cast(scenario(**parts), BLOCK, seed)


def stage(folder: Path, seed=1, **parts) -> Stage:
    told = scenario(**parts)
    everybody = cast(told, BLOCK, seed)
    return Stage(
        scenario=Resolver(everybody.words, draw(told, seed, {}), 1.0).whole(told),
        cast=everybody,
        era=TODAY,
        log_format=LogFormat.TEXT,
        authority=Authority(folder / "certificates"),
    )
