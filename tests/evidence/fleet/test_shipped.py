import os
import subprocess
import sys
from pathlib import Path

from tests.evidence.access_log.engine.large import text_lines, write
from why503.evidence.fleet.shipped import archive

INSTALLED = {"msgspec", "numpy"}
"""What the page of the command tells to install on the workers, beside backports.zstd."""
PROGRAM = """
import sys
from pathlib import Path

class Only:
    def find_spec(name, *_more):
        top = name.partition(".")[0]
        if top not in {"why503", *sys.argv[2:]} and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Only)

import why503.evidence.fleet.task as task
from why503.evidence.access_log.engine.kernel import Plan
from why503.evidence.reader import Context

how = Plan(context=Context(path="", teller=""), json=False, keep_ids=True, sample_all=True)
path = sys.argv[1]
size = Path(path).stat().st_size
asked = task.Task(path=path, told=path, start=0, end=size, plan=how, packed=False)
print(task.__file__)
print(task.result_of(task.run(asked)).partial.understood)
"""


def test_a_worker_needs_nothing_but_the_archive_and_what_the_page_says(tmp_path):
    found = archive(tmp_path)
    log = write(tmp_path, text_lines(60))

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(log), *INSTALLED],
        env=os.environ | {"PYTHONPATH": str(found)},
        capture_output=True,
        text=True,
        check=True,
    )

    where, understood = done.stdout.splitlines()
    assert where.startswith(str(found))
    assert int(understood) > 50
    page = (Path(__file__).parents[3] / "docs/commands/fleet.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in INSTALLED)


def test_the_same_code_gives_the_same_archive(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert archive(tmp_path / "a").read_bytes() == archive(tmp_path / "b").read_bytes()
