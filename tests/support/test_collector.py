import gc

import pytest

from why503.support.collector import uncollected


@pytest.fixture(autouse=True)
def _as_it_was():
    before = gc.isenabled()
    yield
    (gc.enable if before else gc.disable)()


def test_the_collector_rests_inside_the_block_only():
    gc.enable()

    with uncollected():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_the_collector_is_back_after_an_error():
    gc.enable()

    with pytest.raises(ValueError, match="inside"), uncollected():
        raise ValueError("inside")

    assert gc.isenabled()


def test_a_collector_that_rested_goes_on_resting():
    gc.disable()

    with uncollected():
        pass

    assert not gc.isenabled()
