import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.evidence.archive.pack import tgz
from why503.cli.diagnose import Unreadable
from why503.cli.inspect import inspect

LINE = b"2031-03-04T05:06:07.008Z INFO kiosk kiosk listening on 0.0.0.0:9191\n"


def run(*arguments: object, **given):
    words = [str(word) for word in arguments]
    return CliRunner().invoke(inspect, words, standalone_mode=False, **given)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "x.tgz"
    path.write_bytes(tgz({"server/app.log": LINE, "client/odd.bin": b"\x00\x01"}))
    return path


def test_every_member_is_a_row_and_what_is_not_read_is_said(bundle: Path) -> None:
    done = run(bundle)
    assert done.return_value == 0
    row = next(line for line in done.stdout.splitlines() if "app.log" in line)
    assert "application log  2031-03-04 05:06:07Z  server " in row
    assert "odd.bin` is not text" in " ".join(done.stdout.split())


def test_json_and_markdown_tell_the_same(bundle: Path) -> None:
    found = json.loads(run(bundle, "-o", "json").stdout)
    assert [row["tellers"] for row in found["inputs"]] == [["server"], ["client"]]
    assert "| path | read as |" in run(bundle, "-o", "markdown").stdout


def test_a_pipe_is_read_and_a_missing_path_refused() -> None:
    assert "application log" in run(input=LINE).stdout
    assert isinstance(run("no/such/file").exception, Unreadable)
