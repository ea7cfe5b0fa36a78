"""A whole play on a real Envoy, and what is left when one breaks off."""

import pytest

from tests.proof.build import scenario
from why503.diagnosis.scenario import Act, Load, Server, Step, Topology
from why503.proof import play as room
from why503.proof.envoy_process import EnvoyError
from why503.proof.play import Options, play

FEW = Load(requests=3, gap=0)


@pytest.mark.parametrize("topology", Topology)
def test_a_sound_set_up_answers_and_is_recorded(tmp_path, topology):
    outcome = play(scenario(topology=topology, load=FEW), tmp_path, Options())
    assert [reply.status for reply in outcome.replies] == [200] * 3
    assert outcome.failures == 0
    log = (tmp_path / "client/access.log").read_text("utf-8")
    assert log.count("via_upstream") == 3
    assert (tmp_path / "k8s/pod.yaml").is_file()
    behind = topology in {Topology.SIDECARS, Topology.GATEWAY}
    assert (tmp_path / "server/access.log").is_file() is behind


def test_steps_change_what_the_caller_sees(tmp_path):
    steps = (Step(at=0.1, act=Act.STOP_SERVER),)
    load = Load(requests=2, gap=0.4)
    outcome = play(scenario(servers=(Server(),), steps=steps, load=load), tmp_path, Options())
    assert [reply.failed for reply in outcome.replies] == [False, True]


def test_nothing_is_left_when_a_proxy_does_not_start(tmp_path, monkeypatch):
    made = []

    class Noted(room.EnvoyProcess):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            made.append(self)

    monkeypatch.setattr(room, "EnvoyProcess", Noted)
    with pytest.raises(EnvoyError):
        play(scenario(callee={"bootstrap": {"no_such_field": 1}}), tmp_path, Options())
    assert len(made) == 2
    assert not any(one.running for one in made)
