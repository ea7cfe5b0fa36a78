import pytest

from why503.support.duration import clock, moment_of, seconds_of, spell


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("50s", 50), ("1h30m", 5400), ("0.25s", 0.25), ("5ms", 0.005), ("7", 7), (3, 3), ("", None),
     ("s", None), ("5 apples", None), (None, None), (True, None), (float("nan"), None),
     (float("inf"), None), (10**400, None)],
)  # fmt: skip
def test_a_duration_is_read_in_seconds(text: object, seconds: float | None) -> None:
    assert seconds_of(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0003, "0.3 ms"), (0.9999, "1000 ms"), (50, "50 s"), (60, "60 s"), (300, "5 min"),
     (3600, "1 h"), (7200, "2 h"), (3.6e7, "10000 h"), (0, "0 ms")],
)  # fmt: skip
def test_a_duration_is_spelled_without_exponents(seconds: float, text: str) -> None:
    assert spell(seconds) == text


@pytest.mark.parametrize(
    "text",
    ["2025-06-15T15:06:40Z", "2025-06-15 15:06:40", "2025-06-15T17:06:40.000000000+0200",
     "2025-06-15T15:06:40,000Z"],
)  # fmt: skip
def test_a_moment_is_read_in_its_usual_spellings(text: str) -> None:
    assert moment_of(text) == 1_750_000_000


@pytest.mark.parametrize("text", ["", "yesterday", "2025-13-01T00:00:00Z"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment_of(text) is None


def test_a_clock_shows_utc_and_nothing_for_what_no_calendar_has() -> None:
    assert clock(1_750_000_000.123) == "2025-06-15T15:06:40.123Z"
    assert clock(1e18) == clock(float("nan")) == ""


def test_dates_of_kubectl_describe_are_moments_and_other_prose_is_none() -> None:
    assert moment_of("Mon, 11 May 2026 08:14:21 +0000") == moment_of("2026-05-11T08:14:21Z")
    assert moment_of("Mon, 11 May 2026 10:14:21 +0200") == moment_of("2026-05-11T08:14:21Z")
    assert moment_of("Mon, 31 Feb 2026 08:14:21 +0000") is None
    assert moment_of("Mon, 11 Xyz 2026 08:14:21 +0000") is None
