"""A change set as a unified diff that `patch -p1` and `git apply` take."""

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import PurePath

from why503.repair.change_set import ChangeSet, FileChange

_NO_END = "\\ No newline at end of file\n"


def diff(changes: ChangeSet, context: int = 3) -> str:
    """All files as one diff, ``context`` lines around each change; ``""`` where none changes."""
    return "".join(line for change in changes.files for line in _of_file(change, context))


def _of_file(change: FileChange, context: int) -> Iterator[str]:
    path = PurePath(change.path).as_posix().lstrip("/")
    old = _rows(change.before or b"")
    new = _rows(change.after)
    source = "/dev/null" if change.is_new else f"a/{path}"
    for line in unified_diff(old, new, source, f"b/{path}", n=context):
        yield line
        if not line.endswith("\n"):
            yield "\n" + _NO_END


def _rows(content: bytes) -> list[str]:
    """Lines with their line feeds; a carriage return before one is part of the line."""
    text = content.decode()
    rows = [f"{row}\n" for row in text.split("\n")]
    last = rows.pop().removesuffix("\n")
    return [*rows, last] if last else rows
