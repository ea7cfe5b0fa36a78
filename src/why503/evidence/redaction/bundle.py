"""From a path to a redacted bundle: a folder or a .tar.gz that is safe to send."""

import io
import os
import secrets
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from why503.evidence import archive
from why503.evidence.redaction.redactor import Redactor
from why503.evidence.text_file import TextFile
from why503.facts import Unread
from why503.support.dataclass import dataclass
from why503.support.text import _

PART = 4 << 20
"""Characters of a file too large to be taken as one document that are redacted at a time."""

_PACKED = (".gz", ".zst", ".zstd")
_ARCHIVES = (".tar.gz", ".tgz")
_NO_NAMES = frozenset({"", ".", ".."})


class RedactError(Exception):
    """A bundle that cannot be made; its text is a sentence for the user."""


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """What was written and what was not."""

    files: int
    """Files written."""
    counts: dict[str, int]
    """Different names and addresses replaced, and secrets hidden, by kind."""
    left_out: tuple[str, ...]
    """A sentence for each file (or part of one) that is not in the bundle."""


class _Out(Protocol):
    """Where redacted files go."""

    def open(self, name: str) -> "_Target":
        """Begin a file of the bundle."""
        ...


class _Target(Protocol):
    """A file being written."""

    def write(self, text: bytes, /) -> int:
        """Take more of it."""
        ...

    def close(self) -> None:
        """Its end."""
        ...


def redact_bundle(given: str, out: str, seed: str = "") -> Redacted:
    """Write a redacted copy of the file or folder ``given`` to the folder or `.tar.gz` ``out``.

    The same ``seed`` gives the same tokens; without one they are random and differ from run to
    run. Raises `RedactError` where ``given`` cannot be read or ``out`` must not be written.
    """
    source, target = Path(given), Path(out)
    if not source.exists():
        raise RedactError(
            _("Cannot read `{path}`: there is no such file. Check its name.").format(path=given)
        )
    _check(source, target, out)
    redactor = Redactor(seed.encode() if seed else secrets.token_bytes(32))
    left_out: list[str] = []
    names: set[str] = set()
    files = 0
    try:
        with _opened(target) as place:
            for file in _unfolded(_files(source, left_out), left_out):
                name = _free(redactor.words(_plain(file.path)), names)
                files += _redact(file, name, redactor, place)
                left_out.extend(unread.reason for unread in file.unread.values())
                if file.head() and not file.unread and _is_binary(file):
                    left_out.append(_cannot(file.path))
    except OSError as fault:
        raise RedactError(
            _("Cannot write `{path}`: {fault}.").format(path=out, fault=fault.strerror or fault)
        ) from fault
    return Redacted(files=files, counts=redactor.counts(), left_out=tuple(left_out))


def _check(source: Path, target: Path, out: str) -> None:
    """Raise where writing ``target`` would touch what is there already."""
    used = any(target.iterdir()) if target.is_dir() else target.exists()
    if used:
        raise RedactError(
            _("`{path}` exists already and nothing in it is overwritten. Name a new one.").format(
                path=out
            )
        )
    if source.is_dir() and target.resolve().is_relative_to(source.resolve()):
        raise RedactError(
            _("`{path}` lies inside the folder that is redacted. Name one outside of it.").format(
                path=out
            )
        )


def _unfolded(files: Iterable[TextFile], left_out: list[str]) -> Iterator[TextFile]:
    """The files, with the members of an archive in its place."""
    for file in files:
        if not archive.is_archive(file.head()):
            yield file
            continue
        unread: list[Unread] = []
        for inner in archive.members(file, unread):
            yield TextFile(path=inner.path, place=None, content=inner.kept.open)
        left_out.extend(item.reason for item in unread)


def _files(source: Path, left_out: list[str]) -> Iterator[TextFile]:
    """Files to redact, named as in the bundle; hidden files and links are left out."""
    if not source.is_dir():
        yield TextFile(path=source.name, place=source)
        return
    for folder, folders, names in os.walk(source):
        inside = {name for name in folders if not (name.startswith(".") or _is_link(folder, name))}
        refused = [name for name in folders if name not in inside]
        folders[:] = sorted(inside)
        for name in sorted([*names, *refused]):
            path = Path(folder, name)
            below = path.relative_to(source).as_posix()
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                left_out.append(
                    _("`{path}` is left out: hidden files, links and devices are not sent.").format(
                        path=below
                    )
                )
                continue
            yield TextFile(path=below, place=path)


def _is_link(folder: str, name: str) -> bool:
    return Path(folder, name).is_symlink()


def _redact(file: TextFile, name: str, redactor: Redactor, out: _Out) -> int:
    """Write one file; 1 where there was text to write, else 0."""
    whole = file.text()
    parts = _parts(file) if whole is None else iter([whole])
    target: _Target | None = None
    for part in parts:
        target = out.open(name) if target is None else target
        target.write(redactor.text(part).encode("utf-8", "replace"))
    if target is None:
        return 0
    target.close()
    return 1


def _parts(file: TextFile) -> Iterator[str]:
    """Whole lines of a large file, some megabytes at a time."""
    lines: list[str] = []
    size = 0
    for line in file.lines():
        lines.append(line)
        size += len(line) + 1
        if size > PART:
            yield "\n".join(lines) + "\n"
            lines, size = [], 0
    if lines:
        yield "\n".join(lines) + "\n"


def _is_binary(file: TextFile) -> bool:
    return next(file.lines(), None) is None


def _cannot(name: str) -> str:
    return _(
        "`{path}` is left out: a packet capture or other binary file cannot be redacted. Send what "
        "`tcpdump -nr` prints of it instead, redacted."
    ).format(path=name)


def _plain(name: str) -> str:
    """A file's name in the bundle: what is written is plain text, an archive becomes a folder."""
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return "/".join(part for part in name.replace("!", "/").split("/") if part not in _NO_NAMES)


def _free(name: str, taken: set[str]) -> str:
    """``name``, or the name with a number where another file has it."""
    place = PurePosixPath(name)
    number = 1
    while str(place) in taken:
        number += 1
        place = PurePosixPath(name).with_name(f"{PurePosixPath(name).stem}-{number}{place.suffix}")
    taken.add(str(place))
    return str(place)


class _Folder:
    """A bundle as a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, name: str) -> _Target:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")


class _Archive:
    """A bundle as a .tar.gz."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive

    def open(self, name: str) -> _Target:
        return _Member(self._archive, name)


class _Member(io.BytesIO):
    """A file that joins an archive when it is closed."""

    def __init__(self, archive: tarfile.TarFile, name: str) -> None:
        super().__init__()
        self._archive = archive
        self._name = name

    def close(self) -> None:
        if not self.closed:
            info = tarfile.TarInfo(self._name)
            info.size = self.tell()
            self.seek(0)
            self._archive.addfile(info, self)
        super().close()


@contextmanager
def _opened(target: Path) -> Iterator[_Out]:
    if target.name.endswith(_ARCHIVES):
        with tarfile.open(target, "w:gz") as archive:
            yield _Archive(archive)
    else:
        target.mkdir(parents=True, exist_ok=True)
        yield _Folder(target)
