import os

import pytest

from why503.repair import disk
from why503.repair.change import RefusedError
from why503.repair.change_set import ChangeSet, FileChange
from why503.repair.disk import revert, write, write_below
from why503.repair.undo import latest


def change(path, before, after):
    return FileChange(path=str(path), before=before, after=after)


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "k8s"
    folder.mkdir()
    (folder / "a.yaml").write_bytes(b"a: 1\r\n")
    (folder / "b.yaml").write_bytes(b"b: 1\n")
    return folder


def both(files):
    return ChangeSet(
        files=(
            change(files / "a.yaml", b"a: 1\r\n", b"a: 2\r\n"),
            change(files / "new/c.yaml", None, b"c: 1\n"),
        )
    )


def test_what_is_written_can_be_taken_back(files, tmp_path):
    before = tree(files)
    (files / "a.yaml").chmod(0o640)
    record = write(both(files), tmp_path / "home", "2026-01-05")
    assert tree(files) == {"a.yaml": b"a: 2\r\n", "b.yaml": b"b: 1\n", "new/c.yaml": b"c: 1\n"}
    assert (files / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert record is not None
    assert record.time == "2026-01-05"
    revert(tmp_path / "home")
    assert tree(files) == before
    assert (files / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert not (files / "new").exists()
    assert tree(tmp_path / "home") == {}
    with pytest.raises(RefusedError, match="nothing to take back"):
        revert(tmp_path / "home")


def test_the_latest_is_taken_back_first(files, tmp_path):
    home = tmp_path / "home"
    write(ChangeSet(files=(change(files / "b.yaml", b"b: 1\n", b"b: 2\n"),)), home)
    write(ChangeSet(files=(change(files / "b.yaml", b"b: 2\n", b"b: 3\n"),)), home)
    revert(home)
    assert (files / "b.yaml").read_bytes() == b"b: 2\n"
    revert(home)
    assert (files / "b.yaml").read_bytes() == b"b: 1\n"


def test_nothing_is_taken_back_where_a_file_changed_since(files, tmp_path):
    home = tmp_path / "home"
    write(both(files), home)
    (files / "new/c.yaml").write_bytes(b"c: mine\n")
    written = tree(files)
    with pytest.raises(RefusedError, match=r"c\.yaml` changed since"):
        revert(home)
    assert tree(files) == written
    assert latest(home) is not None


def test_a_link_stays_one_and_its_file_is_written(files, tmp_path):
    link = files / "link.yaml"
    link.symlink_to("b.yaml")
    write(ChangeSet(files=(change(link, b"b: 1\n", b"b: 2\n"),)), tmp_path / "home")
    assert link.is_symlink()
    assert (files / "b.yaml").read_bytes() == b"b: 2\n"


def test_a_file_that_changed_meanwhile_is_not_written(files, tmp_path):
    stale = ChangeSet(files=(*both(files).files, change(files / "b.yaml", b"old\n", b"new\n")))
    before = tree(files)
    with pytest.raises(RefusedError, match="changed while"):
        write(stale, tmp_path / "home")
    assert tree(files) == before


def test_a_file_that_came_meanwhile_is_not_written_over(files, tmp_path):
    with pytest.raises(RefusedError, match="changed while"):
        write(ChangeSet(files=(change(files / "b.yaml", None, b"new\n"),)), tmp_path / "home")


def test_where_one_file_cannot_be_written_none_is(files, tmp_path, monkeypatch):
    before = tree(files)
    real = disk._replace

    def failing(target, content):
        if target.name == "c.yaml":
            raise OSError(28, "No space left on device")
        real(target, content)

    monkeypatch.setattr(disk, "_replace", failing)
    with pytest.raises(RefusedError, match=r"c\.yaml` cannot be written.*No space left"):
        write(both(files), tmp_path / "home")
    assert tree(files) == before
    assert not (files / "new").exists()
    assert latest(tmp_path / "home") is None


def test_without_a_record_nothing_is_written(files, tmp_path):
    before = tree(files)
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    with pytest.raises(RefusedError, match="No record can be kept"):
        write(both(files), tmp_path / "home")
    assert tree(files) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_write_protected_file_stays(files, tmp_path):
    (files / "a.yaml").chmod(0o444)
    with pytest.raises(RefusedError, match="write-protected"):
        write(both(files), tmp_path / "home")


def test_nothing_to_write_leaves_no_record(tmp_path):
    assert write(ChangeSet(), tmp_path / "home") is None
    assert not (tmp_path / "home").exists()


def test_no_half_written_file_is_left_behind(files, monkeypatch):
    def broken(_handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        disk._replace(files / "a.yaml", b"new")
    assert tree(files) == {"a.yaml": b"a: 1\r\n", "b.yaml": b"b: 1\n"}


def test_files_are_written_below_another_folder(files, tmp_path):
    before = tree(files)
    out = tmp_path / "out"
    write_below(both(files), out, tmp_path)
    assert tree(out) == {"k8s/a.yaml": b"a: 2\r\n", "k8s/new/c.yaml": b"c: 1\n"}
    assert tree(files) == before
    write_below(both(files), out, tmp_path)
    (out / "k8s/a.yaml").write_bytes(b"other")
    with pytest.raises(RefusedError, match="exists already"):
        write_below(both(files), out, tmp_path)


def test_two_files_of_one_place_are_refused(files, tmp_path):
    twice = ChangeSet(files=(change("/x/a.yaml", None, b"1"), change("/y/a.yaml", None, b"2")))
    with pytest.raises(RefusedError, match="Two files"):
        write_below(twice, tmp_path / "out", files)
