import os
from collections import Counter

import pytest

from tests.evidence.access_log.engine.large import text_lines, values, write
from tests.evidence.access_log.made import line
from tests.evidence.fleet.logs import BAD_BYTES
from why503.evidence.fleet.sql import query
from why503.evidence.read import read_paths
from why503.evidence.reader import Options
from why503.facts import AccessLog

WANTED = os.environ.get("WHY503_FLEET") == "all"


def test_the_query_says_what_it_reads_and_gives():
    text = query("clickhouse")
    assert "Table `lines`" in text
    assert "INTO OUTFILE" in text


def _counts(path):
    """Requests by group, and the durations of groups that only one of the two made."""
    bundle = read_paths([str(path)], Options())
    logs = [fact for fact in bundle.facts if isinstance(fact, AccessLog)]
    counts: Counter = Counter()
    durations: dict = {}
    for log in logs:
        for one in log.groups:
            key = (one.upstream_cluster, one.upstream_host, one.authority, one.code, one.flags)
            key += (one.details, one.transport_failure, one.method, one.protocol, one.minute)
            key += (log.teller if log.teller == "cart-1" else "",)
            counts[key] += one.count
            durations.setdefault(key, []).append(
                (one.count, one.first, one.last, one.duration_p50, one.duration_p99)
            )
    return counts, durations, sum(log.understood for log in logs), logs


def _of_tcp(number: int) -> str:
    """A line of a TCP connection, every tenth one's peer gone; or a request without an answer."""
    told = {"code": "0", "details": "-", "flags": "DC" if number % 10 == 0 else "-"}
    if number % 10 != 5:
        told |= {"method": "-", "path": "-", "protocol": "-"}
    return line(**(values(number) | told))


@pytest.mark.skipif(not WANTED, reason="`make test-fleet` runs ClickHouse (534 MB)")
def test_clickhouse_gives_the_groups_of_the_reader(tmp_path):
    import chdb
    import duckdb

    log = write(tmp_path, [*text_lines(900), *map(_of_tcp, range(900, 960))])
    log.write_bytes(log.read_bytes() + BAD_BYTES)
    out = tmp_path / "proxy.parquet"
    table = f"FROM file('{log}', 'LineAsString', 'line String')"
    text = query("clickhouse").replace("FROM lines", table)
    chdb.query(f"{text} INTO OUTFILE '{out}' FORMAT Parquet")

    lines = duckdb.read_parquet(str(out)).filter("kind = 'line'").project("line").fetchall()
    assert sum('"- - -" 0 - ' in text for (text,) in lines) == 0
    assert sum('"- - -" 0 DC ' in text for (text,) in lines) == 6

    counts, durations, understood, logs = _counts(out)
    own_counts, own_durations, own_understood, own_logs = _counts(log)

    assert counts == own_counts
    assert understood == own_understood
    whole = {key for key, parts in durations.items() if len(parts) == 1}
    assert len(whole) > 50
    assert {key: durations[key] for key in whole} == {key: own_durations[key] for key in whole}
    assert sum(len(one.failures) for one in logs) == sum(len(one.failures) for one in own_logs)
    assert not any(one.idle for log in logs for one in log.failures)
