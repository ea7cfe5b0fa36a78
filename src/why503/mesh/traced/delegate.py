"""VirtualServices that leave a part of their paths to another one (`delegate`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from why503.mesh.setting import mapping_of, word_of
from why503.mesh.traced.registry import visible
from why503.mesh.traced.routing import Routing, Rule

_ABOVE = ("timeout", "retries", "fault", "mirror", "mirrors", "rewrite", "corsPolicy", "headers")
"""Settings of the delegating rule that hold where the delegate's own rule has none."""


def with_delegates(routings: Sequence[Routing]) -> tuple[Routing, ...]:
    """Route objects with hosts, the rules of their delegates in the place of the delegation."""
    parts = {(one.namespace, one.name): one for one in routings if not one.hosts}
    return tuple(
        replace(one, http=tuple(_expanded(one, parts))) if _delegates(one) else one
        for one in routings
        if one.hosts
    )


def _delegates(routing: Routing) -> bool:
    return any(mapping_of(rule.fields.get("delegate")) for rule in routing.http)


def _expanded(routing: Routing, parts: Mapping[tuple[str, str], Routing]) -> Iterator[Rule]:
    for rule in routing.http:
        told = mapping_of(rule.fields.get("delegate"))
        if not told:
            yield rule
            continue
        space = word_of(told.get("namespace")) or routing.namespace
        part = parts.get((space, word_of(told.get("name"))))
        if part is not None and visible(part.export_to, part.namespace, routing.namespace):
            for inner in part.http:
                merged = _merged(rule, inner)
                if merged is not None:
                    yield merged


def _merged(outer: Rule, inner: Rule) -> Rule | None:
    """The delegate's rule within what the delegating rule asks; None where they exclude it."""
    above = {name: outer.fields[name] for name in _ABOVE if name in outer.fields}
    fields = {**above, **inner.fields}
    if not outer.matches or not inner.matches:
        matches: tuple[Mapping[str, Any], ...] = inner.matches or outer.matches
    else:
        matches = tuple(
            {**one, **other, "headers": {**_headers(one), **_headers(other)}}
            for other in inner.matches
            for one in outer.matches
            if _within(one, other)
        )
        if not matches:
            return None
    mirrors = inner.mirrors or outer.mirrors
    return replace(inner, fields=fields, matches=matches, mirrors=mirrors, above=outer)


def _headers(match: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping_of(match.get("headers"))


def _within(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> bool:
    """Whether a delegate's path lies within the path that is left to it."""
    left, asked = mapping_of(outer.get("uri")), mapping_of(inner.get("uri"))
    if not left or not asked:
        return not any(
            name in outer and name in inner and outer[name] != inner[name]
            for name in ("method", "authority", "scheme", "port")
        )
    if "regex" in left or "regex" in asked:
        return False
    if "exact" in left:
        return asked == left
    root = word_of(left.get("prefix"))
    return word_of(asked.get("prefix") or asked.get("exact")).startswith(root)
