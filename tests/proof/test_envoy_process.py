"""A real Envoy, started and ended."""

import asyncio

import pytest

from tests.proof.build import stage
from why503.proof.envoy_binary import envoy_binary
from why503.proof.envoy_process import EnvoyError, EnvoyProcess
from why503.proof.proxy import Proxy


def process(tmp_path, **parts):
    told = stage(tmp_path, **parts)
    return EnvoyProcess(envoy_binary(), Proxy(told, told.cast.caller, tmp_path / "client"))


@pytest.mark.parametrize("how", ["end", "kill"])
def test_it_is_ready_when_started_and_gone_when_ended(tmp_path, how):
    one = process(tmp_path)

    async def run():
        await one.start()
        said = await one.page("/listeners")
        await getattr(one, how)()
        return said, await one.page("/ready")

    said, after = asyncio.run(run())
    assert "virtualOutbound" in said
    assert after == ""
    assert not one.running


def test_a_configuration_that_it_refuses_is_told_in_its_words(tmp_path):
    one = process(tmp_path, caller={"bootstrap": {"no_such_field": 1}})
    with pytest.raises(EnvoyError, match="no_such_field"):
        asyncio.run(one.start())
    assert not one.running
