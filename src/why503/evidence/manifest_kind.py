"""The kind of an object whose head was cut off, where its `spec` can belong to one kind only."""

from collections.abc import Mapping
from typing import Any

_SHAPES: tuple[tuple[str, frozenset[str]], ...] = (
    ("Gateway", frozenset({"servers", "selector"})),
    ("VirtualService", frozenset({"http", "hosts"})),
    ("VirtualService", frozenset({"http", "gateways"})),
    ("HTTPRoute", frozenset({"parentRefs", "rules"})),
    ("DestinationRule", frozenset({"host", "trafficPolicy"})),
    ("DestinationRule", frozenset({"host", "subsets"})),
    ("ServiceEntry", frozenset({"hosts", "resolution"})),
    ("Service", frozenset({"clusterIP", "ports"})),
)
"""Fields of a `spec` that only objects of that kind have together, first fit first."""
_ROUTE = "http"
_HEADS = frozenset({"kind", "apiVersion", "metadata", "spec", "status", "data"})
_BARE = frozenset({"VirtualService", "DestinationRule", "ServiceEntry", "HTTPRoute", "Gateway"})
"""Kinds whose `spec` is recognised without the word `spec` above it."""


def kind_of_shape(data: Mapping[str, Any]) -> str:
    """Kind that the fields of ``data["spec"]`` betray; ``""`` where they betray none."""
    spec = data.get("spec")
    status = data.get("status")
    if spec is None and isinstance(status, Mapping) and isinstance(status.get("parents"), list):
        return "HTTPRoute"
    if not isinstance(spec, Mapping):
        return ""
    keys = frozenset(key for key, value in spec.items() if value is not None)
    for kind, shape in _SHAPES:
        if shape <= keys:
            return kind
    return "VirtualService" if _routes(spec.get(_ROUTE)) else ""


def is_bare_spec(data: Mapping[str, Any]) -> bool:
    """Whether ``data`` is the inside of a `spec`, pasted without the line `spec:` above it."""
    if not data or _HEADS & data.keys():
        return False
    return kind_of_shape({"spec": data}) in _BARE


def _routes(rules: object) -> bool:
    """Whether ``rules`` are the HTTP rules of a VirtualService."""
    if not isinstance(rules, list) or not rules:
        return False
    return all(isinstance(rule, Mapping) and ("route" in rule or "fault" in rule) for rule in rules)
