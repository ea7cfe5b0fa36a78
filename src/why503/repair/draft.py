"""A change set in the making: changes of the user's files and new objects, refused one by one.

::

    draft = Draft()
    draft.change("k8s/vminsert.yaml", [Put(target=rule, path=path, value="50s")])
    draft.add(place_of(sidecar, manifests), sidecar)
    draft.done()                      # a ChangeSet: what `diff`, `gate` and `disk` take

Several changes of one call go together: all of them are made, or none.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from why503.repair.change import Append, Change, RefusedError, Target
from why503.repair.change_set import ChangeSet, FileChange, Refused
from why503.repair.new_document import appended, document_text, form_of_text
from why503.repair.patch import patched
from why503.repair.place import Place
from why503.support.text import _


def read_file(path: str) -> bytes | None:
    """Bytes of a file; None where there is none. Raises `RefusedError` for what cannot be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as fault:
        said = _("Cannot read `{path}`: {reason}.")
        raise RefusedError(said.format(path=path, reason=fault.strerror or fault)) from fault


class Draft:
    """Collects; nothing is written. ``read`` gives the bytes of a path, None for no file."""

    def __init__(self, read: Callable[[str], bytes | None] = read_file) -> None:
        self._read = read
        self._before: dict[str, bytes | None] = {}
        self._after: dict[str, str] = {}
        self._notes: dict[str, list[str]] = {}
        self._refused: list[Refused] = []

    def change(self, path: str, changes: Sequence[Change], *, overriding: bool = False) -> bool:
        """Make ``changes`` in the file at ``path``; False where they are refused."""
        try:
            made = patched(self._known_text(path), changes, overriding=overriding)
        except RefusedError as refused:
            self._refused.append(Refused(path=path, reason=str(refused)))
            return False
        self._after[path] = made.text
        self._notes.setdefault(path, []).extend(made.notes)
        return True

    def add(self, place: Place, data: Mapping[str, Any], comment: str = "") -> bool:
        """Add a new object where ``place`` says; ``comment`` stands above it. False if refused."""
        path = place.path
        try:
            text = self._text(path)
            like = text if text is not None or not place.like else self._text(place.like)
            form = form_of_text(like or "")
            new = document_text(data, form, comment)
            result = new if text is None else appended(text, new)
        except RefusedError as refused:
            self._refused.append(Refused(path=path, reason=str(refused)))
            return False
        self._after[path] = result
        self._notes.setdefault(path, [])
        if text is None and place.listed_in:
            name = Path(path).relative_to(Path(place.listed_in).parent).as_posix()
            listing = Append(target=Target(document=0), path=("resources",), value=name)
            self.change(place.listed_in, [listing])
        return True

    def done(self) -> ChangeSet:
        """Files whose bytes differ, by path, and what was refused."""
        files = [
            FileChange(
                path=path,
                before=self._before[path],
                after=text.encode(),
                notes=tuple(dict.fromkeys(self._notes[path])),
            )
            for path, text in sorted(self._after.items())
            if text.encode() != self._before[path]
        ]
        return ChangeSet(files=tuple(files), refused=tuple(self._refused))

    def _known_text(self, path: str) -> str:
        text = self._text(path)
        if text is None:
            said = _("There is no file `{path}`.")
            raise RefusedError(said.format(path=path))
        return text

    def _text(self, path: str) -> str | None:
        if path in self._after:
            return self._after[path]
        if path not in self._before:
            self._before[path] = self._read(path)
        content = self._before[path]
        if content is None:
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            said = _("`{path}` is not UTF-8, so it cannot be edited safely. Convert it first.")
            raise RefusedError(said.format(path=path)) from None
