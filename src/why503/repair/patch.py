"""Changes made in a YAML text, and the proof that nothing else changed.

`patched` is the one way from changes to a new text::

    rule = Target(kind="DestinationRule", name="vminsert", namespace="monitoring")
    path = ("spec", "trafficPolicy", "connectionPool", "http", "idleTimeout")
    made = patched(text, [Put(target=rule, path=path, value="50s")])
    made.text, made.notes

Only the characters of the edit differ. After every change the document is read again by the reader
of evidence and held against the value that was wanted; where they differ in anything, nothing is
changed and a `RefusedError` says so.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from why503.repair.change import Change, Edit, RefusedError, applied, edit_of, same, spelled
from why503.repair.document import Document, documents_of, found_object
from why503.repair.edit import splices_of
from why503.repair.marked import marked
from why503.repair.sharing import Sharing
from why503.repair.text_edit import Lines, spliced
from why503.support.dataclass import dataclass
from why503.support.text import _

_ODD_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
"""Line breaks of other times, which readers of YAML do not agree on."""
_MARK = "\ufeff"


@dataclass(frozen=True, kw_only=True)
class Patched:
    """A text with its changes made."""

    text: str
    notes: tuple[str, ...] = ()
    """What the user should know of how it was done."""


def patched(text: str, changes: Sequence[Change], *, overriding: bool = False) -> Patched:
    """``text`` with ``changes`` made one after the other; the same text where it has them all.

    With ``overriding``, what an alias or a merge key brings in may be written out with the change
    in it. Raises `RefusedError` with a sentence where a change cannot be made safely.
    """
    if _ODD_BREAK.search(text):
        said = _("It has line breaks that are neither LF nor CRLF. Convert the file first.")
        raise RefusedError(said)
    mark = _MARK if text.startswith(_MARK) else ""
    parts = documents_of(text.removeprefix(_MARK))
    notes = []
    for change in changes:
        number, inner = found_object(parts, change.target)
        part = parts[number]
        root = part.value
        here = root
        for step in inner:
            here = here[step]
        wanted = edit_of(here, change)
        if wanted is None:
            continue
        new, note = _edited(part, replace(wanted, path=(*inner, *wanted.path)), overriding)
        parts[number] = Document(text=new, first_line=part.first_line)
        parts[number + 1 :] = _moved(parts[number + 1 :], new.count("\n") - part.text.count("\n"))
        notes += [note] if note else []
    return Patched(text=mark + "".join(part.text for part in parts), notes=tuple(notes))


def _moved(parts: list[Document], lines: int) -> list[Document]:
    return [replace(part, first_line=part.first_line + lines) for part in parts] if lines else parts


def _edited(part: Document, edit: Edit, overriding: bool) -> tuple[str, str]:
    """Text of a document with one edit made, and a note."""
    text = part.text
    root = marked(text)
    if root is None:
        raise RefusedError(_("The document is empty."))
    sharing = Sharing(root, part.value, lambda at: part.first_line + text.count("\n", 0, at))
    own, note = sharing.settled(edit, overriding=overriding)
    new = spliced(text, splices_of(own, root, Lines(text)))
    _check(new, part, edit)
    return new, note


def _check(new: str, part: Document, edit: Edit) -> None:
    """Raises `RefusedError` unless ``new`` means the old value with exactly the edit made."""
    said = _(
        "The edit of `{path}` would change more than that, because of how the file is written "
        "there. Make the change by hand."
    )
    refused = RefusedError(said.format(path=spelled(edit.path)))
    parts = [one for one in documents_of(new) if one.text.strip()]
    if len(parts) != len([one for one in documents_of(part.text) if one.text.strip()]):
        raise refused
    try:
        value = Document(text=new, first_line=part.first_line).value
    except RefusedError:
        raise refused from None
    if not same(value, applied(part.value, edit)):
        raise refused
