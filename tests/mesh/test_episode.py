from tests.mesh.stretch import CUT, REFUSED, failed
from why503.mesh.episode import episodes


def sizes(*failures):
    return [len(group) for group in episodes(failures)]


def test_scattered_cuts_stand_apart_from_the_time_in_which_the_address_was_away():
    scattered = [failed(at, CUT) for at in (0, 200, 400, 900)]
    away = [failed(500, CUT, duration=300), *(failed(501 + at, REFUSED) for at in range(5))]
    assert sizes(*scattered, *away) == [6, 4]


def test_cuts_around_the_refusals_belong_to_them():
    assert sizes(failed(0, CUT), *(failed(1 + at, REFUSED) for at in range(5))) == [6]


def test_refusals_all_the_time_are_not_an_absence():
    mixed = [failed(at, CUT if at % 40 else REFUSED) for at in range(0, 200, 10)]
    assert sizes(*mixed) == [len(mixed)]


def test_failures_of_one_kind_or_without_times_stay_together():
    assert sizes(*(failed(at, CUT) for at in range(5))) == [5]
    assert sizes(*(failed(at, REFUSED) for at in range(5))) == [5]
    assert sizes(failed(None, CUT), failed(0, REFUSED)) == [2]


def test_connections_that_nobody_answered_are_no_absence():
    slow = [failed(at, REFUSED, duration=10_000) for at in (500, 510)]
    assert sizes(*(failed(at, CUT) for at in (0, 200, 900)), *slow) == [5]
