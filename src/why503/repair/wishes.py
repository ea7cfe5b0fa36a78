"""A remedy's edits as wishes: those of one object together, nothing with a name left open."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from why503.diagnosis.cause import Remedy
from why503.diagnosis.edit import Change, New, Target, placeholders
from why503.repair.change import RefusedError, same
from why503.repair.offer import Wish
from why503.support.text import _


def wishes_of(remedy: Remedy) -> tuple[Wish, ...]:
    """What ``remedy`` wants of the files; empty where it has no edits.

    Raises `RefusedError` where the evidence leaves a name or a value open.
    """
    edits = tuple(_placed(edit) if isinstance(edit, New) else edit for edit in remedy.edits)
    if names := placeholders(edits):
        said = _(
            "The evidence does not tell {names}. Give the manifests of the service as well, or "
            "fill in the patch that `why503 diagnose` shows."
        )
        raise RefusedError(said.format(names=", ".join(f"`{name}`" for name in names)))
    changes: dict[Target, list[Change]] = {}
    for edit in edits:
        if not isinstance(edit, New):
            changes.setdefault(edit.target, []).append(edit)
    return (
        *(Wish(changes=tuple(found)) for found in changes.values()),
        *(
            Wish(new=edit.data, beside=edit.beside, comment=edit.comment)
            for edit in edits
            if isinstance(edit, New)
        ),
    )


def joined(wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """``wishes`` with each change once and the parts of one new object put together.

    Raises `RefusedError` where two new objects of one name want different values.
    """
    made: dict[tuple[str, str, str], Wish] = {}
    seen: list[Change] = []
    found: list[Wish] = []
    for wish in wishes:
        if wish.new is None:
            fresh = tuple(one for one in wish.changes if one not in seen)
            seen += fresh
            found += [replace(wish, changes=fresh)] if fresh else []
            continue
        key = _key(wish.new)
        known = made.get(key)
        data = wish.new if known is None or known.new is None else _merged(known.new, wish.new)
        made[key] = replace(known or wish, new=data)
    return (*found, *made.values())


def _placed(new: New) -> New:
    """Without a namespace that is not known, where the object that it belongs to names none."""
    metadata = new.data.get("metadata")
    if new.beside is None or new.beside.namespace or not isinstance(metadata, Mapping):
        return new
    if not str(metadata.get("namespace", "")).startswith("<"):
        return new
    rest = {key: value for key, value in metadata.items() if key != "namespace"}
    return replace(new, data={**new.data, "metadata": rest})


def _key(data: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = data.get("metadata")
    named = metadata if isinstance(metadata, Mapping) else {}
    return str(data.get("kind")), str(named.get("namespace", "")), str(named.get("name", ""))


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: deepcopy(value) for key, value in one.items()}
    for key, value in other.items():
        mine = both.get(key)
        if isinstance(mine, Mapping) and isinstance(value, Mapping):
            both[key] = _merged(mine, value)
        elif key in both and not same(mine, value):
            said = _("Two of the remedies want different values of `{field}`: choose one of them.")
            raise RefusedError(said.format(field=key))
        else:
            both[key] = deepcopy(value)
    return both
