"""A bundle as rows of one table, and back.

Groups and failures have a column per field, so that other programs can ask the file too; whatever
else was read stands in the column `json`.
"""

import types
import typing
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

import msgspec

from why503.facts import AccessLog, Bundle, Fact, Input, Manifest, Request, RequestGroup, Unread

Row = dict[str, Any]

_IDS = 10_000
"""Request ids of one row."""
_TABLED: dict[str, type] = {"group": RequestGroup, "failure": Request}
_FACTS: dict[str, type] = {one.__name__: one for one in typing.get_args(Fact)}
_TYPES = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN"}
_SOURCE = 'STRUCT(path VARCHAR, line BIGINT, "column" BIGINT)'


def columns() -> dict[str, str]:
    """The columns of the table with their SQL types."""
    found = {"kind": "VARCHAR", "fact": "BIGINT", "json": "VARCHAR"}
    for kind in _TABLED.values():
        for name, hint in typing.get_type_hints(kind).items():
            found.setdefault(name, _sql_type(hint))
    return found


def _sql_type(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        hint = next(one for one in typing.get_args(hint) if one is not types.NoneType)
    origin = typing.get_origin(hint)
    if origin in {tuple, frozenset}:
        return f"{_sql_type(typing.get_args(hint)[0])}[]"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "VARCHAR"
    return _TYPES.get(hint, _SOURCE)


def rows_of(bundle: Bundle) -> Iterator[Row]:
    """The rows of a bundle, in an order that `bundle_of` needs."""
    for one in bundle.inputs:
        yield _row("input", one)
    for missing in bundle.unread:
        yield _row("unread", missing)
    for index, fact in enumerate(bundle.facts):
        if isinstance(fact, AccessLog):
            yield from _log_rows(index, fact)
        elif isinstance(fact, Manifest):
            lines = [[list(path), list(place)] for path, place in fact.lines.items()]
            kept = [msgspec.to_builtins(replace(fact, lines={})), lines]
            yield _row("Manifest", kept, index)
        else:
            yield _row(type(fact).__name__, fact, index)


def _log_rows(index: int, log: AccessLog) -> Iterator[Row]:
    bare = replace(log, groups=(), failures=(), request_ids=frozenset())
    yield _row("AccessLog", bare, index)
    for group in log.groups:
        yield {"kind": "group", "fact": index, **msgspec.to_builtins(group)}
    for failure in log.failures:
        yield {"kind": "failure", "fact": index, **msgspec.to_builtins(failure)}
    ids = sorted(log.request_ids)
    for start in range(0, len(ids), _IDS):
        yield _row("ids", ids[start : start + _IDS], index)


def _row(kind: str, kept: object, index: int = -1) -> Row:
    return {"kind": kind, "fact": index, "json": msgspec.json.encode(kept).decode()}


def bundle_of(rows: Iterable[Row]) -> Bundle:
    """The bundle that `rows_of` took apart; raises `msgspec.ValidationError` for other rows."""
    inputs: list[Input] = []
    unread: list[Unread] = []
    facts: dict[int, Fact] = {}
    parts: defaultdict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in rows:
        kind, index = row["kind"], row["fact"]
        if kind == "input":
            inputs.append(msgspec.json.decode(row["json"], type=Input))
        elif kind == "unread":
            unread.append(msgspec.json.decode(row["json"], type=Unread))
        elif kind in _TABLED:
            parts[index, kind].append(_tabled(row, _TABLED[kind]))
        elif kind == "ids":
            parts[index, kind].extend(msgspec.json.decode(row["json"], type=list[str]))
        elif kind == "Manifest":
            facts[index] = _manifest(row["json"])
        elif kind in _FACTS:
            facts[index] = msgspec.json.decode(row["json"], type=_FACTS[kind])
        else:
            raise msgspec.ValidationError(kind)
    for index, fact in facts.items():
        if isinstance(fact, AccessLog):
            facts[index] = replace(
                fact,
                groups=tuple(parts[index, "group"]),
                failures=tuple(parts[index, "failure"]),
                request_ids=frozenset(parts[index, "ids"]),
            )
    ordered = tuple(facts[index] for index in sorted(facts))
    return Bundle(inputs=tuple(inputs), facts=ordered, unread=tuple(unread))


def _tabled(row: Row, kind: type) -> Any:
    return msgspec.convert({name: row[name] for name in _fields(kind)}, kind)


def _fields(kind: type) -> tuple[str, ...]:
    return tuple(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def _manifest(text: str) -> Manifest:
    kept, lines = msgspec.json.decode(text, type=tuple[Manifest, list[Any]])
    return replace(kept, lines={tuple(path): tuple(place) for path, place in lines})
