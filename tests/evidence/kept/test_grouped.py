import pytest

from tests.evidence.access_log.made import line
from why503.evidence.kept import grouped, parquet
from why503.evidence.reader import Context
from why503.facts import AccessLog

COLUMNS = {
    **dict.fromkeys(("kind", "line", *grouped._TEXTS), "VARCHAR"),
    **dict.fromkeys(("code", "minute", "count"), "BIGINT"),
    **dict.fromkeys(("first", "last", "duration_p50", "duration_p99"), "DOUBLE"),
}
GROUP = {
    "kind": "group",
    "line": "",
    "upstream_cluster": "outbound|8080||cart.shop.svc.cluster.local",
    "upstream_host": "10.9.8.7:8080",
    "authority": "cart.example.org",
    "details": "via_upstream",
    "transport_failure": "-",
    "method": "POST",
    "protocol": "HTTP/1.1",
    "code": 200,
    "minute": 29543346,
    "count": 40,
    "first": 1772600760.0,
    "last": 1772600780.5,
    "duration_p50": 3.5,
    "duration_p99": 80.0,
}


@pytest.fixture
def load(tmp_path):
    def loaded(*rows):
        path = tmp_path / "proxy.parquet"
        parquet.write(path, rows, COLUMNS)
        return grouped.load(path, Context(path="proxy.parquet", teller="proxy"))

    return loaded


def test_groups_and_kept_lines_become_one_log(load):
    lines = [line(), line(user_agent='say "x"', code="200", flags="-"), line()]
    bundle = load(GROUP, *({"kind": "line", "line": text} for text in lines))

    (log,) = bundle.facts
    assert isinstance(log, AccessLog)
    assert (log.lines, log.understood, len(log.failures)) == (43, 43, 2)
    assert sum(group.count for group in log.groups) == 43
    assert log.groups[0].transport_failure == ""
    assert bundle.inputs[0].lines == 43


def test_no_idle_time_is_made_of_lines_between_which_others_are_missing(load):
    bundle = load(*({"kind": "line", "line": line()} for _number in range(3)))

    (log,) = bundle.facts
    assert [(one.idle, one.requests_before) for one in log.failures] == [(None, None)] * 3
    assert {group.idle_p50 for group in log.groups} == {None}


def test_a_line_that_is_none_is_named(load):
    bundle = load(GROUP, {"kind": "line", "line": "what is this"})

    assert "what is this" in bundle.unread[0].reason
    assert bundle.facts[0].understood == 40
