import json
import sys

import pytest

from why503.evidence.kept import parquet

COLUMNS = {"name": "VARCHAR", "count": "BIGINT", "share": "DOUBLE", "words": "VARCHAR[]"}
ROWS = [
    {"name": "a\n'\"\u2713", "count": 2**62, "share": 0.1, "words": ["x", ""]},
    {"name": None, "count": None, "share": 1e300, "words": []},
]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "it's.parquet"
    parquet.write(path, ROWS, COLUMNS)
    return path


def test_rows_come_back_exactly_and_in_order(table):
    assert list(parquet.read(table, COLUMNS, order="row")) == ROWS
    assert [row["count"] for row in parquet.read(table, ["count"], where="share > 1")] == [None]


def test_a_file_tells_its_columns(table):
    assert parquet.names(table) == ["row", *COLUMNS]


def test_rows_of_any_table_become_lines_of_json(table, tmp_path):
    out = tmp_path / "out.ndjson"

    parquet.as_json_lines(table, out)

    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["name"] for line in lines] == [row["name"] for row in ROWS]


def test_a_broken_file_is_an_error_in_a_sentence(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 and no more")

    with pytest.raises(parquet.KeepError, match=r"x\.parquet"):
        parquet.names(path)


def test_without_duckdb_it_is_said_what_installs_it(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)

    with pytest.raises(parquet.KeepError, match=r"pip install 'why503\[keep\]'"):
        parquet.names(table)
