import os
import subprocess
import sys

from why503.evidence.fleet.shipped import archive

HEAVY = ("yaml", "rich", "click", "duckdb", "h11")


def test_a_worker_needs_nothing_but_the_archive_and_msgspec(tmp_path):
    found = archive(tmp_path)
    program = (
        "import sys; import why503.evidence.fleet.task as t; print(t.__file__);"
        f"print(*(set(sys.modules) & set({HEAVY!r})))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(found)},
        capture_output=True,
        text=True,
        check=True,
    )

    where, _end, heavy = done.stdout.partition("\n")
    assert where.startswith(str(found))
    assert heavy.strip() == ""


def test_the_same_code_gives_the_same_archive(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert archive(tmp_path / "a").read_bytes() == archive(tmp_path / "b").read_bytes()
