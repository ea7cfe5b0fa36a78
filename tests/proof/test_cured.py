from tests.proof.build import scenario
from why503.diagnosis.scenario import Cure, Server, Upstream
from why503.proof.cured import cured


def test_overlays_are_laid_on_top():
    sick = scenario(caller={"route": {"timeout": "1s", "x": 1}, "http_filters": [{"name": "a"}]})
    sound = cured(sick, Cure(caller={"route": {"timeout": "0s"}, "http_filters": None}))
    assert sound.caller == {"route": {"timeout": "0s", "x": 1}}


def test_what_is_named_takes_the_others_place():
    sick = scenario(caller_tls=Upstream.NEVER, target_port=8443, steps=(), servers=(Server(),))
    sound = cured(sick, Cure(caller_tls=Upstream.AUTO, target_port=0))
    assert (sound.caller_tls, sound.target_port) == (Upstream.AUTO, 0)
    assert (sound.servers, sound.load, sound.hop) == (sick.servers, sick.load, sick.hop)
