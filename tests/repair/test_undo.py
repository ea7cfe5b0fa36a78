from pathlib import Path

import pytest

from why503.repair.change import RefusedError
from why503.repair.undo import changed_since, default_home, forget, keep, latest, old_bytes


def test_a_record_is_read_as_it_was_kept(tmp_path):
    here = tmp_path / "a.yaml"
    record = keep(tmp_path / "home", {here: (b"old", b"new")}, (str(tmp_path / "f"),), "noon")
    assert latest(tmp_path / "home") == record
    assert old_bytes(record, record.files[0]) == b"old"
    forget(record)
    assert latest(tmp_path / "home") is None


def test_only_the_user_can_read_a_record(tmp_path):
    record = keep(tmp_path / "home", {tmp_path / "a": (b"secret", b"")})
    modes = [path.stat().st_mode & 0o077 for path in [record.folder, *record.folder.iterdir()]]
    assert modes == [0, 0, 0]


def test_a_file_is_told_once_it_is_neither_new_nor_old(tmp_path):
    here, new = tmp_path / "a.yaml", tmp_path / "b.yaml"
    record = keep(tmp_path / "home", {here: (b"old", b"new"), new: (None, b"new")})
    for content, told in ((b"new", False), (b"old", False), (b"mine", True)):
        here.write_bytes(content)
        assert (str(here) in changed_since(record)) is told
    assert str(new) not in changed_since(record)
    new.write_bytes(b"mine")
    assert str(new) in changed_since(record)


def test_damaged_records_are_passed_over(tmp_path):
    home = tmp_path / "home"
    first = keep(home, {tmp_path / "a": (b"old", b"new")})
    for number, text in enumerate(["{", "[]", '{"schema": "other"}', '{"schema": 1}'], start=2):
        (home / f"{number:06d}").mkdir()
        (home / f"{number:06d}" / "record.json").write_text(text, encoding="utf-8")
    assert latest(home) == first
    assert keep(home, {}).folder.name == "000006"


def test_a_lost_backup_is_told(tmp_path):
    record = keep(tmp_path / "home", {tmp_path / "a": (b"old", b"new")})
    (record.folder / record.files[0].backup).unlink()
    with pytest.raises(RefusedError, match="cannot be read"):
        old_bytes(record, record.files[0])


def test_records_stand_outside_of_the_users_files():
    assert default_home({"XDG_STATE_HOME": "/s"}) == Path("/s/why503/fix")
    assert default_home({"LOCALAPPDATA": "/l"}) == Path("/l/why503/fix")
    assert default_home({"HOME": "/h"}) == Path("/h/.local/state/why503/fix")
