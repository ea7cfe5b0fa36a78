from why503.evidence.access_log import idle
from why503.evidence.access_log.idle import Carried, LastUse

ONE = {"upstream_host": "10.0.0.1:80", "upstream_local": "10.0.0.2:4000", "upstream_cluster": "c"}
NO_LOCAL = ONE | {"upstream_local": "-"}


def test_the_first_request_on_a_connection_has_no_idle_time():
    uses = LastUse()
    assert uses.idle(ONE, 1.0, 1.5) == (None, False)
    assert uses.idle(ONE | {"upstream_local": "10.0.0.2:4001"}, 9.0, 9.5) == (None, False)


def test_a_connection_is_idle_from_end_to_start():
    uses = LastUse()
    uses.idle(ONE, 1.0, 1.5)
    assert uses.idle(ONE, 4.0, 4.1) == (2.5, True)


def test_requests_that_overlap_leave_no_idle_time():
    uses = LastUse()
    uses.idle(ONE, 1.0, 5.0)
    assert uses.idle(ONE, 2.0, 3.0) == (0.0, True)
    assert uses.idle(ONE, 6.0, 6.0) == (1.0, True)


def test_slight_disorder_is_no_negative_time():
    uses = LastUse()
    uses.idle(ONE, 10.0, 10.1)
    assert uses.idle(ONE, 9.5, 9.9) == (0.0, True)


def test_a_log_with_the_newest_line_first_gives_no_idle_times():
    uses = LastUse()
    uses.idle(ONE, 100.0, 100.1)
    assert uses.idle(ONE, 50.0, 50.1) == (None, False)


def test_without_the_connection_the_host_of_the_cluster_counts():
    uses = LastUse()
    uses.idle(ONE, 1.0, 1.0)
    assert uses.idle(NO_LOCAL, 3.0, 3.0) == (2.0, False)
    assert uses.idle(NO_LOCAL | {"upstream_cluster": "other"}, 4.0, 4.0) == (None, False)


def test_without_host_or_time_there_is_no_idle_time():
    uses = LastUse()
    for _ in range(2):
        assert uses.idle({"upstream_host": "-"}, 1.0, 2.0) == (None, False)
        assert uses.idle(ONE, None, None) == (None, False)


def test_the_connection_used_longest_ago_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(idle, "MOST_CONNECTIONS", 2)
    uses = LastUse()
    for start, port in ((1.0, "1"), (2.0, "2"), (3.0, "1"), (4.0, "3")):
        uses.idle(ONE | {"upstream_local": f"10.0.0.2:{port}"}, start, start)
    assert uses.idle(ONE | {"upstream_local": "10.0.0.2:1"}, 5.0, 5.0) == (2.0, True)
    assert uses.idle(ONE | {"upstream_local": "10.0.0.2:2"}, 6.0, 6.0) == (None, False)


def test_requests_are_counted_for_each_connection():
    uses = Carried()
    quiet = frozenset()
    assert [uses.before(ONE, quiet) for _ in range(3)] == [0, 1, 2]
    assert uses.before(ONE | {"upstream_local": "10.0.0.2:4001"}, quiet) == 0
    assert uses.before(NO_LOCAL, quiet) is None


def test_the_count_ends_with_the_connection_for_its_port_is_used_again():
    uses = Carried()
    uses.before(ONE, frozenset())
    assert uses.before(ONE, frozenset({"UC"})) == 1
    assert uses.before(ONE, None) == 0


def test_no_more_connections_are_counted_than_are_remembered(monkeypatch):
    monkeypatch.setattr(idle, "MOST_CONNECTIONS", 2)
    uses = Carried()
    for port in ("1", "2", "3"):
        uses.before(ONE | {"upstream_local": f"10.0.0.2:{port}"}, None)
    assert uses.before(ONE | {"upstream_local": "10.0.0.2:3"}, None) == 1
    assert uses.before(ONE | {"upstream_local": "10.0.0.2:1"}, None) == 0
