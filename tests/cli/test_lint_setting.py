import pytest

from why503.cli.lint_setting import SettingError, found_setting, version_of


def test_the_nearest_file_upwards_is_taken(tmp_path):
    (tmp_path / "why503.toml").write_text('[lint]\nlevel = "note"\ncontext = ["m"]\n')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    setting = found_setting("", inner)
    assert setting.texts["level"] == "note"
    assert setting.context == (str(tmp_path / "m"),)


def test_pyproject_has_the_same_under_tool(tmp_path):
    text = '[tool.why503.lint]\nbaseline = "b.json"\n[tool.why503.lint.ignore]\n"a/b" = "so"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    setting = found_setting("", tmp_path)
    assert setting.texts["baseline"] == str(tmp_path / "b.json")
    assert setting.ignore == {"a/b": "so"}


@pytest.mark.parametrize(
    "text",
    ["[lint", "lint = 3", '[lint]\nlevel = "loud"', "[lint]\nspeed = 1", "[lint]\ncontext = 1"],
)
def test_what_cannot_be_used_is_refused_by_name(tmp_path, text):
    place = tmp_path / "why503.toml"
    place.write_text(text)
    with pytest.raises(SettingError, match=r"why503\.toml"):
        found_setting(str(place), tmp_path)


def test_a_rule_needs_a_reason(tmp_path):
    place = tmp_path / "why503.toml"
    place.write_text('[lint.ignore]\n"a/b" = ""\n')
    with pytest.raises(SettingError, match="reason"):
        found_setting(str(place), tmp_path)


def test_versions_are_read_or_refused():
    assert version_of("v1.24.3") == (1, 24)
    assert version_of("") is None
    with pytest.raises(SettingError, match="no version"):
        version_of("new")
