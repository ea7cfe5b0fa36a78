"""From wishes to what may be offered: the files found, the makers asked, the gate passed.

::

    idle = Wish(changes=(Put(target=rule, path=path, value="50s"),))
    sidecar = Wish(new={"apiVersion": …, "kind": "Sidecar", …}, beside=rule, comment="Why.")
    offer = offered([idle, sidecar], bundle, CATALOGUE)
    diff(offer.changes), offer.changes.refused, offer.elsewhere

A wish is kept or refused whole, and one that is refused spoils no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from why503.diagnosis.cause import Cause
from why503.diagnosis.edit import New
from why503.facts import Bundle, Manifest
from why503.repair.change import Change, Item, Put, RefusedError, Target
from why503.repair.change_set import ChangeSet, Refused
from why503.repair.document import documents_of, found_object
from why503.repair.draft import Draft, read_file
from why503.repair.gate import Gate
from why503.repair.json_patch import json_patch
from why503.repair.origin import Origin, origins_of, values_on
from why503.repair.place import conventional, place_of
from why503.support.dataclass import dataclass
from why503.support.text import _

_HEAD = 2000


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What one remedy wants: changes of one object that is there, or a new object."""

    changes: tuple[Change, ...] = ()
    new: Mapping[str, Any] | None = None
    """A whole object; None where one that is there changes."""
    beside: Target | None = None
    """The object that a new one belongs to; None for none."""
    comment: str = ""
    """What stands above a new object."""


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Changes that are to be made in what makes the file, not in the file."""

    path: str
    target: Target
    origin: Origin
    operations: tuple[Mapping[str, Any], ...] = ()
    """JSON Patch (RFC 6902) that an overlay or `kubectl patch --type json` takes."""
    new: New | None = None
    """A new object that belongs into what makes the file."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values of the chart that a template reads at the places that change, by path."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What may be written, and what stands in the way of the rest."""

    changes: ChangeSet
    elsewhere: tuple[Elsewhere, ...] = ()
    origins: tuple[Origin, ...] = ()
    """Makers of the changed objects that the user should know of."""


def offered(
    wishes: Sequence[Wish],
    bundle: Bundle,
    catalogue: Sequence[Cause],
    istio: tuple[int, int] | None = None,
    *,
    overriding: bool = False,
    read: Callable[[str], bytes | None] = read_file,
) -> Offer:
    """The changes that ``wishes`` mean for the files of ``bundle``, checked.

    ``istio`` is the version to hold against; None: what the evidence tells. See `patch.patched`
    for ``overriding``.
    """
    return offered_at(Gate(bundle, catalogue, istio), wishes, overriding=overriding, read=read)


def offered_at(
    gate: Gate,
    wishes: Sequence[Wish],
    *,
    overriding: bool = False,
    read: Callable[[str], bytes | None] = read_file,
) -> Offer:
    """The same at a gate that is asked for several sets of wishes of one bundle."""
    maker = _Maker(gate, read, overriding)
    whole = maker.offer(wishes)
    if not gate.objections(whole.changes.texts):
        return whole
    kept, refused = [], []
    for wish in wishes:
        alone = maker.offer([wish]).changes
        found = gate.objections(alone.texts)
        if not found:
            kept.append(wish)
            continue
        said = _("Not offered, because it would bring a new finding of {rule}: {text}")
        told = said.format(rule=found[0].rule, text=found[0].text)
        refused.append(Refused(path=found[0].source.path, reason=told))
    rest = maker.offer(kept)
    found = gate.objections(rest.changes.texts)
    if found:  # only together do they bring it
        said = _("Not offered, because all changes together would bring {rule}: {text}")
        told = said.format(rule=found[0].rule, text=found[0].text)
        refused.append(Refused(path=found[0].source.path, reason=told))
        rest = maker.offer([])
    changes = ChangeSet(files=rest.changes.files, refused=(*rest.changes.refused, *refused))
    return Offer(changes=changes, elsewhere=rest.elsewhere, origins=rest.origins)


class _Maker:
    """Turns wishes into a change set, without the gate."""

    def __init__(self, gate: Gate, read: Callable[[str], bytes | None], overriding: bool) -> None:
        self._manifests = [fact for fact in gate.bundle.facts if isinstance(fact, Manifest)]
        self._istio = gate.istio
        self._read = read
        self._overriding = overriding

    def offer(self, wishes: Sequence[Wish]) -> Offer:
        draft = Draft(self._read)
        elsewhere: list[Elsewhere] = []
        origins: list[Origin] = []
        refused: list[Refused] = []
        for wish in wishes:
            path = ""
            try:
                if wish.new is not None:
                    elsewhere += self._add(wish, wish.new, draft)
                elif wish.changes:
                    target = wish.changes[0].target
                    path = self._file_of(target)
                    made = self._origins(path, target, wish.changes)
                    if blocked := [one for one in made if one.origin.blocks]:
                        elsewhere += blocked[:1]
                        continue
                    if draft.change(path, wish.changes, overriding=self._overriding):
                        origins += [one.origin for one in made]
            except RefusedError as fault:
                refused.append(Refused(path=path, reason=str(fault)))
        done = draft.done()
        return Offer(
            changes=ChangeSet(files=done.files, refused=(*done.refused, *refused)),
            elsewhere=tuple(elsewhere),
            origins=tuple(dict.fromkeys(origins)),
        )

    def _add(self, wish: Wish, new: Mapping[str, Any], draft: Draft) -> tuple[Elsewhere, ...]:
        """Add a new object; where a machine makes the file beside it, say so instead."""
        beside = self._file_of(wish.beside) if wish.beside is not None else ""
        data = conventional(new, self._manifests, self._istio)
        self._refuse_taken(data)
        made = self._origins(beside, wish.beside, ()) if wish.beside is not None else ()
        for one in made:
            if one.origin.blocks:
                whole = New(data=data, comment=wish.comment)
                return (Elsewhere(path=beside, target=one.target, origin=one.origin, new=whole),)
        draft.add(place_of(data, self._manifests, beside), data, wish.comment)
        return ()

    def _refuse_taken(self, data: Mapping[str, Any]) -> None:
        """Raises `RefusedError` where an object has the name of a new one."""
        metadata = data.get("metadata") or {}
        name, space = metadata.get("name"), metadata.get("namespace", "")
        for one in self._manifests:
            same_place = not (space and one.namespace) or space == one.namespace
            if (one.kind, one.name) == (data.get("kind"), name) and same_place:
                said = _("{object} is there already, for something else: choose another name.")
                raise RefusedError(said.format(object=one.full_name))

    def _file_of(self, target: Target) -> str:
        """The one file that holds an object. Raises `RefusedError`."""
        found = [
            one
            for one in self._manifests
            if (one.kind, one.name) == (target.kind, target.name) and not one.partial
        ]
        exact = [one for one in found if one.namespace == target.namespace]
        fitting = exact or [one for one in found if not (target.namespace and one.namespace)]
        paths = sorted({one.source.path for one in fitting})
        if not paths:
            said = _("There is no {target} in the files that were given.")
            raise RefusedError(said.format(target=target.words))
        if len(paths) > 1:
            said = _("{target} stands in several files ({paths}): give the one that counts.")
            raise RefusedError(said.format(target=target.words, paths=", ".join(paths)))
        if not _is_plain(self._read(paths[0])):
            said = _(
                "{target} was read from `{path}`, which is no plain file: unpack it, or give the "
                "file in place of a pipe."
            )
            raise RefusedError(said.format(target=target.words, path=paths[0]))
        return paths[0]

    def _origins(
        self, path: str, target: Target, changes: Sequence[Change]
    ) -> tuple[Elsewhere, ...]:
        text = self._text(path) or ""
        parts = documents_of(text.removeprefix("\ufeff"))
        try:
            number, steps = found_object(parts, target)
        except RefusedError:
            made = [one for one in origins_of(path, text, {}, self._text) if one.blocks]
            if not made:
                raise
            return tuple(Elsewhere(path=path, target=target, origin=one) for one in made)
        data = parts[number].value
        for step in steps:
            data = data[step]
        operations = tuple(json_patch(data, changes))
        values = self._values(text, target, changes)
        return tuple(
            Elsewhere(path=path, target=target, origin=origin, operations=operations, values=values)
            for origin in origins_of(path, parts[number].text, data, self._text)
        )

    def _values(self, text: str, target: Target, changes: Sequence[Change]) -> dict[str, Any]:
        """What to set in the values of a chart whose template reads them where ``changes`` are."""
        held = [
            one
            for one in self._manifests
            if (one.kind, one.name, one.namespace) == (target.kind, target.name, target.namespace)
        ]
        found: dict[str, Any] = {}
        for change in changes:
            steps = [step for step in change.path if not isinstance(step, Item)]
            if held and isinstance(change, Put) and len(steps) == len(change.path):
                names = values_on(text, held[0].where(*steps).line)
                found |= {names[0]: change.value} if len(names) == 1 else {}
        return found

    def _text(self, path: str) -> str | None:
        content = self._read(path)
        return None if content is None else content.decode("utf-8", "replace")


def _is_plain(content: bytes | None) -> bool:
    """True for text; False for archives, compressed files and what is no file."""
    return content is not None and b"\0" not in content[:_HEAD] and content[:2] != b"\x1f\x8b"
