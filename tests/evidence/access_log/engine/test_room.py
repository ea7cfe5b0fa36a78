import pytest

from why503.evidence.access_log.engine.room import DEFAULT, SMALLEST, processes, room


def test_the_smallest_memory_lets_one_process_read():
    assert processes(SMALLEST) == 1
    assert room(SMALLEST, 1).rows >= 10_000


def test_more_memory_lets_more_processes_read():
    assert 1 < processes(DEFAULT) < processes(4 * DEFAULT)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_each_of_more_processes_keeps_less(count):
    fewer, more = room(DEFAULT, count), room(DEFAULT, count + 1)

    assert more.rows <= fewer.rows
    assert more.connections <= fewer.connections
