"""Settings of lint from `why503.toml`, or `[tool.why503]` of `pyproject.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.text import _

FILES = ("why503.toml", "pyproject.toml")
_KNOWN = frozenset({"istio-version", "fail-on", "level", "baseline", "context", "ignore"})
_TEXTS = ("istio-version", "fail-on", "level", "baseline")
_CHOICES = {
    "fail-on": ("error", "warning", "note", "never"),
    "level": ("error", "warning", "note"),
}
_VERSION = lazy_re(r"v?(\d{1,2})\.(\d{1,3})(?:\..{0,40})?")


class SettingError(Exception):
    """A file or value that cannot be used; its text is a sentence for the user."""


@dataclass(frozen=True, kw_only=True)
class LintSetting:
    """What the file sets; ``""`` and empty where it says nothing."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """By key: `istio-version`, `fail-on`, `level`, `baseline`."""
    context: tuple[str, ...] = ()
    """Paths that are read beside those that are given."""
    ignore: Mapping[str, str] = field(default_factory=dict)
    """Reasons by rule."""


def found_setting(named: str, start: Path) -> LintSetting:
    """Settings of the file ``named``, else of the nearest one from ``start`` upwards."""
    if named:
        return _read(Path(named))
    for folder in (start, *start.parents):
        for name in FILES:
            place = folder / name
            if place.is_file() and (name == FILES[0] or "[tool.why503" in _text(place)):
                return _read(place)
    return LintSetting()


def version_of(text: str) -> tuple[int, int] | None:
    """`1.24`, `v1.24.3`, as numbers; None for ``""``."""
    if not text:
        return None
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        said = _("`{text}` is no version of Istio. Write major and minor, such as 1.28.")
        raise SettingError(said.format(text=text[:60]))
    return int(match[1]), int(match[2])


def _text(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        said = _("Cannot read `{path}`: {fault}. Check that it can be opened by you.")
        raise SettingError(said.format(path=place, fault=fault)) from fault


def _read(place: Path) -> LintSetting:
    try:
        document: Any = tomllib.loads(_text(place))
    except tomllib.TOMLDecodeError as fault:
        said = _("`{path}` is no TOML: {fault}. Mend it there.")
        raise SettingError(said.format(path=place, fault=fault)) from fault
    if place.name == FILES[1]:
        tool = document.get("tool")
        document = tool.get("why503", {}) if isinstance(tool, dict) else {}
    table = document.get("lint", {}) if isinstance(document, dict) else {}
    if not isinstance(table, dict):
        raise SettingError(_refused(place, "lint"))
    return _setting(table, place)


def _setting(table: dict[str, Any], place: Path) -> LintSetting:
    for name in sorted(set(table) - _KNOWN):
        raise SettingError(_refused(place, name))
    texts = {name: table[name] for name in _TEXTS if name in table}
    for name, value in texts.items():
        if not isinstance(value, str) or value not in _CHOICES.get(name, (value,)):
            raise SettingError(_refused(place, name))
    context, ignore = table.get("context", []), table.get("ignore", {})
    if not isinstance(context, list) or not all(isinstance(path, str) for path in context):
        raise SettingError(_refused(place, "context"))
    if not isinstance(ignore, dict) or not all(
        isinstance(reason, str) and reason.strip() for reason in ignore.values()
    ):
        said = _('In `{path}`, `ignore` must give a reason for each rule: `"a/b" = "why"`.')
        raise SettingError(said.format(path=place))
    return LintSetting(
        texts={**texts, **_below(texts, place)},
        context=tuple(str(place.parent / path) for path in context),
        ignore=ignore,
    )


def _below(texts: Mapping[str, str], place: Path) -> dict[str, str]:
    """The baseline's path, which is meant from the file's own folder."""
    return {"baseline": str(place.parent / texts["baseline"])} if "baseline" in texts else {}


def _refused(place: Path, name: str) -> str:
    said = _("`{name}` in `{path}` cannot be used. docs/commands/lint.md lists what can be set.")
    return said.format(name=name, path=place)
