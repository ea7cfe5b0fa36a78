"""Fields of protobuf messages as JSON spells them: `connect_timeout` or `connectTimeout`.

Every function takes whatever stands there and answers with an empty value for what it is not.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from why503.support.duration import seconds_of

Json = dict[str, Any]

_BRIEF = 500
"""Characters of one name that are kept."""

_LARGEST = 1e20
"""No number of 64 bits is this large; infinity and what is no number are larger or unequal."""


class _Camel(dict[str, str]):
    """Camel case of every name that was asked for."""

    def __missing__(self, name: str) -> str:
        found = re.sub(r"_([a-z0-9])", lambda part: part[1].upper(), name)
        self[name] = found
        return found


_CAMEL = _Camel()


def get(node: Any, name: str) -> Any:
    """Field ``name`` (in snake case) of a message, in either spelling; None where there is none."""
    if not node or type(node) is not dict:
        return None
    found = node.get(name)
    return node.get(_CAMEL[name]) if found is None and "_" in name else found


def message(node: Any, *names: str) -> Json:
    """The message below this path; empty where there is none."""
    for name in names:
        if not node or type(node) is not dict:
            return {}
        found = node.get(name)
        node = node.get(_CAMEL[name]) if found is None else found
    return node if type(node) is dict else {}


def messages(node: Any, name: str) -> Iterator[Json]:
    """The messages of a repeated field."""
    found = get(node, name)
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict):
            yield item


def word(node: Any, name: str) -> str:
    """A text field; ``""`` where there is none."""
    found = get(node, name)
    if isinstance(found, str):
        return found[:_BRIEF]
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def words(node: Any, name: str) -> tuple[str, ...]:
    """A repeated text field."""
    found = get(node, name)
    if not isinstance(found, list):
        return ()
    return tuple(item[:_BRIEF] for item in found if isinstance(item, str))


def number(node: Any, name: str) -> int | None:
    """A whole number, also as text (64 bits) or in a wrapper; None where there is none."""
    found = get(node, name)
    if type(found) is int:
        return found if abs(found) < _LARGEST else None
    found = found.get("value") if isinstance(found, dict) else found
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= 20:
        return int(found)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return int(found) if abs(found) < _LARGEST else None


def seconds(node: Any, name: str) -> float | None:
    """A duration in seconds; None where there is none."""
    found = get(node, name)
    return _seconds(found) if isinstance(found, str) else seconds_of(found)


_seconds = lru_cache(maxsize=1000)(seconds_of)


def truth(node: Any, name: str) -> bool:
    """A flag."""
    return get(node, name) is True


def typed(node: Any, suffix: str) -> bool:
    """Whether a message with `@type` is of a type that ends so."""
    kind = node.get("@type") if isinstance(node, dict) else None
    return isinstance(kind, str) and kind.endswith(suffix)


def address_of(node: Any) -> str:
    """`address:port` (`[v6]:port`) of an Address message, or its path; ``""`` for others."""
    socket = message(node, "socket_address")
    if socket:
        host, port = word(socket, "address"), get(socket, "port_value")
        host = f"[{host}]" if ":" in host else host
        return f"{host}:{port}" if isinstance(port, int) else host
    return (
        word(message(node, "pipe"), "path")
        or word(message(node, "envoy_internal_address"), "server_listener_name")
        or word(message(node, "internal_address"), "server_listener_name")
    )
