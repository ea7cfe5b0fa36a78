"""Change sets on disk: written whole or not at all, and taken back.

Each file is written beside its place and moved over it, so that nobody ever reads half a file. Its
mode stays, and a symbolic link stays one: what it points to is written. The record for `revert` is
kept before the first file changes.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath

from why503.repair.atomic import replace
from why503.repair.change import RefusedError
from why503.repair.change_set import ChangeSet, FileChange
from why503.repair.undo import Record, changed_since, forget, keep, latest, old_bytes
from why503.support.text import _


def write(changes: ChangeSet, home: Path, time: str = "") -> Record | None:
    """Write all files and keep a record under ``home``; None where there is nothing to write.

    Raises `RefusedError`, with every file as it was, where one was changed meanwhile or cannot be
    written.
    """
    if not changes.files:
        return None
    targets = [(Path(one.path).resolve(), one) for one in changes.files]
    for target, one in targets:
        _check(target, one)
    missing = _missing_folders([target for target, _one in targets])
    kept = {target: (one.before, one.after) for target, one in targets}
    try:
        record = keep(home, kept, tuple(map(str, missing)), time)
    except OSError as fault:
        said = _("No record can be kept in `{home}`, so nothing is written: {reason}.")
        raise RefusedError(said.format(home=home, reason=fault.strerror or fault)) from fault
    done: list[tuple[Path, FileChange]] = []
    try:
        for folder in missing:
            folder.mkdir()
        for target, one in targets:
            _replace(target, one.after)
            done.append((target, one))
    except OSError as fault:
        _take_back(done, missing)
        forget(record)
        said = _("`{path}` cannot be written, so nothing is changed: {reason}.")
        path = targets[len(done)][1].path if len(done) < len(targets) else str(home)
        raise RefusedError(said.format(path=path, reason=fault.strerror or fault)) from fault
    return record


def refuse_others(changes: ChangeSet, given: Sequence[Path]) -> None:
    """Raises `RefusedError` for a file that is none of the given ones, nor new among them."""
    places = [path.resolve() for path in given]
    folders = [one for one in places if one.is_dir()]
    beside = [one.parent for one in places if one.suffix in {".yaml", ".yml", ".json"}]
    for change in changes.files:
        target = Path(change.path).resolve()
        is_given = target in places or any(target.is_relative_to(one) for one in folders)
        is_beside = change.is_new and not target.exists() and target.parent in beside
        if not is_given and not is_beside:
            said = _(
                "`{path}` is not among what was given, so it is not written. Give the folder of "
                "your manifests too, or take --output-dir DIR."
            )
            raise RefusedError(said.format(path=change.path))


def write_below(changes: ChangeSet, folder: Path, root: Path) -> tuple[Path, ...]:
    """Write the new files below ``folder``, in the places they have below ``root``.

    The user's files stay. Raises `RefusedError` where a file stands there with other content.
    """
    base = root.resolve()
    places: list[tuple[Path, FileChange]] = []
    for one in changes.files:
        path = Path(one.path).absolute()
        is_below = path.is_relative_to(base)
        inner = path.relative_to(base) if is_below else PurePath(path.name)
        place = folder / inner
        if place in {known for known, _one in places}:
            said = _("Two files would be written to `{path}`. Give a folder that holds them both.")
            raise RefusedError(said.format(path=place))
        places.append((place, one))
    for place, one in places:
        if place.exists() and place.read_bytes() != one.after:
            said = _("`{path}` exists already with other content. Give an empty folder.")
            raise RefusedError(said.format(path=place))
    for place, one in places:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _replace(place, one.after)
        except OSError as fault:
            said = _("`{path}` cannot be written: {reason}.")
            raise RefusedError(said.format(path=place, reason=fault.strerror or fault)) from fault
    return tuple(place for place, _one in places)


def revert(home: Path) -> Record:
    """Restore the newest record under ``home`` and forget it.

    Raises `RefusedError`, with nothing restored, where a file was changed since.
    """
    record = latest(home)
    if record is None:
        raise RefusedError(_("There is nothing to take back: no change was written by `fix`."))
    if changed := changed_since(record):
        said = _(
            "Nothing is taken back, because {paths} changed since. The old content is kept in "
            "`{folder}`."
        )
        paths = ", ".join(f"`{path}`" for path in changed)
        raise RefusedError(said.format(paths=paths, folder=record.folder))
    old = [(Path(one.path), old_bytes(record, one)) for one in record.files]
    try:
        for path, content in old:
            if content is None:
                path.unlink(missing_ok=True)
            else:
                _replace(path, content)
    except OSError as fault:
        said = _("`{path}` cannot be restored: {reason}. The old content is kept in `{folder}`.")
        reason = fault.strerror or fault
        told = said.format(path=fault.filename or "", reason=reason, folder=record.folder)
        raise RefusedError(told) from fault
    _remove_folders([Path(folder) for folder in record.folders])
    forget(record)
    return record


def _check(target: Path, one: FileChange) -> None:
    """Raises `RefusedError` where the file is not what the change was made for."""
    try:
        now = target.read_bytes() if target.exists() else None
    except OSError as fault:
        said = _("Cannot read `{path}`: {reason}.")
        raise RefusedError(said.format(path=one.path, reason=fault.strerror or fault)) from fault
    if now != one.before:
        said = _("`{path}` changed while the fix was being made. Run it again.")
        raise RefusedError(said.format(path=one.path))
    if now is not None and not os.access(target, os.W_OK):
        said = _("`{path}` is write-protected, so nothing is changed.")
        raise RefusedError(said.format(path=one.path))


def _missing_folders(targets: list[Path]) -> list[Path]:
    """Folders to make for new files, outer ones first."""
    found = {folder for target in targets for folder in target.parents if not folder.exists()}
    return sorted(found, key=lambda folder: len(folder.parts))


def _replace(target: Path, content: bytes) -> None:
    """Move ``content`` over ``target`` in one step, with the mode that it had."""
    replace(target, content, _mode(target))


def _mode(target: Path) -> int:
    """Mode of a file; for a new one what the user's mask leaves of read and write for all."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _take_back(done: list[tuple[Path, FileChange]], folders: list[Path]) -> None:
    for target, one in reversed(done):
        with suppress(OSError):
            if one.before is None:
                target.unlink()
            else:
                _replace(target, one.before)
    _remove_folders(folders)


def _remove_folders(folders: list[Path]) -> None:
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()
