from tests.mesh.build import outbound, request
from why503.mesh.ending import Ending
from why503.mesh.failure import FAMILY_OF, Family, Role
from why503.mesh.joining import account_of


def test_every_ending_but_the_two_that_tell_nothing_has_a_family() -> None:
    assert set(Ending) - set(FAMILY_OF) == {Ending.OK, Ending.UNKNOWN}


def test_a_second_hand_error_has_the_ending_of_the_proxy_behind() -> None:
    from why503.mesh.failure import Failure

    told = outbound(details="via_upstream", bytes_sent=95)
    failure = Failure(teller=told, role=Role.DOWNSTREAM, outcome=account_of(told).outcome)
    assert (failure.ending, failure.family) == (Ending.CONNECTION_TERMINATION, Family.CONNECTION)
    near = request(504, "UT")
    beside = Failure(
        teller=told, role=Role.UPSTREAM, outcome=account_of(told).outcome, downstream=near
    )
    assert (failure.account, beside.account, beside.time) == (told, near, told.time)
