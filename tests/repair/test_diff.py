import shutil
import subprocess

import pytest

from why503.repair.change_set import ChangeSet, FileChange
from why503.repair.diff import diff

FILES = (
    FileChange(path="deep/a.yaml", before=b"a: 1\nb: 2\nc: 3\n", after=b"a: 1\nb: 9\nc: 3\n"),
    FileChange(path="crlf.yaml", before=b"a: 1\r\nb: 2\r\n", after=b"a: 1\r\nb: 9\r\n"),
    FileChange(path="end.yaml", before=b"a: 1\nb: 2", after=b"a: 1\nb: 2\nc: 3\n"),
    FileChange(path="cut.yaml", before=b"a: 1\n", after=b"a: 2"),
    FileChange(path="new.yaml", before=None, after="# é\na: 1\n".encode()),
)


def test_a_diff_shows_the_lines_that_change():
    assert diff(ChangeSet(files=FILES[:1]), context=1) == (
        "--- a/deep/a.yaml\n+++ b/deep/a.yaml\n@@ -1,3 +1,3 @@\n a: 1\n-b: 2\n+b: 9\n c: 3\n"
    )


def test_a_missing_last_line_break_is_told():
    text = diff(ChangeSet(files=FILES[2:3]))
    assert text.endswith(" a: 1\n-b: 2\n\\ No newline at end of file\n+b: 2\n+c: 3\n")


def test_nothing_to_change_is_no_diff():
    assert diff(ChangeSet()) == ""


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_makes_of_a_diff_what_was_meant(tmp_path):
    for one in FILES:
        if one.before is not None:
            (tmp_path / one.path).parent.mkdir(exist_ok=True)
            (tmp_path / one.path).write_bytes(one.before)
    command = ["git", "-c", "core.autocrlf=false", "apply", "-"]
    subprocess.run(command, input=diff(ChangeSet(files=FILES)).encode(), cwd=tmp_path, check=True)
    assert {one.path: (tmp_path / one.path).read_bytes() for one in FILES} == {
        one.path: one.after for one in FILES
    }
