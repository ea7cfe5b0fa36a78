import pytest

from why503.repair.atomic import replace


def test_a_file_is_replaced_with_the_mode_that_was_given(tmp_path):
    target = tmp_path / "a.yaml"
    target.write_bytes(b"old")

    replace(target, b"new", 0o640)

    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]


def test_what_cannot_be_moved_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()

    with pytest.raises(OSError, match="taken"):
        replace(tmp_path / "taken", b"new", 0o644)

    assert [one.name for one in tmp_path.iterdir()] == ["taken"]
