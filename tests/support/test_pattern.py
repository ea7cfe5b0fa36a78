"""Lazy patterns answer as compiled ones do."""

import copy
import importlib
import pickle
import pkgutil
import re

import pytest

import why503
from why503.support.pattern import lazy_re


def test_a_lazy_pattern_finds_what_the_compiled_one_finds() -> None:
    lazy, eager = (
        lazy_re(r"(?P<number>\d+)x", re.IGNORECASE),
        re.compile(r"(?P<number>\d+)x", re.IGNORECASE),
    )
    for text in ("", "12", "a 12X 7x"):
        assert lazy.findall(text) == eager.findall(text)
        assert lazy.sub("-", text) == eager.sub("-", text)
        assert bool(lazy.match(text)) == bool(eager.match(text))
    found = lazy.search("a 12X 7x")
    assert found is not None
    assert found["number"] == "12"
    assert lazy.groupindex == eager.groupindex
    assert lazy.flags == eager.flags


def test_bytes_are_searched_by_patterns_of_bytes() -> None:
    assert lazy_re(rb"\d+").findall(b"a 1 22") == [b"1", b"22"]


def test_a_wrong_pattern_is_an_error_when_it_is_asked_and_not_before() -> None:
    wrong = lazy_re("(")
    with pytest.raises(re.error, match="unterminated"):
        wrong.match("x")


def test_the_pattern_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    whole = re.compile
    monkeypatch.setattr(re, "compile", lambda *given: (compiled.append(given[0]), whole(*given))[1])
    lazy = lazy_re("a+")
    assert compiled == []
    for text in ("aa", "ba", "c"):
        lazy.match(text)
    assert compiled == ["a+"]


def test_a_lazy_pattern_can_be_pickled_copied_and_shown() -> None:
    lazy = lazy_re("a+", re.IGNORECASE)
    lazy.match("A")
    assert pickle.loads(pickle.dumps(lazy)).match("A")  # noqa: S301 - written a moment ago
    assert copy.deepcopy(lazy).match("A")
    assert repr(lazy).startswith("lazy_re('a+', ")
    assert repr(lazy_re("b")) == "lazy_re('b')"


def test_every_pattern_of_every_module_compiles():
    found = [
        value
        for module in pkgutil.walk_packages(why503.__path__, "why503.")
        if not module.name.startswith("why503.evidence.fleet.on_")
        for value in _patterns(vars(importlib.import_module(module.name)).values())
    ]

    assert len(found) > 100
    for pattern in found:
        assert pattern.pattern


def _patterns(values):
    for value in values:
        if type(value).__name__ == "_Lazy":
            yield value
        elif isinstance(value, dict):
            yield from _patterns(value.values())
        elif isinstance(value, list | tuple):
            yield from _patterns(value)
