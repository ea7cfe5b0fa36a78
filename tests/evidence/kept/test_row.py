import re
from pathlib import Path

import msgspec
import pytest

from tests.causes.case_file import CASES
from tests.evidence.access_log.engine.large import text_lines, write
from why503.evidence.kept.row import bundle_of, columns, rows_of
from why503.evidence.read import read_paths
from why503.evidence.reader import Options
from why503.facts import AccessLog

FILE = re.compile(r"^```\w+ (\S+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SOME = sorted(CASES.rglob("*.md"))[::6]


def _through(bundle):
    rows = [msgspec.json.decode(msgspec.json.encode(row)) for row in rows_of(bundle)]
    empty = dict.fromkeys(columns())
    assert all(row.keys() <= empty.keys() for row in rows)
    return bundle_of([empty | row for row in rows])


@pytest.mark.parametrize("case", SOME, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_facts_of_every_kind_come_back_as_they_were(case: Path, tmp_path):
    for name, text in FILE.findall(case.read_text(encoding="utf-8")):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    bundle = read_paths([str(tmp_path)], Options())

    assert bundle.facts
    assert _through(bundle) == bundle


def test_groups_and_failures_have_a_column_per_field(tmp_path):
    bundle = read_paths([str(write(tmp_path, text_lines(90)))], Options())

    rows = list(rows_of(bundle))

    logs = [fact for fact in bundle.facts if isinstance(fact, AccessLog)]
    groups = [row for row in rows if row["kind"] == "group"]
    assert len(groups) == sum(len(log.groups) for log in logs)
    assert groups[0]["upstream_cluster"].startswith("outbound|")
    assert columns()["count"] == "BIGINT"
    assert columns()["flags"] == "VARCHAR[]"
    assert columns()["duration_p99"] == "DOUBLE"


def test_a_row_of_an_unknown_kind_is_refused():
    with pytest.raises(msgspec.ValidationError):
        bundle_of([{"kind": "riddle", "fact": 0, "json": "{}"}])
