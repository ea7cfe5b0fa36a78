"""The door to redaction."""

from pathlib import Path

import pytest

from why503.cli import main


def test_redact_writes_a_copy_and_says_what_it_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.log").write_text("zorbank at 10.42.1.7 password=hunter2\n")
    out = str(tmp_path / "out")
    assert main(["redact", str(tmp_path / "a.log"), out, "--seed", "s"]) == 0
    said = capsys.readouterr().out
    assert "1 files were written" in said
    assert "1  address" in said
    assert "1  secret" in said
    assert "hunter2" not in said


def test_redact_refuses_to_overwrite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.log").write_text("x\n")
    assert main(["redact", str(tmp_path / "a.log"), str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
