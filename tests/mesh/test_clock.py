import pytest

from tests.mesh.build import START, inbound, log, mesh, outbound
from why503.facts import AppEvent, AppEventKind, Request, Source
from why503.mesh.clock import ClockDifference, ahead_of, clock_differences


def pair(
    number: int, ahead: float, *, duration: float = 100.0, late: float = 0.02
) -> list[Request]:
    """One request as the caller's proxy and the server's, whose clock is ahead, tell it."""
    at = float(number) + 0.123
    one = f"id-{number}"
    return [
        outbound(503, "UC", at=at, duration=duration, request_id=one, line=number),
        inbound(503, "UC", at=at + late + ahead, duration=10.0, request_id=one, line=number),
    ]


def told(*pairs: list[Request]) -> tuple[ClockDifference, ...]:
    requests = [request for two in pairs for request in two]
    by_teller: dict[str, list[Request]] = {}
    for request in requests:
        by_teller.setdefault(request.teller, []).append(request)
    return clock_differences(mesh(*(log(*same) for same in by_teller.values())))


@pytest.mark.parametrize("ahead", [-3600.0, -3.2, 0.8, 47.0])
def test_a_difference_lies_within_its_bounds(ahead: float) -> None:
    (found,) = told(*(pair(number, ahead) for number in range(5)))
    assert (found.teller, found.other, found.requests) == ("server", "caller", 5)
    assert found.least <= ahead <= found.most
    assert found.most - found.least <= 0.1 + 1e-6
    assert abs(found.seconds - ahead) < 0.1


@pytest.mark.parametrize("ahead", [0.0, 0.3, -0.4])
def test_clocks_that_agree_are_not_named(ahead: float) -> None:
    assert told(*(pair(number, ahead) for number in range(5))) == ()


def test_a_long_request_says_little_and_short_ones_narrow_it() -> None:
    slow = pair(1, -2.0, duration=15_000.0, late=14.0)
    assert told(slow) == ()
    (found,) = told(slow, pair(2, -2.0), pair(3, -2.0))
    assert found.requests == 3
    assert found.least <= -2.0 <= found.most


def test_requests_that_disagree_say_nothing() -> None:
    assert told(*(pair(number, 10.0 * number) for number in range(1, 5))) == ()


def test_one_stray_request_among_many_is_outvoted() -> None:
    (found,) = told(pair(99, 500.0), *(pair(number, 5.0) for number in range(1, 10)))
    assert (found.requests, round(found.seconds)) == (9, 5)


def test_an_id_that_a_caller_used_again_is_left_out() -> None:
    first, again = pair(1, 0.0), pair(60, 0.0)
    same = [*first, outbound(503, "UC", at=60.0, duration=100.0, request_id="id-1"), again[1]]
    assert told(same) == ()


def test_another_leg_of_the_request_is_not_compared() -> None:
    outer, inner = pair(1, 30.0)
    local = outbound(
        503, "UC", at=1.0, duration=5.0, request_id="id-1", upstream_local="10.0.0.1:4000"
    )
    far = inbound(503, "UC", at=31.0, request_id="id-1", downstream_remote="10.0.0.9:4000")
    assert told([local, far]) == ()
    assert told([outer, inner]) != ()


def test_times_in_whole_seconds_are_read_with_a_second_to_spare() -> None:
    outer = outbound(503, "UC", at=1.0, duration=10.0, request_id="a")
    assert told([outer, inbound(503, "UC", at=2.0, request_id="a")]) == ()


def calls(*times: float) -> list[AppEvent]:
    return [
        AppEvent(
            source=Source(path="app.log", line=number),
            kind=AppEventKind.CALL_FAILED,
            teller="app",
            time=START + at,
            code=503,
        )
        for number, at in enumerate(times, 1)
    ]


def failures(*times: float) -> list[Request]:
    return [outbound(503, "UC", at=at, duration=100.0) for at in times]


def test_a_program_and_its_proxy_that_fail_in_one_rhythm_are_compared() -> None:
    clock = mesh(log(*failures(1.5, 9.5, 30.5)), *calls(1.6 - 40, 9.7 - 40, 30.6 - 40))
    (found,) = clock_differences(clock)
    assert (found.teller, found.other, found.source.path) == ("app", "caller", "app.log")
    assert found.least <= -40 <= found.most + 1e-6


@pytest.mark.parametrize(
    "times",
    [
        (1.6 - 40, 9.7 - 40),
        (1.6 - 40, 12.7 - 40, 30.6 - 40),
        (1.6 + 2, 9.6 + 2, 30.6 + 2),
        (1.6, 9.6, 30.6),
    ],
    ids=["fewer", "another rhythm", "logged after a retry", "no difference"],
)
def test_a_program_is_not_compared_without_reason(times: tuple[float, ...]) -> None:
    assert clock_differences(mesh(log(*failures(1.5, 9.5, 30.5)), *calls(*times))) == ()


def difference(teller: str, other: str, seconds: float) -> ClockDifference:
    return ClockDifference(
        teller=teller,
        other=other,
        least=seconds,
        most=seconds,
        requests=1,
        source=Source(path="a"),
    )


def test_differences_add_up_along_a_chain() -> None:
    ahead = ahead_of([difference("b", "a", 5.0), difference("c", "b", -2.0)])
    assert {name: ahead[name] - ahead["a"] for name in "abc"} == {"a": 0.0, "b": 5.0, "c": 3.0}
    assert ahead_of([]) == {}
