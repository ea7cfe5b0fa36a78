"""What a scenario lays over a proxy's generated configuration."""

from collections.abc import Mapping
from typing import Any

LISTS = frozenset({"routes", "virtual_hosts", "http_filters", "clusters", "listeners"})
"""Places that are added to instead of merged."""


def merged(base: Any, over: Any) -> Any:
    """``over`` merged deeply into ``base``: mappings join, None removes, all else replaces."""
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return plain(over)
    result = dict(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key, {}), value)
    return result


def stacked(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Two overlays as one: places are merged, lists are joined, the rest is the upper's.

    None takes back what the lower one says of a place.
    """
    result = {place: plain(value) for place, value in lower.items()}
    for place, value in upper.items():
        if value is None:
            result.pop(place, None)
        elif place in LISTS:
            result[place] = [*result.get(place, []), *plain(value)]
        elif isinstance(value, Mapping):
            result[place] = _kept(result.get(place, {}), value)
        else:
            result[place] = plain(value)
    return result


def plain(value: Any) -> Any:
    """The same as dictionaries and lists."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    return value


def _kept(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """As `merged`, but a None stays, for it still has to remove something below."""
    result = dict(base)
    for key, value in over.items():
        inner = result.get(key)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            result[key] = _kept(inner, value)
        else:
            result[key] = plain(value)
    return result
