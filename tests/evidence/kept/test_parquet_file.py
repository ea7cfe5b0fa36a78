import json

import pytest

from tests.evidence.access_log.engine.large import json_lines, text_lines, write
from why503.evidence.kept import keep, parquet
from why503.evidence.read import read_paths
from why503.evidence.reader import Options
from why503.facts import AccessLog

ISTIO = {
    "start_time": "TIMESTAMP",
    "response_code": "BIGINT",
    "response_flags": "VARCHAR",
    "response_code_details": "VARCHAR",
    "duration": "BIGINT",
    "upstream_cluster": "VARCHAR",
    "upstream_host": "VARCHAR",
    "method": "VARCHAR",
    "protocol": "VARCHAR",
    "path": "VARCHAR",
    "authority": "VARCHAR",
    "request_id": "VARCHAR",
}


def _read(*paths):
    return read_paths([str(path) for path in paths], Options())


def test_a_kept_file_is_read_as_if_the_logs_were_there(tmp_path):
    log = write(tmp_path, text_lines(90))
    kept = tmp_path / "kept.parquet"
    keep.save(_read(log), str(kept))

    assert _read(kept) == _read(log)


def test_kept_files_are_read_beside_other_evidence(tmp_path):
    log = write(tmp_path, text_lines(90))
    other = write(tmp_path, text_lines(10), "other.log")
    kept = tmp_path / "kept.parquet"
    keep.save(_read(log), str(kept))

    assert len(_read(kept, other).facts) == len(_read(log, other).facts)


def test_logs_that_were_parsed_before_are_read(tmp_path):
    entries = [json.loads(line) for line in json_lines(28)]
    rows = [{name: one.get(name) for name in ISTIO} for one in entries]
    path = tmp_path / "parsed.parquet"
    parquet.write(path, rows, ISTIO)

    (log,) = (fact for fact in _read(path).facts if isinstance(fact, AccessLog))

    assert log.understood == 28
    assert len(log.failures) == 4
    assert log.first == pytest.approx(1772600400.0)
    assert _read(path).inputs[0].path == str(path)


def test_a_broken_parquet_file_is_said_to_be_broken(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1\0\0 and no more")

    bundle = _read(path)

    assert bundle.facts == ()
    assert "cannot be used as a Parquet file" in bundle.unread[0].reason
    assert len(bundle.unread) == 1
