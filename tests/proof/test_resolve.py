import pytest

from tests.proof.build import scenario
from why503.diagnosis.scenario import Answer, Knob, Load, Seconds, Server, Times
from why503.proof.resolve import Resolver, draw, knobs_of, settled

IDLE = Knob(name="idle", low=2, high=4, seconds=True)
MANY = Knob(name="many", low=1, high=9, whole=True)


def turned(told, words=None, given=None, scale=1.0, seed=1):
    return Resolver(words or {}, draw(told, seed, given or {}), scale).whole(told)


def test_knobs_are_found_wherever_they_stand():
    told = scenario(
        servers=(Server(idle_timeout=IDLE),),
        load=Load(requests=Times(of=MANY)),
        caller={"route": {"retries": [MANY]}},
    )
    assert {knob.name for knob in knobs_of(told)} == {"many", "idle"}


def test_the_same_seed_draws_the_same():
    told = scenario(load=Load(requests=MANY, gap=IDLE))
    assert draw(told, 3, {}) == draw(told, 3, {})
    assert len({draw(told, seed, {})["idle"] for seed in range(8)}) > 1
    assert all(1 <= draw(told, seed, {})["many"] <= 9 for seed in range(8))


def test_a_given_value_is_not_drawn():
    assert draw(scenario(load=Load(gap=IDLE)), 1, {"idle": 60}) == {"idle": 60}


def test_choices_are_drawn_from():
    knob = Knob(name="code", choices=(502, 503))
    assert draw(scenario(load=Load(requests=knob)), 1, {})["code"] in {502, 503}


def test_one_factor_scales_every_time_and_nothing_else():
    told = scenario(
        servers=(Server(idle_timeout=IDLE, answers=(Answer(delay=0.5, size=64),)),),
        load=Load(requests=10, gap=Times(of=IDLE, factor=0.5, plus=1), timeout=8),
        caller={"cluster": {"a": Seconds(IDLE), "b": Seconds(3), "c": "3s"}},
    )
    found = turned(told, given={"idle": 60}, scale=0.1)
    assert found.servers[0].idle_timeout == pytest.approx(6)
    assert (found.servers[0].answers[0].delay, found.servers[0].answers[0].size) == (0.05, 64)
    assert (found.load.gap, found.load.timeout, found.load.requests) == (3.1, 0.8, 10)
    assert found.caller["cluster"] == {"a": "6.000s", "b": "0.300s", "c": "3s"}


def test_texts_hold_words_of_the_cast_and_values_of_knobs():
    told = scenario(
        load=Load(requests=MANY),
        objects=("host: {host} x{many} {unknown} {}",),
        caller={"{a}": "{host}"},
    )
    found = turned(told, {"host": "h", "a": "b"}, {"many": 3})
    assert found.objects == ("host: h x3 {unknown} {}",)
    assert found.caller == {"b": "h"}


def test_an_open_knob_is_no_number():
    assert settled(3) == 3
    with pytest.raises(TypeError, match="not resolved"):
        settled(IDLE)
