"""Archives made by hand for the tests."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from backports import zstd

from why503.evidence.archive import members
from why503.evidence.archive.walk import Member
from why503.evidence.text_file import TextFile
from why503.facts import Unread

Packer = Callable[[Mapping[str, bytes]], bytes]


def info(name: str, **fields: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def tar(
    files: Mapping[str, bytes], *more: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT
) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=form) as made:
        for name, data in files.items():
            made.addfile(info(name, size=len(data)), io.BytesIO(data))
        for entry in more:
            made.addfile(entry)
    return raw.getvalue()


def tgz(files: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tar(files), mtime=0)


def tar_zst(files: Mapping[str, bytes]) -> bytes:
    return zstd.compress(tar(files))


def packed_zip(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return raw.getvalue()


PACKERS: tuple[Packer, ...] = (tar, tgz, tar_zst, packed_zip)


def given(tmp_path: Path, data: bytes, name: str = "bundle") -> TextFile:
    path = tmp_path / name
    path.write_bytes(data)
    return TextFile(path=name, place=path)


def read(file: TextFile) -> tuple[dict[str, bytes], list[Unread]]:
    unread: list[Unread] = []
    found = {member.path: content(member) for member in members(file, unread)}
    return found, unread


def content(member: Member) -> bytes:
    with member.kept.open() as opened:
        return opened.read()
