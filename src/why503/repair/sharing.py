"""Edits beside anchors, aliases and merge keys: what is shared is never changed in silence."""

from collections.abc import Callable
from typing import Any

from why503.facts.manifest import Path
from why503.repair.change import Edit, RefusedError, Verb, applied, at, spelled
from why503.repair.edit import entry_of
from why503.repair.marked import Mark, all_marks
from why503.support.text import _


class Sharing:
    """The aliases of one document."""

    def __init__(self, root: Mark, value: Any, line_of: Callable[[int], int]) -> None:
        self._root = root
        self._value = value
        self._line_of = line_of
        self._aliases = [mark for mark in all_marks(root) if mark.sort == "alias"]

    def settled(self, edit: Edit, *, overriding: bool) -> tuple[Edit, str]:
        """The edit that changes what is wanted and nothing that is shared; and a note, or ``""``.

        What an alias or a merge key brings in is written out in its own place with the change in
        it, where ``overriding`` allows that. Raises `RefusedError` otherwise.
        """
        here = self._root
        for number, step in enumerate(edit.path):
            path = edit.path[: number + 1]
            is_last = number == len(edit.path) - 1
            self._refuse_shared(here, edit.path[:number])
            entry = entry_of(here, step, path)
            if entry is None:
                if is_last and edit.verb in {Verb.ADD_KEY, Verb.ADD_ITEM}:
                    return edit, ""
                return self._beside_merge(edit, path, overriding=overriding)
            if is_last:
                self._refuse_used(entry.value, path)
                return edit, ""
            if entry.value.sort == "alias":
                return self._written_out(edit, path, entry.value, overriding=overriding)
            here = entry.value
        return edit, ""

    def _beside_merge(self, edit: Edit, path: Path, *, overriding: bool) -> tuple[Edit, str]:
        where = spelled(path)
        if len(path) == len(edit.path):
            if edit.verb is Verb.REPLACE:
                note = _("`{path}` is set here, over the value that the merge key `<<` brings in.")
                own = Edit(verb=Verb.ADD_KEY, path=path, value=edit.value)
                return own, note.format(path=where)
            said = _(
                "`{path}` comes from the merge key `<<` and can only be removed where it is "
                "written, for all who merge it."
            )
            raise RefusedError(said.format(path=where))
        if not overriding:
            said = _(
                "`{path}` comes from the merge key `<<`: a change where it is written changes all "
                "who merge it. Allow overriding to write it out here with the change in it."
            )
            raise RefusedError(said.format(path=where))
        note = _("`{path}` came from the merge key `<<` and is now written out here.")
        value = at(applied(self._value, edit), path)
        return Edit(verb=Verb.ADD_KEY, path=path, value=value), note.format(path=where)

    def _written_out(
        self, edit: Edit, path: Path, alias: Mark, *, overriding: bool
    ) -> tuple[Edit, str]:
        where = spelled(path)
        if not overriding:
            said = _(
                "`{path}` is the alias `*{name}`: a change of what it stands for changes all who "
                "use it. Allow overriding to write it out here with the change in it."
            )
            raise RefusedError(said.format(path=where, name=alias.anchor))
        note = _("`{path}` was the alias `*{name}` and is now written out here.")
        value = at(applied(self._value, edit), path)
        own = Edit(verb=Verb.REPLACE, path=path, value=value)
        return own, note.format(path=where, name=alias.anchor)

    def _refuse_shared(self, mark: Mark, path: Path) -> None:
        """Refuse where ``mark``, in which something changes, is used elsewhere."""
        uses = [alias for alias in self._aliases if mark.anchor and alias.anchor == mark.anchor]
        if uses:
            self._refuse(mark.anchor, path, uses[0])

    def _refuse_used(self, mark: Mark, path: Path) -> None:
        """Refuse where ``mark``, which goes, holds what is used outside of it."""
        names = {inner.anchor for inner in all_marks(mark) if inner.sort != "alias"} - {""}
        for alias in self._aliases:
            if alias.anchor in names and not mark.begin <= alias.begin < mark.end:
                self._refuse(alias.anchor, path, alias)

    def _refuse(self, name: str, path: Path, alias: Mark) -> None:
        said = _(
            "`{path}` carries the anchor `&{name}`, which is used again on line {line}: a change "
            "here changes that as well. Write the values out there first."
        )
        line = self._line_of(alias.begin)
        raise RefusedError(said.format(path=spelled(path) or "/", name=name, line=line))
