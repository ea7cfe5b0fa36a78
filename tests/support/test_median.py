"""Our median is the usual one."""

import statistics

import pytest

from why503.support.median import median


@pytest.mark.parametrize("values", [[3], [2.5, 1], [5, 1, 3], [4.0, 1, 3, 2], [-1, -1, 7, 0.5, 2]])
def test_the_median_is_that_of_the_standard_library(values: list[float]) -> None:
    assert median(values) == statistics.median(values)
    assert median(iter(values)) == statistics.median(values)


def test_nothing_has_no_middle() -> None:
    with pytest.raises(IndexError):
        median([])
