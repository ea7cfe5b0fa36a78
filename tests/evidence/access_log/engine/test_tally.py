from why503.evidence.access_log.engine.tally import Tally, key_of, text_of

FIELDS = {
    "code": "503",
    "flags": "UC",
    "upstream_cluster": "c",
    "upstream_host": "10.0.0.1:80",
    "time": "-",
}


def _tally(*, keep_ids: bool = True) -> Tally:
    return Tally(lambda raw: None if raw is None else float(raw), keep_ids=keep_ids)


def _passed(tally: Tally, group: int, times: list[str], took: list[str]) -> None:
    groups = [group] * len(times)
    start = tally.passage.add(times, took, groups)
    tally.count(0, groups, took, start)


def test_a_line_with_a_flag_belongs_to_a_failing_group():
    assert key_of("p", FIELDS)[1] is True
    assert key_of("p", FIELDS | {"code": "200", "flags": "-"})[1] is False


def test_equal_lines_share_a_group_and_a_closing_flag_is_remembered():
    tally = _tally()
    group = tally.group("p", FIELDS)

    assert tally.group("p", dict(FIELDS)) == group
    assert group in tally.failing
    assert group in tally.closing


def test_packing_keeps_counts_durations_and_both_ends():
    tally = _tally()
    group = tally.group("p", FIELDS)
    _passed(tally, group, ["10.0", "11.0", "12.0"], ["5", "5", "-"])

    one = tally.finish()

    assert list(one.cells.count) == [3]
    assert (list(one.cells.first), list(one.cells.last)) == ([10.0], [12.0])
    assert (list(one.cells.first_line), list(one.cells.last_line)) == ([1], [3])
    assert (list(one.durations.milliseconds), list(one.durations.count)) == ([5.0], [2])


def test_uses_are_remembered_over_the_packing():
    tally = _tally()
    group = tally.group("p", FIELDS)
    _passed(tally, group, ["10.0"], ["1000"])
    tally.use([("10.0.0.1:80", "local")], 0)
    tally.settle()

    tally.fail(group, (1, 14.0), (("10.0.0.1:80", "local"), None), {"code": 503})

    (failure,) = tally.partial.failures
    assert (failure.by_connection, failure.before) == (3.0, 1)
    assert failure.connection_open is False


def test_the_host_tells_where_the_connection_is_not_known():
    tally = _tally()
    group = tally.group("p", FIELDS)
    _passed(tally, group, ["10.0"], ["0"])

    tally.fail(group, (1, 14.0), (("10.0.0.1:80", "-"), None), {})

    (failure,) = tally.partial.failures
    assert (failure.connection, failure.by_host) == (None, 4.0)


def test_request_ids_are_kept_only_where_they_are_wanted():
    keeps, leaves = _tally(), _tally(keep_ids=False)
    for tally in (keeps, leaves):
        tally.remember("p", [b"one", "two", "-", b""])

    assert keeps.partial.request_ids == {"p": {"one", "two"}}
    assert leaves.partial.request_ids is None


def test_bytes_and_numbers_are_texts():
    assert (text_of(b"\xff7"), text_of(7), text_of(None)) == ("\ufffd7", "7", None)
