import pytest

from why503.report.times import period


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("", "", ""),
        ("2026-01-05T22:54:13.120Z", "", "2026-01-05 22:54:13Z"),
        ("2026-01-05T22:54:13.120Z", "2026-01-05T22:54:13.900Z", "2026-01-05 22:54:13Z"),
        (
            "2026-01-05T22:54:13.120Z",
            "2026-01-05T22:55:02.480Z",
            "2026-01-05 22:54:13Z to 22:55:02Z",
        ),
        (
            "2026-01-05T22:54:13Z",
            "2026-01-06T00:00:00Z",
            "2026-01-05 22:54:13Z to 2026-01-06 00:00:00Z",
        ),
        ("some day", "later", "some day to later"),
    ],
)
def test_a_period_is_one_phrase(first: str, last: str, said: str) -> None:
    assert period(first, last) == said
