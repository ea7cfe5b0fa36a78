"""Any JSON for readers of JSON: a good document with some of its parts replaced by anything."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.evidence.fuzz import CONTEXT
from why503.evidence.reader import Reading

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["5s", "-1s", "1e400", "HEALTHY", "2026-01-01T00:00:00Z", "99999999999999s"]),
)


def names_in(value: Any) -> set[str]:
    """Every key of a tree."""
    if isinstance(value, dict):
        return set(value) | {name for part in value.values() for name in names_in(part)}
    return {name for part in value for name in names_in(part)} if isinstance(value, list) else set()


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a tree that holds a value: its container and its key."""
    found: list[tuple[Any, Any]] = []
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        found.append((value, key))
        if isinstance(value[key], dict | list):
            found += places_in(value[key])
    return found


def documents(good: Any) -> st.SearchStrategy[Any]:
    """``good`` with up to three parts replaced by trees of its own names and anything."""
    keys = st.sampled_from(sorted(names_in(good)))
    trees = st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)
        ),
        max_leaves=8,
    )

    @st.composite
    def spoiled(draw: Any) -> Any:
        value = deepcopy(good)
        for _ in range(draw(st.integers(1, 3))):
            places = places_in(value)
            if not places:
                break
            holder, key = places[draw(st.integers(0, len(places) - 1))]
            holder[key] = draw(trees)
        return value

    return st.one_of(trees, spoiled())


def assert_takes_any_json(reader: Any, good: Any, examples: int = 200) -> None:
    """Hold a document reader to any JSON near ``good``, whole and cut."""

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(documents(good), st.integers(0, 2000))
    def attempt(value: Any, cut: int) -> None:
        text = json.dumps(value)
        for part in (text, text[:cut]):
            assert 0.0 <= reader.bid(part) <= 1.0
            assert isinstance(reader.read(part, CONTEXT), Reading)

    attempt()
