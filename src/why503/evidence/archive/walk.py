"""The members of an archive, of those inside it too, one after another."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from why503.evidence.archive import limit
from why503.evidence.archive.limit import Budget, Exhausted, Metered, StopReading
from why503.evidence.archive.link import Links, normal
from why503.evidence.archive.sniff import is_packed, is_tar, is_zip
from why503.evidence.archive.stream import Kept, Stream
from why503.evidence.archive.tally import Reason, Tally
from why503.evidence.archive.tar_entry import (
    CutTarError,
    DamagedTarError,
    Sort,
    TarEntry,
    tar_entries,
)
from why503.evidence.reader import ByteStream
from why503.evidence.text_file import TextFile, expanded
from why503.facts import Unread
from why503.support.dataclass import dataclass
from why503.support.text import _

_LAYERS = 3
"""Times that a member may be compressed."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
_BROKEN = (
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    zlib.error,
    struct.error,
    zipfile.BadZipFile,
)


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file inside an archive."""

    path: str
    """`ARCHIVE!PATH`, with one `!` more for every archive inside."""
    kept: Kept


def members(file: TextFile, unread: list[Unread]) -> Iterator[Member]:
    """Every file in the archive ``file``; adds what is not read to ``unread``. Never raises."""
    walk = _Walk(Budget(path=file.path), unread)
    try:
        head = file.head()
        with file.seekable() as raw:
            if is_zip(raw.read(4)):
                raw.seek(0)
                yield from walk.zip_members(raw, file.path, depth=1)
                return
        stream = Stream(Metered(file.unbounded(), walk.budget, file.path, file.packed_size()))
        if is_zip(head):
            yield from walk.nested_zip(stream, file.path, depth=1)
        else:
            yield from walk.tar_members(stream, file.path, depth=1)
    except StopReading as stopped:
        walk.tally(file.path).say(str(stopped))
    except Exception as fault:  # noqa: BLE001 - whatever is inside a file never ends the run
        walk.tally(file.path).say(_damaged(file.path, fault))
    finally:
        told = list(file.unread.values())
        unread.extend(told)
        walk.tell(cut_is_known=bool(told))


class _Walk:
    """One pass over an archive."""

    def __init__(self, budget: Budget, unread: list[Unread]) -> None:
        self.budget = budget
        self._unread = unread
        self._tallies: dict[str, Tally] = {}
        self._cut: list[str] = []

    def tally(self, path: str) -> Tally:
        """What is told of the archive at ``path``."""
        return self._tallies.setdefault(path, Tally(path=path))

    def tell(self, *, cut_is_known: bool) -> None:
        """Hand over the sentences; a cut is not told twice."""
        for path in self._cut:
            if not (cut_is_known and path == self.budget.path):
                self.tally(path).say(_cut(path))
        told: dict[str, Unread] = {}
        for tally in self._tallies.values():
            for sentence in tally.sentences():
                told.setdefault(sentence.reason, sentence)
        self._unread.extend(told.values())

    # Tar

    def tar_members(self, stream: Stream, path: str, depth: int) -> Iterator[Member]:
        """The files of a tar, in its order."""
        links, names = Links(), set[str]()
        try:
            for entry in tar_entries(stream):
                inner = normal(entry.path)
                if not inner or self._too_long(path, inner):
                    continue
                if entry.sort in (Sort.LINK, Sort.HARD_LINK):
                    links.link(inner, entry.target, from_root=entry.sort is Sort.HARD_LINK)
                    continue
                links.member(inner)
                yield from self._tar_entry(entry, path, inner, names, depth)
        except CutTarError:
            self._cut.append(path)
        except DamagedTarError as fault:
            self.tally(path).say(_damaged(path, fault))
        finally:
            for link in links.outside():
                self.tally(path).count(Reason.LINK, link)

    def _tar_entry(
        self, entry: TarEntry, path: str, inner: str, names: set[str], depth: int
    ) -> Iterator[Member]:
        refused = {Sort.DEVICE: Reason.DEVICE, Sort.SPARSE: Reason.SPARSE}.get(entry.sort)
        if refused is not None:
            self.tally(path).count(refused, inner)
        elif entry.sort is Sort.FILE and self._wanted(path, inner, names):
            yield from self._file(entry.data, f"{path}!{inner}", entry.data.left, depth)

    # Zip

    def zip_members(self, raw: BinaryIO, path: str, depth: int) -> Iterator[Member]:
        """The files of a zip, in the order of its list."""
        links, names = Links(), set[str]()
        try:
            with zipfile.ZipFile(cast("BinaryIO", _ShortReads(raw))) as opened:
                for info in opened.infolist():
                    yield from self._zip_entry(opened, info, path, (links, names), depth)
        except zipfile.BadZipFile as fault:
            self.tally(path).say(_damaged(path, fault))
        finally:
            for link in links.outside():
                self.tally(path).count(Reason.LINK, link)

    def _zip_entry(
        self,
        opened: zipfile.ZipFile,
        info: zipfile.ZipInfo,
        path: str,
        seen: tuple[Links, set[str]],
        depth: int,
    ) -> Iterator[Member]:
        links, names = seen
        inner = normal(info.filename)
        mode = info.external_attr >> 16
        if not inner or self._too_long(path, inner):
            return
        if not stat.S_ISLNK(mode):
            links.member(inner)
        if info.is_dir():
            return
        if info.flag_bits & 1:
            self.tally(path).count(Reason.ENCRYPTED, inner)
        elif info.compress_type not in _METHODS:
            self.tally(path).count(Reason.METHOD, inner)
        elif stat.S_ISLNK(mode):
            with opened.open(info) as target:
                link = target.read(limit.PATH + 1).decode("utf-8", "replace")
            links.link(inner, link, from_root=False)
        elif self._wanted(path, inner, names):
            told = f"{path}!{inner}"
            try:
                with opened.open(info) as data:
                    packed = info.compress_size
                    metered = Metered(cast("ByteStream", data), self.budget, told, packed)
                    yield from self._file(metered, told, info.file_size, depth)
            except NotImplementedError:
                self.tally(path).count(Reason.METHOD, inner)
            except _BROKEN as fault:
                self.tally(path).say(_damaged(told, fault), told)

    # Both

    def _too_long(self, path: str, inner: str) -> bool:
        if len(inner) <= limit.PATH:
            return False
        self.tally(path).count(Reason.LONG_PATH, inner)
        return True

    def _wanted(self, path: str, inner: str, names: set[str]) -> bool:
        """False, counted, for a member that is not read."""
        self.budget.count()
        reason = None
        if any(part.startswith(".") and part != ".." for part in inner.split("/")):
            reason = Reason.HIDDEN
        elif inner in names:
            reason = Reason.TWICE
        names.add(inner)
        if reason is not None:
            self.tally(path).count(reason, inner)
        return reason is None

    def _file(self, data: ByteStream, path: str, size: int, depth: int) -> Iterator[Member]:
        """A member as it is, or what is in it where it is an archive itself."""
        stream = Stream(data)
        archive = path.rpartition("!")[0]
        for _layer in range(_LAYERS):
            head = stream.peek(512)
            if not is_packed(head):
                break
            stream = Stream(_Unpacked(stream, self.budget, path, size, self.tally(archive)))
        head = stream.peek(512)
        if is_packed(head):
            self.tally(archive).count(Reason.LAYERS, path)
        elif (is_tar(head) or is_zip(head)) and depth >= limit.DEPTH:
            self.tally(archive).count(Reason.DEEP, path)
        elif is_tar(head) or is_zip(head):
            inside = self.tar_members if is_tar(head) else self.nested_zip
            try:
                yield from inside(stream, path, depth + 1)
            except Exhausted:
                raise
            except StopReading as stopped:
                self.tally(archive).say(str(stopped), path)
        else:
            yield self._kept(stream, path, archive)

    def nested_zip(self, stream: Stream, path: str, depth: int) -> Iterator[Member]:
        """The files of a zip that is no file on disk, held in memory."""
        kept = Kept()
        whole = kept.fill(stream, limit.NESTED_ZIP)
        kept.close()
        if not whole:
            reason = _(
                "`{path}` is a zip of more than {limit} bytes inside an archive, and was not read. "
                "Give it on its own."
            )
            self.tally(path).say(reason.format(path=path, limit=limit.NESTED_ZIP))
            return
        with kept.open() as raw:
            yield from self.zip_members(raw, path, depth)

    def _kept(self, stream: Stream, path: str, archive: str) -> Member:
        kept = Kept()
        try:
            if not kept.fill(stream, limit.MEMBER):
                reason = _(
                    "`{path}` has more than {limit} bytes; the rest of it was not read. Cut it to "
                    "the time of the failure."
                )
                self.tally(archive).say(reason.format(path=path, limit=limit.MEMBER), path)
        except _BROKEN as fault:
            self.tally(archive).say(_damaged(path, fault), path)
        except StopReading as stopped:
            self.tally(archive).say(str(stopped), path)
        kept.close()
        return Member(path=path, kept=kept)


class _Unpacked:
    """A compressed member, decompressed and metered; ends, with a sentence, where it is broken."""

    def __init__(
        self, stream: Stream, budget: Budget, path: str, packed: int, tally: Tally
    ) -> None:
        raw = expanded(cast("BinaryIO", stream), stream.peek(4))
        self._stream = Metered(cast("ByteStream", raw), budget, path, packed)
        self._path, self._tally = path, tally
        self._ended = False

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; ``b""`` at the end."""
        if self._ended:
            return b""
        try:
            found = self._stream.read(size)
        except StopReading:
            raise
        except Exception as fault:  # noqa: BLE001 - a decompressor's own faults must not end the run
            self._tally.say(_damaged(self._path, fault), self._path)
            found = b""
        self._ended = not found
        return found


class _ShortReads:
    """A file from which no long list of a zip's members is taken into memory."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self.seek, self.tell, self.seekable = raw.seek, raw.tell, raw.seekable

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes."""
        if size > limit.ZIP_LIST:
            raise zipfile.BadZipFile(_("its list of members is too long"))
        return self._raw.read(limit.ZIP_LIST if size < 0 else size)


def _damaged(path: str, fault: Exception) -> str:
    told = str(fault) or type(fault).__name__
    return _(
        "`{path}` is damaged ({fault}); what came before the damage was read. Fetch it again."
    ).format(path=path, fault=told[:100])


def _cut(path: str) -> str:
    return _(
        "`{path}` is cut: the end of the archive is missing; what came before was read. Fetch it "
        "again."
    ).format(path=path)
