"""The script runs on a small corpus, and what it writes is what the code uses."""

import importlib.util

import pytest

from calibration import first_sight, writing
from calibration.__main__ import main
from calibration.fitting import START, sound
from why503.diagnosis.belief import score
from why503.diagnosis.clue import Weight
from why503.diagnosis.decibans import TABLE

LINE = (
    '[2026-03-01T10:00:00.000Z] "GET / HTTP/1.1" 404 NR route_not_found - "-" 0 0 0 - "-" "c" '
    '"00000001" "cart" "-" - - 10.1.0.1:80 10.0.0.3:50000 - -\n'
)


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "small" / "001" / "evidence"
    folder.mkdir(parents=True)
    (folder / "access.log").write_text(LINE)
    (folder.parent / "truth.yaml").write_text("causes: [no-route]\ndifficulty: easy\n")
    return folder.parents[1]


def test_it_prints_figures_for_each_corpus_and_writes_only_when_asked(
    corpus, capsys, monkeypatch
) -> None:
    written = []
    few = first_sight.kept()[::12]
    monkeypatch.setattr(first_sight, "kept", lambda: few)
    monkeypatch.setattr(writing, "write", written.append)
    main(["--no-own", str(corpus)])
    told = capsys.readouterr().out
    assert "| small | 1 | 1.00 | 1.00 |" in told
    assert "## Cross-validated" in told
    assert written == []
    main(["--no-own", "--write", str(corpus)])
    (table,) = written
    assert sound(table)


def test_what_is_written_is_read_as_the_table(tmp_path) -> None:
    module = tmp_path / "decibans.py"
    writing.write(START, module)
    spec = importlib.util.spec_from_file_location("written", module)
    read = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(read)
    assert read.TABLE == START


def test_the_table_in_force_is_as_the_script_writes_it_and_sound() -> None:
    assert writing.MODULE.read_text(encoding="utf-8") == writing.text(TABLE)
    assert sound(TABLE)
    assert score([Weight.SPEAKS_FOR, Weight.HINTS]) == (
        TABLE.prior + TABLE.speaks_for + TABLE.hints
    )
