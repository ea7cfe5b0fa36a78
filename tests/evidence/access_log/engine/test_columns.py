import numpy as np

from why503.evidence.access_log.engine.columns import Columns


def _columns(*lines: int) -> Columns:
    return Columns(
        line=np.array(lines),
        group=np.array(lines) * 10,
        minute=np.array(lines) * 100,
        start=np.array(lines, np.float64),
        took=np.array([500.0 if line % 2 else np.nan for line in lines]),
        connection=np.array(lines, np.uint64),
    )


def test_joined_parts_follow_each_other_in_every_column():
    whole = Columns.joined([_columns(3, 1), _columns(), _columns(2)])

    assert len(whole) == 3
    assert whole.line.tolist() == [3, 1, 2]
    assert whole.group.tolist() == [30, 10, 20]
    assert whole.minute.tolist() == [300, 100, 200]
    assert whole.start.tolist() == [3.0, 1.0, 2.0]
    assert whole.connection.tolist() == [3, 1, 2]
    assert whole.connection.dtype == np.uint64


def test_some_lines_are_taken_out_of_every_column():
    some = _columns(3, 1, 2).at(np.array([2, 0]))

    assert (some.line.tolist(), some.minute.tolist()) == ([2, 3], [200, 300])
    assert np.isnan(some.took[0])
    assert some.took[1] == 500.0


def test_a_request_without_a_duration_ends_when_it_starts():
    assert _columns(1, 2).end.tolist() == [1.5, 2.0]
