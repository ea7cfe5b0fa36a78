"""What a change that is wanted means for one object, and what the object is after it.

`edit_of` says it: replace a value, add a key or an element, remove one; or nothing, where the
object has it already. What can be wanted stands in `diagnosis/edit.py`, and is handed on from here.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from enum import StrEnum
from typing import Any

from why503.diagnosis.edit import Append, Change, Drop, Item, Put, Step, Target
from why503.facts.manifest import Path
from why503.support.dataclass import dataclass
from why503.support.text import _

__all__ = [
    "Append",
    "Change",
    "Drop",
    "Edit",
    "Item",
    "Put",
    "RefusedError",
    "Step",
    "Target",
    "Verb",
    "applied",
    "at",
    "edit_of",
    "same",
    "spelled",
]


class RefusedError(Exception):
    """A change that cannot be made safely; its text is a sentence for the user."""


class Verb(StrEnum):
    """What is done at one place."""

    REPLACE = "replace"
    ADD_KEY = "add-key"
    ADD_ITEM = "add-item"
    REMOVE = "remove"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change of one object, with nothing left to look up."""

    verb: Verb
    path: Path
    """The value to replace or remove; for added keys and elements, where they will stand."""
    value: Any = None


def edit_of(root: Any, change: Change) -> Edit | None:
    """What ``change`` means for an object whose value is ``root``; None where it has it already.

    Raises `RefusedError` where the path leads through something that is no mapping or list.
    """
    found, missing = _followed(root, change.path)
    if isinstance(change, Drop):
        return None if missing else Edit(verb=Verb.REMOVE, path=found)
    here = at(root, found)
    if isinstance(change, Append):
        if missing or (here is None and found):
            return _made(root, found, missing, [change.value])
        if not isinstance(here, list):
            said = _("`{path}` is no list, so nothing can be added to it.")
            raise RefusedError(said.format(path=spelled(found)))
        return Edit(verb=Verb.ADD_ITEM, path=(*found, len(here)), value=change.value)
    if missing:
        return _made(root, found, missing, change.value)
    if same(here, change.value):
        return None
    return Edit(verb=Verb.REPLACE, path=found, value=change.value)


def applied(root: Any, edit: Edit) -> Any:
    """``root`` with ``edit`` made, as a new value."""
    if not edit.path:
        return deepcopy(edit.value)
    root = deepcopy(root)
    holder, last = at(root, edit.path[:-1]), edit.path[-1]
    if edit.verb is Verb.REMOVE:
        del holder[last]
    elif edit.verb is Verb.ADD_ITEM:
        holder.append(deepcopy(edit.value))
    else:
        holder[last] = deepcopy(edit.value)
    return root


def same(one: Any, other: Any) -> bool:
    """True where two values are alike in type and content; the order of keys does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(mine, theirs) for mine, theirs in pairs)
    if type(one) is not type(other):
        return False
    return bool(one == other) or (one != one and other != other)  # noqa: PLR0124 - not a number


def spelled(path: Sequence[Step]) -> str:
    """A path as people write it: `spec.http[0].timeout`."""
    parts = []
    for step in path:
        if isinstance(step, Item):
            words = ", ".join(f"{key}={value}" for key, value in step.where.items())
            parts.append(f"[{words}]")
        else:
            parts.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(parts).removeprefix(".")


def at(root: Any, path: Path) -> Any:
    """Value at a path that is there."""
    for step in path:
        root = root[step]
    return root


def _followed(root: Any, path: tuple[Step, ...]) -> tuple[Path, tuple[Step, ...]]:
    """The part of ``path`` that is there, in keys and indexes, and the rest."""
    found: Path = ()
    here = root
    for number, step in enumerate(path):
        place = _place(here, step, found)
        if place is None:
            return found, path[number:]
        found = (*found, place)
        here = here[place]
    return found, ()


def _place(here: Any, step: Step, found: Path) -> str | int | None:
    """Key or index of ``step`` in ``here``; None where it is absent and could be made."""
    if here is None:
        return None
    if isinstance(step, str):
        if not isinstance(here, dict):
            said = _("`{path}` is no mapping, so it has no `{step}`.")
            raise RefusedError(said.format(path=spelled(found), step=step))
        return step if step in here else None
    if not isinstance(here, list):
        said = _("`{path}` is no list, so it has no element {step}.")
        raise RefusedError(said.format(path=spelled(found), step=spelled((step,))))
    if isinstance(step, int):
        if not -len(here) <= step < len(here):
            said = _("`{path}` has {count} elements and so no element {step}.")
            raise RefusedError(said.format(path=spelled(found), count=len(here), step=step))
        return step % len(here)
    fitting = [index for index, item in enumerate(here) if _holds(item, step.where)]
    if len(fitting) > 1:
        said = _("{count} elements of `{path}` fit {step}, so it is not clear which is meant.")
        step_words = spelled((step,))
        raise RefusedError(said.format(path=spelled(found), count=len(fitting), step=step_words))
    return fitting[0] if fitting else None


def _holds(item: Any, where: Mapping[str, Any]) -> bool:
    return isinstance(item, dict) and all(
        key in item
        and (_holds(item[key], wanted) if isinstance(wanted, Mapping) else same(item[key], wanted))
        for key, wanted in where.items()
    )


def _made(root: Any, found: Path, missing: tuple[Step, ...], value: Any) -> Edit:
    """The edit that adds what is missing at the end of ``found``."""
    here = at(root, found)
    if here is None and found:
        return Edit(verb=Verb.REPLACE, path=found, value=_built(missing, value))
    if here is None:
        raise RefusedError(_("The document is empty, so it has no object to change."))
    first, rest = missing[0], missing[1:]
    if isinstance(first, str):
        return Edit(verb=Verb.ADD_KEY, path=(*found, first), value=_built(rest, value))
    return Edit(verb=Verb.ADD_ITEM, path=(*found, len(here)), value=_built(missing, value)[0])


def _built(steps: tuple[Step, ...], value: Any) -> Any:
    """``value`` inside new mappings and lists along ``steps``."""
    for step in reversed(steps):
        if isinstance(step, str):
            value = {step: value}
        elif isinstance(step, Item):
            inner = value if isinstance(value, Mapping) else {}
            value = [_merged(step.where, inner)]
        else:
            said = _("`[{step}]` cannot be made: the list that it counts in does not exist.")
            raise RefusedError(said.format(step=step))
    return value


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both: dict[str, Any] = {key: deepcopy(value) for key, value in under.items()}
    for key, value in over.items():
        mine = both.get(key)
        if isinstance(mine, Mapping) and isinstance(value, Mapping):
            both[key] = _merged(mine, value)
        else:
            both[key] = deepcopy(value)
    return both
