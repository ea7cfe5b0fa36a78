from tests.diagnosis.fake import HERE, cause
from tests.mesh.build import log, mesh, outbound
from why503.diagnosis.clue import Clue, Weight
from why503.diagnosis.weighing import candidates, strongest, weighed, weights

MESH = mesh(log(outbound(503, "UC")))
W = Weight


def test_the_cause_with_more_to_say_for_it_comes_first() -> None:
    found = candidates(MESH.hops[0], MESH, [cause("b", W.HINTS), cause("a", W.SPEAKS_FOR)])
    assert [candidate.cause.ID for candidate in found] == ["a", "b"]
    assert 1 > found[0].belief > found[1].belief > 0


def test_the_weights_of_every_clue_that_counts_are_told() -> None:
    hits = weighed(MESH.hops[0], MESH, [cause("a", W.HINTS, W.SPEAKS_FOR, W.SPEAKS_AGAINST)])
    assert weights(hits) == {"a": (W.SPEAKS_FOR, W.SPEAKS_AGAINST, W.HINTS)}


def test_a_cause_that_nothing_speaks_for_takes_no_part() -> None:
    assert candidates(MESH.hops[0], MESH, [cause("a", W.SPEAKS_AGAINST), cause("b")]) == ()


def test_causes_of_equal_belief_come_by_name() -> None:
    found = candidates(MESH.hops[0], MESH, [cause("b", W.HINTS), cause("a", W.HINTS)])
    assert [candidate.cause.ID for candidate in found] == ["a", "b"]


def test_of_one_observation_only_the_strongest_counts() -> None:
    weak = Clue(W.HINTS, "weak").hit(HERE, observation="flag")
    strong = Clue(W.RULES_OUT, "strong").hit(HERE, observation="flag")
    other = Clue(W.SPEAKS_FOR, "other").hit(HERE)
    assert strongest([weak, other, strong, other]) == (strong, other)


def test_a_candidate_is_proven_by_one_proving_clue() -> None:
    sure, unsure = candidates(
        MESH.hops[0], MESH, [cause("a", W.PROVES), cause("b", W.SPEAKS_FOR, W.SPEAKS_FOR)]
    )
    assert (sure.proven, unsure.proven) == (True, False)
