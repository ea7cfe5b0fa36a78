"""Secrets in the context of a diff: a diff that is shown does not repeat what stands beside it."""

from collections.abc import Iterator
from typing import Any

from why503.evidence.manifest_mask import masked
from why503.repair.change import RefusedError
from why503.repair.change_set import ChangeSet
from why503.repair.document import documents_of
from why503.support.secret import mask


def shown(diff: str, changes: ChangeSet) -> str:
    """``diff`` of ``changes`` with `***` for the secrets of the files, for reading only."""
    hidden: dict[str, str] = {}
    for file in changes.files:
        for content in (file.before or b"", file.after):
            hidden.update(_hidden(content.decode("utf-8", "replace")))
    ordered = sorted(hidden, key=len, reverse=True)
    return "\n".join(_row(row, hidden, ordered) for row in diff.split("\n"))


def _row(row: str, hidden: dict[str, str], ordered: list[str]) -> str:
    if row.startswith(("---", "+++", "@@")):
        return row
    for secret in ordered:
        if secret in row:
            row = row.replace(secret, hidden[secret])
    return mask(row)


def _hidden(text: str) -> Iterator[tuple[str, str]]:
    """Rows of texts that are masked in facts, each with what stands for it."""
    for part in documents_of(text.removeprefix("\ufeff")):
        try:
            objects = list(part.objects())
        except RefusedError:
            continue
        for _path, value in objects:
            yield from _differing(value, masked(value))


def _differing(raw: Any, safe: Any) -> Iterator[tuple[str, str]]:
    if isinstance(raw, dict) and isinstance(safe, dict):
        for key, value in raw.items():
            yield from _differing(value, safe.get(key, "***"))
    elif isinstance(raw, list) and isinstance(safe, list):
        for value, other in zip(raw, safe, strict=False):
            yield from _differing(value, other)
    elif isinstance(raw, dict | list):
        for value in raw.values() if isinstance(raw, dict) else raw:
            yield from _differing(value, "***")
    elif raw != safe and str(raw).strip():
        rows, others = str(raw).split("\n"), str(safe).split("\n")
        for number, row in enumerate(rows):
            if row.strip():
                yield row.strip(), others[number].strip() if len(rows) == len(others) else "***"
