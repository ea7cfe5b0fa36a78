import pytest

from tests.mesh.stretch import CUT, ONE, OTHER, REFUSED, failed, hop_of, mesh_with, served
from why503.mesh.crash_shape import back_in_service, cut_then_refused, ended_by_clock, refusals
from why503.mesh.ending import Ending


def test_only_connections_that_were_not_accepted_are_refusals():
    assert len(refusals(hop_of(failed(0, CUT), failed(1, REFUSED)))) == 1


def test_a_cut_followed_by_a_refusal_of_the_same_address_has_the_shape_of_a_death():
    assert cut_then_refused(hop_of(failed(0, CUT, duration=200), failed(0.5, REFUSED)))


def test_a_refusal_of_another_address_or_long_after_is_no_consequence_of_the_cut():
    assert not cut_then_refused(hop_of(failed(0, CUT), failed(0.5, REFUSED, OTHER)))
    assert not cut_then_refused(hop_of(failed(0, CUT), failed(60, REFUSED)))
    assert not cut_then_refused(hop_of(failed(5, CUT), failed(1, REFUSED)))


def test_an_address_is_back_when_it_served_before_and_after_it_refused():
    hop = hop_of(failed(10, REFUSED), failed(14, REFUSED))
    gone = back_in_service(hop, mesh_with(served(0, 30)))
    assert gone is not None
    assert (gone.host, gone.seconds) == (ONE, 4)


def test_an_address_that_never_served_before_or_never_after_is_not_back():
    hop = hop_of(failed(10, REFUSED))
    assert back_in_service(hop, mesh_with(served(11, 30))) is None
    assert back_in_service(hop, mesh_with(served(0, 9))) is None
    assert back_in_service(hop, mesh_with(served(0, 30, OTHER))) is None


@pytest.mark.parametrize("took", [999.0, 1000.0, 1008.0, 10_001.0])
def test_a_failure_of_unknown_kind_after_whole_seconds_waited_for_a_clock(took):
    failure = failed(0, Ending.CONNECTION_FAILURE, duration=took)
    assert ended_by_clock(failure)
    assert refusals(hop_of(failure)) == ()


@pytest.mark.parametrize("took", [0.0, 3.0, 650.0, 1450.0])
def test_a_failure_at_any_other_time_may_be_a_refusal(took):
    failure = failed(0, Ending.CONNECTION_FAILURE, duration=took)
    assert not ended_by_clock(failure)
    assert refusals(hop_of(failure)) == (failure,)


def test_a_refusal_that_is_told_stays_one_whatever_it_took():
    assert not ended_by_clock(failed(0, REFUSED, duration=1000.0))
