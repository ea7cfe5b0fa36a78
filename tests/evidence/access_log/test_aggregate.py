from tests.evidence.access_log.made import line, log, read
from why503.evidence.access_log import aggregate


def at(seconds, **values):
    return line(time=f"2026-03-04T05:06:{seconds:06.3f}Z", **values)


def test_alike_requests_of_a_minute_make_one_group_with_exact_numbers():
    fact = log(*(at(n, duration=str(n * 10), upstream_local=f"10.9.8.1:{n}") for n in range(1, 6)))
    (group,) = fact.groups
    assert (group.count, group.duration_p50, group.duration_p99) == (5, 30.0, 50.0)
    assert group.minute == 1772600760 // 60
    assert (group.first, group.last) == (1772600761.0, 1772600765.0)
    assert [source.line for source in group.exemplars] == [1, 2, 3]
    assert group.idle_p50 is None
    assert (fact.first, fact.last) == (group.first, group.last)


def test_groups_part_where_the_outcome_the_host_or_the_minute_differs():
    fact = log(
        line(),
        line(code="200", flags="-"),
        line(upstream_host="10.9.8.9:8080"),
        line(time="2026-03-04T05:07:07.250Z"),
    )
    assert [group.count for group in fact.groups] == [1, 1, 1, 1]


def test_the_order_of_flags_makes_no_other_group():
    (group,) = log(line(flags="UF,URX"), line(flags="URX,UF")).groups
    assert (group.count, group.flags) == (2, {"UF", "URX"})


def test_failures_are_what_failed_or_carries_a_flag():
    fact = log(
        line(code="200", flags="-"),
        line(code="404", flags="-"),
        line(code="200", flags="UPE"),
        line(code="0", flags="-"),
        line(code="0", flags="-", method="-", path="-", protocol="-"),
        line(code="0", flags="UH", method="-", path="-", protocol="-"),
        line(code="302", flags="-"),
    )
    assert [failure.source.line for failure in fact.failures] == [2, 3, 4, 6]
    assert str(fact.failures[0].source) == "proxy.log:2"
    assert fact.failures[0].teller == "proxy"


def test_missing_values_are_empty_and_absent_fields_none():
    (new,) = log(line(request_id="-")).failures
    assert new.request_id == ""
    assert new.upstream_service_time is None
    (old,) = log(line("Envoy default")).failures
    assert old.details is None
    assert old.upstream_cluster is None


def test_idle_is_measured_on_the_connection_from_the_end_of_the_request_before():
    fact = log(at(1, duration="500", code="200", flags="-"), at(7.5))
    (failure,) = fact.failures
    assert (failure.idle, failure.idle_by_connection) == (6.0, True)
    assert failure.requests_before == 1
    assert fact.groups[1].idle_p50 == 6.0


def test_where_the_connection_is_not_told_idle_is_that_of_the_host():
    fact = log(at(1, duration="0", code="200", flags="-"), at(4, upstream_local="-"))
    (failure,) = fact.failures
    assert (failure.idle, failure.idle_by_connection) == (3.0, False)


def test_failures_beyond_the_limit_are_counted_only(monkeypatch):
    monkeypatch.setattr(aggregate, "FAILURES_KEPT", 2)
    fact = log(line(), line(), line())
    assert len(fact.failures) == 2
    assert fact.groups[0].count == 3


def test_failures_that_are_only_counted_are_told(monkeypatch):
    monkeypatch.setattr(aggregate, "FAILURES_KEPT", 2)
    (told,) = read(line(), line(), line()).unread
    assert "the first 2 were, 1 more" in told.reason


def test_request_ids_of_all_lines_are_kept_until_there_are_too_many(monkeypatch):
    fact = log(line(code="200", flags="-", request_id="a-1"), line(request_id="-"))
    assert (fact.request_ids, fact.request_ids_complete) == ({"a-1"}, True)
    monkeypatch.setattr(aggregate, "REQUEST_IDS_KEPT", 1)
    fact = log(line(request_id="a-1"), line(request_id="a-1"), line(request_id="a-2"))
    assert (fact.request_ids, fact.request_ids_complete) == ({"a-1"}, False)


def test_no_secret_is_kept():
    fact = log(line(path="/login?password=hunter2&a=1", authority="https://bob:hunter2@x.example"))
    assert "hunter2" not in repr(fact)
    assert fact.failures[0].path == "/login?password=***&a=1"


def test_formats_stand_most_frequent_first():
    assert log(line("Istio 1.2"), line(), line()).formats == ("Istio 1.9+", "Istio 1.2")
