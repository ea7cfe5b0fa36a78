"""What was written and how to take it back: one record in its own folder for each change set.

A record holds the old bytes of every file and the fingerprint of the new ones. It is restored whole
or not at all, and only while every file still is what was written.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from why503.repair.change import RefusedError
from why503.repair.change_set import digest
from why503.support.dataclass import dataclass
from why503.support.text import _

_NAME = "record.json"
_FORM = "why503/undo/v1"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One file of a record."""

    path: str
    """Absolute, links followed."""
    backup: str
    """Name of the file in the record's folder with the old bytes; ``""`` for a new file."""
    after: str
    """Fingerprint of the bytes that were written."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One change set that was written."""

    folder: Path
    files: tuple[Kept, ...]
    folders: tuple[str, ...] = ()
    """Folders that were made for new files, outer ones first."""
    time: str = ""
    """When it was written, as the caller told."""


def default_home(environment: Mapping[str, str]) -> Path:
    """The folder of all records: outside of the user's files, by the rules of the system."""
    if state := environment.get("XDG_STATE_HOME"):
        return Path(state) / "why503" / "fix"
    if local := environment.get("LOCALAPPDATA"):
        return Path(local) / "why503" / "fix"
    return Path(environment.get("HOME") or "~").expanduser() / ".local/state/why503/fix"


def keep(
    home: Path,
    before: Mapping[Path, tuple[bytes | None, bytes]],
    folders: tuple[str, ...] = (),
    time: str = "",
) -> Record:
    """Write a record of files with their bytes before (None: no file) and after.

    Only the user can read it: manifests may hold secrets.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = 1 + max((int(one.name) for one in _folders(home)), default=0)
    folder = home / f"{number:06d}"
    folder.mkdir(mode=0o700)
    kept = []
    for place, (path, (old, new)) in enumerate(sorted(before.items())):
        backup = f"{place:04d}" if old is not None else ""
        if old is not None:
            _write_private(folder / backup, old)
        kept.append(Kept(path=str(path), backup=backup, after=digest(new)))
    record = Record(folder=folder, files=tuple(kept), folders=folders, time=time)
    told = {
        "schema": _FORM,
        "time": time,
        "files": [{"path": one.path, "backup": one.backup, "after": one.after} for one in kept],
        "folders": list(folders),
    }
    _write_private(folder / _NAME, json.dumps(told, indent=2).encode())
    return record


def latest(home: Path) -> Record | None:
    """The newest record that can be read; None where there is none."""
    for folder in reversed(_folders(home)):
        record = _read(folder)
        if record is not None:
            return record
    return None


def changed_since(record: Record) -> tuple[str, ...]:
    """Files of ``record`` that are neither what was written nor what stood there before."""
    return tuple(
        one.path for one in record.files if _now(one.path) not in {one.after, _old(record, one)}
    )


def old_bytes(record: Record, one: Kept) -> bytes | None:
    """What stood in a file before; None for no file. Raises `RefusedError` without the backup."""
    if not one.backup:
        return None
    try:
        return (record.folder / one.backup).read_bytes()
    except OSError as fault:
        said = _("The backup of `{path}` in `{folder}` cannot be read, so nothing is restored.")
        raise RefusedError(said.format(path=one.path, folder=record.folder)) from fault


def forget(record: Record) -> None:
    """Remove a record that was restored or that nothing was written for."""
    for one in record.files:
        if one.backup:
            (record.folder / one.backup).unlink(missing_ok=True)
    (record.folder / _NAME).unlink(missing_ok=True)
    record.folder.rmdir()


def _old(record: Record, one: Kept) -> str:
    content = old_bytes(record, one)
    return "" if content is None else digest(content)


def _now(path: str) -> str:
    """Fingerprint of a file; ``""`` where there is none."""
    try:
        return digest(Path(path).read_bytes())
    except OSError:
        return ""


def _folders(home: Path) -> list[Path]:
    if not home.is_dir():
        return []
    return sorted(one for one in home.iterdir() if one.name.isdecimal() and one.is_dir())


def _read(folder: Path) -> Record | None:
    try:
        told: Any = json.loads((folder / _NAME).read_bytes())
        if told["schema"] != _FORM:
            return None
        files = [
            Kept(path=str(one["path"]), backup=str(one["backup"]), after=str(one["after"]))
            for one in told["files"]
        ]
        folders = tuple(str(one) for one in told["folders"])
        time = str(told["time"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Record(folder=folder, files=tuple(files), folders=folders, time=time)


def _write_private(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
