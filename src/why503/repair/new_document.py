"""A new object as text, alone or behind what a file holds, indented as the user does."""

from collections.abc import Mapping
from typing import Any

from why503.diagnosis.yaml_text import Form, block_rows
from why503.repair.block_edit import form_of
from why503.repair.change import RefusedError, same
from why503.repair.document import Document, documents_of
from why503.repair.marked import marked
from why503.repair.text_edit import Lines
from why503.support.text import _

_READ = 5
"""Documents of a file that are looked at for its indentation."""


def form_of_text(text: str) -> Form:
    """How a file is indented; the usual form where it does not show."""
    for part in documents_of(text.removeprefix("\ufeff"))[:_READ]:
        try:
            root = marked(part.text)
        except RefusedError:
            continue
        if root is not None and root.is_block:
            return form_of(root, Lines(part.text))
    return Form()


def document_text(data: Mapping[str, Any], form: Form, comment: str = "") -> str:
    """``data`` as a YAML document with LF line breaks, ``comment`` above it."""
    rows = [f"# {row}".rstrip() for row in comment.splitlines()]
    text = "\n".join([*rows, *block_rows(dict(data), 0, form)]) + "\n"
    if not same(Document(text=text, first_line=1).value, data):
        raise RefusedError(_("The new object cannot be written as YAML."))
    return text


def appended(text: str, document: str) -> str:
    """``text`` with one more document at its end, in its own line breaks."""
    parts = documents_of(text.removeprefix("\ufeff"))
    filled = [part for part in parts if part.values]
    lines = Lines(text)
    body = document.replace("\n", lines.newline)
    if not filled:
        return _ended(text, lines) + body
    if text.removeprefix("\ufeff").lstrip()[:1] in {"{", "["}:
        raise RefusedError(_("The file is JSON, which holds one document only."))
    is_open = not parts[-1].values and parts[-1].text.startswith("---")
    marker = "" if is_open else f"---{lines.newline}"
    new = _ended(text, lines) + marker + body
    now = [part.value for part in documents_of(new.removeprefix("\ufeff")) if part.values]
    wanted = [part.value for part in filled]
    if not same(now[:-1], wanted) or len(now) != len(wanted) + 1:
        raise RefusedError(_("A document cannot be added behind the end of this file."))
    return new


def _ended(text: str, lines: Lines) -> str:
    return text if not text or text.endswith("\n") else text + lines.newline
