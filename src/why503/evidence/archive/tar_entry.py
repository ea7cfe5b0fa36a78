"""A tar as a stream of entries, whatever is wrong with it."""

import tarfile
from collections.abc import Iterator
from enum import StrEnum

from why503.evidence.archive.stream import Part, Stream
from why503.support.dataclass import dataclass

_BLOCK = 512
_HEADER_LIMIT = 1 << 20
"""Bytes of a long name or of extended fields that are believed."""
_HEADERS_LIMIT = 100_000
"""Headers of one tar; folders, links and descriptions count too."""
_KEPT_FIELDS = frozenset({b"path", b"linkpath", b"size"})
_REGULAR = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE})
_EXTENDED = frozenset({tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE})
_LONG = frozenset({tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK})


class Sort(StrEnum):
    """What an entry of an archive is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    """Its target is seen from its own folder."""
    HARD_LINK = "hard link"
    """Its target is seen from the archive's root."""
    SPARSE = "sparse"
    DEVICE = "device"


_LINKS = {tarfile.SYMTYPE: Sort.LINK, tarfile.LNKTYPE: Sort.HARD_LINK}


class DamagedTarError(Exception):
    """The tar cannot be read further; its text says why."""


class CutTarError(DamagedTarError):
    """The tar ends before its end."""


@dataclass(frozen=True, kw_only=True)
class TarEntry:
    """One entry; its data has to be read before the next one is asked for."""

    path: str
    sort: Sort
    data: Part
    target: str = ""
    """What a link points to, as written."""


def tar_entries(stream: Stream) -> Iterator[TarEntry]:
    """Every entry; raises `DamagedTarError` at the place from which nothing can be read."""
    told: dict[str, str] = {}
    always: dict[str, str] = {}
    for _number in range(_HEADERS_LIMIT):
        info = _header(stream)
        if info is None:
            return
        if info.type in _EXTENDED:
            fields = _records(_payload(stream, info.size))
            (always if info.type == tarfile.XGLTYPE else told).update(fields)
            continue
        if info.type in _LONG:
            name = _payload(stream, info.size).split(b"\0")[0].decode("utf-8", "surrogateescape")
            told["path" if info.type == tarfile.GNUTYPE_LONGNAME else "linkpath"] = name
            continue
        entry = _entry(stream, info, always | told)
        told = {}
        size = entry.data.left
        yield entry
        left = entry.data.left
        if stream.skip(left) < left:
            raise CutTarError
        stream.skip(-size % _BLOCK)
    raise DamagedTarError(f"more than {_HEADERS_LIMIT} headers")


def _header(stream: Stream) -> tarfile.TarInfo | None:
    """The next header; None at the end of the archive."""
    block = stream.peek(_BLOCK)
    stream.skip(len(block))
    if len(block) < _BLOCK:
        raise CutTarError
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
        return None
    except (tarfile.TarError, ValueError, OverflowError) as fault:
        raise DamagedTarError(str(fault)) from None


def _payload(stream: Stream, size: int) -> bytes:
    """The data of a header that describes the next one."""
    if not 0 <= size <= _HEADER_LIMIT:
        raise DamagedTarError(f"a header of {size} bytes")
    whole = size + -size % _BLOCK
    found = stream.peek(whole)
    if stream.skip(whole) < whole:
        raise CutTarError
    return found[:size]


def _records(payload: bytes) -> dict[str, str]:
    """Extended fields: `LENGTH KEY=VALUE` and a line end each; ends at the first damaged one."""
    found: dict[str, str] = {}
    at = 0
    while at < len(payload):
        digits, blank, _rest = payload[at : at + 20].partition(b" ")
        if not blank or not digits.isdigit():
            break
        length = int(digits)
        record = payload[at + len(digits) + 1 : at + length - 1]
        key, _equals, value = record.partition(b"=")
        if key in _KEPT_FIELDS or key.startswith(b"GNU.sparse"):
            found[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        at += max(length, len(digits) + 1)
    return found


def _entry(stream: Stream, info: tarfile.TarInfo, told: dict[str, str]) -> TarEntry:
    size = info.size
    if (written := told.get("size", "")).isdigit() and len(written) < 20:
        size = int(written)
    if size < 0:
        raise DamagedTarError(f"a size of {size} bytes")
    sparse = info.type == tarfile.GNUTYPE_SPARSE or any(
        key.startswith("GNU.sparse") for key in told
    )
    if sparse:
        sort = Sort.SPARSE
    elif info.type in _LINKS:
        sort, size = _LINKS[info.type], 0
    elif info.type == tarfile.DIRTYPE:
        sort = Sort.FOLDER
    else:
        sort = Sort.FILE if info.type in _REGULAR else Sort.DEVICE
    path = told.get("GNU.sparse.name") or told.get("path") or info.name
    if sort is Sort.FILE and path.endswith("/"):
        sort = Sort.FOLDER
    if info.type == tarfile.GNUTYPE_SPARSE:
        _skip_sparse_map(stream, info)
    target = told.get("linkpath") or info.linkname
    return TarEntry(path=path, sort=sort, data=Part(stream, size), target=target)


def _skip_sparse_map(stream: Stream, info: tarfile.TarInfo) -> None:
    """Pass over the blocks of a long list of holes that follow a GNU sparse header."""
    more = bool(getattr(info, "_sparse_structs", ((), False, 0))[1])
    while more:
        block = stream.peek(_BLOCK)
        if stream.skip(_BLOCK) < _BLOCK:
            raise CutTarError
        more = bool(block[504])
