import yaml

from tests.proof.build import scenario
from why503.diagnosis.scenario import View
from why503.mesh.hop import Place
from why503.proof.era import TODAY
from why503.proof.truth import truth

SHY = scenario(
    modest={View.CALLER: "It does not show it."},
    also=frozenset({"b", "a"}),
)


def test_it_says_what_is_to_be_told_and_where():
    told = yaml.safe_load(truth("keepalive-race", SHY, View.BUNDLE, TODAY))
    assert told["causes"] == ["keepalive-race"]
    assert told["also_acceptable"] == ["a", "b"]
    assert Place(told["hop"]) is SHY.hop
    assert told["summary"] == SHY.summary == "A test."


def test_a_view_that_cannot_tell_suffices_partly():
    found = [yaml.safe_load(truth("a", SHY, view, TODAY))["sufficient"] for view in View]
    assert found == ["partly", "yes", "yes"]
