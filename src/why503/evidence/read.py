"""From paths to a bundle: finds the files, asks the readers, says what stayed unread."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from why503.evidence import archive, readers
from why503.evidence.access_log import find_formats, spread
from why503.evidence.archive import dump_stream
from why503.evidence.input_summary import input_of
from why503.evidence.json_preamble import without_preamble
from why503.evidence.kept import parquet_file
from why503.evidence.line_by_line import Outcome, begins_as_access_log, by_line, fault_of
from why503.evidence.pipe import redirected
from why503.evidence.prefix import Peeler, unwrap_document
from why503.evidence.reader import (
    Context,
    DocumentReader,
    Line,
    Options,
    Reading,
)
from why503.evidence.text_file import STDIN, TextFile
from why503.facts import Bundle, Fact, Input, Source, Unread
from why503.support.dataclass import dataclass
from why503.support.secret import mask
from why503.support.text import _

if TYPE_CHECKING:
    from why503.evidence.access_log.engine.side_by_side import SideBySide
    from why503.evidence.fleet.ahead import Fleet

SURE = 0.9
"""The bid from which a document reader gets the whole file."""

FILES_LIMIT = 20_000
"""Files of one bundle that are read."""

LARGE = 128 << 10
"""Bytes, as they are stored, from which a file may be a large access log."""

_SEVERAL = 2
"""Compressed files that are worth to be read at the same time."""

_ENDINGS = frozenset(
    {".gz", ".zst", ".zstd", ".log", ".txt", ".json", ".yaml", ".yml", ".jsonl", ".ndjson"}
    | {".pcap", ".pcapng", ".cap"}
)
_EXCERPT = 80
_FORMAT_SIGNS = ("%START_TIME", "%RESPONSE_", "%REQ(", "%PROTOCOL%", "accessLogFormat")


class ReadError(Exception):
    """A path that cannot be read at all; its text is a sentence for the user."""


@dataclass(frozen=True, kw_only=True)
class _Member:
    """One file to read."""

    file: TextFile
    teller: str
    group: str = ""
    """The folder or archive that it was found in; ``""`` for a file that was given itself."""
    name: str = ""
    """Its path below ``group``."""


def read_paths(paths: Sequence[str], options: Options, fleet: "Fleet | None" = None) -> Bundle:
    """Everything that the files, folders or standard input (`-`) at ``paths`` tell.

    Large access logs are read by ``fleet`` where one is given; the answer is the same. Raises
    `ReadError` where a path does not exist; whatever is inside a file never raises.
    """
    unread: list[Unread] = []
    places = list(_matched(paths))
    files = _tellers_apart(list(_members(places, unread)), places)
    formats, surveys = _surveyed(files)

    def evidence(members: Iterable[_Member]) -> Iterator[tuple[TextFile, Context]]:
        for member in members:
            if surveys.is_evidence(member.group, member.name):
                teller = surveys.teller(member.group, member.name) or member.teller
                path = member.file.path
                context = Context(path=path, teller=teller, options=options, formats=formats)
                yield member.file, context

    ahead = _side_by_side(files, options) if fleet is None else fleet
    if ahead is not None:
        ahead.begin(evidence(files))
    inputs: list[Input] = []
    facts: list[Fact] = []
    try:
        for file, context in evidence(_unfolded(files, unread)):
            if (kept := parquet_file.kept_in(file, context)) is not None:
                inputs.extend(kept.inputs)
                facts.extend(kept.facts)
                unread.extend(kept.unread)
                continue
            outcome = _read(parquet_file.as_lines(file), context, ahead)
            facts.extend(outcome.facts)
            unread.extend(file.unread.values())
            unread.extend(outcome.unread)
            inputs.append(input_of(file.path, outcome, context.teller))
    finally:
        if ahead is not None:
            ahead.end()
    unread.extend(surveys.notices())
    return Bundle(inputs=tuple(inputs), facts=tuple(facts), unread=tuple(unread))


def _side_by_side(files: Iterable[_Member], options: Options) -> "SideBySide | None":
    """Who reads compressed logs at the same time; None where there are no two."""
    packed = (one.file for one in files if (one.file.packed_size() or 0) >= LARGE)
    logs = (file for file in packed if file.is_packed() and not archive.is_archive(file.head()))
    if len(list(islice(logs, _SEVERAL))) < _SEVERAL:
        return None
    from why503.evidence.access_log.engine.side_by_side import SideBySide

    return SideBySide(options.memory)


def _matched(paths: Sequence[str]) -> Iterator[str]:
    """The paths; a pattern (`*`, `?`, `[…]`, `**`) that no shell has expanded gives its matches."""
    for path in paths:
        is_pattern = path != STDIN and glob.has_magic(path) and not Path(path).exists()
        yield from (sorted(glob.glob(path, recursive=True)) if is_pattern else ()) or (path,)  # noqa: PTH207 - takes absolute patterns


def _members(paths: Sequence[str], unread: list[Unread]) -> Iterator[_Member]:
    """The files at ``paths``, each once, in the order given; folders sorted by name."""
    seen: set[str] = set()
    for path in paths:
        place = Path(path)
        if path == STDIN:
            found: Iterable[_Member] = [
                _Member(file=TextFile(path=STDIN, place=redirected()), teller="stdin")
            ]
        elif place.is_dir():
            found = _walk(path, place, unread)
        elif place.is_file() or place.is_fifo() or place.is_char_device():
            found = [_Member(file=TextFile(path=path, place=place), teller=_stem(place.name))]
        else:
            raise ReadError(
                _(
                    "Cannot read `{path}`: there is no such file. Check its name, or give `-` to "
                    "read a pipe."
                ).format(path=mask(path))
            )
        for member in found:
            if member.file.path not in seen:
                seen.add(member.file.path)
                yield member


def _walk(path: str, root: Path, unread: list[Unread]) -> Iterator[_Member]:
    """Files below a folder, sorted; hidden files and links that lead outside are named only."""
    count = 0
    home = root.resolve()

    def refuse(fault: OSError) -> None:
        reason = _("Cannot read the folder `{path}`: {fault}. Check that it can be opened by you.")
        unread.append(
            _about(str(fault.filename), reason.format(path=fault.filename, fault=fault.strerror))
        )

    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            place = Path(folder, name)
            below = place.relative_to(root)
            told = str(PurePosixPath(path) / below.as_posix())
            if place.is_symlink() and _read_anyway(place, home):
                continue
            if (reason := _refused(place, home)) is not None:
                unread.append(_about(told, reason.format(path=told)))
                continue
            count += 1
            if count > FILES_LIMIT:
                reason = _(
                    "`{path}` has more than {limit} files; the rest were not read. Give fewer "
                    "files."
                )
                unread.append(_about(path, reason.format(path=path, limit=FILES_LIMIT)))
                return
            teller = "/".join(below.parts[:-1]) or _stem(name)
            file = TextFile(path=told, place=place)
            yield _Member(file=file, teller=teller, group=path, name=below.as_posix())


def _read_anyway(place: Path, home: Path) -> bool:
    """Whether a link's target is a file that the walk of the folder comes to by itself."""
    target = place.resolve()
    if not target.is_relative_to(home) or not target.is_file():
        return False
    return not any(part.startswith(".") for part in target.relative_to(home).parts)


def _refused(place: Path, home: Path) -> str | None:
    """Why a file of a folder is not read; None where it is read."""
    if place.name.startswith("."):
        return _(
            "`{path}` was not read: it is a hidden file. Name it on the command line to read it."
        )
    if place.is_symlink() and not place.resolve().is_relative_to(home):
        return _(
            "`{path}` was not read: it is a link that leads outside the folder. Name its target "
            "instead."
        )
    if not place.is_file():
        return _("`{path}` was not read: it is not a regular file.")
    return None


def _tellers_apart(members: list[_Member], paths: Sequence[str]) -> list[_Member]:
    """Members with tellers that differ: files that share a stem are told by their path."""
    given = set(paths)
    counts: dict[str, int] = {}
    for member in members:
        if member.file.path in given:
            counts[member.teller] = counts.get(member.teller, 0) + 1
    return [
        replace(member, teller=str(PurePosixPath(member.file.path).with_name(member.teller)))
        if member.file.path in given and counts[member.teller] > 1
        else member
        for member in members
    ]


def _stem(name: str) -> str:
    """A file's name without the endings that say how it is written."""
    place = PurePosixPath(name)
    while place.suffix in _ENDINGS and place.stem:
        place = place.with_name(place.stem)
    return place.name


def _unfolded(files: Iterable[_Member], unread: list[Unread]) -> Iterator[_Member]:
    """The files, with the members of an archive in its place."""
    for member in files:
        if not archive.is_archive(member.file.head()):
            yield member
            continue
        for inner in archive.members(member.file, unread):
            group, _mark, name = inner.path.rpartition("!")
            file = TextFile(path=inner.path, place=None, content=inner.kept.open)
            yield _Member(file=file, teller=_stem(name), group=group, name=name)


def _surveyed(files: list[_Member]) -> tuple[tuple[str, ...], archive.Surveys]:
    """What is known of all files before one is read.

    Access-log format strings that the configuration names, in file order; the names in each
    folder and archive.
    """
    formats: dict[str, None] = {}
    surveys = archive.Surveys()
    for member in _unfolded(files, []):
        if member.group:
            is_archive = member.file.content is not None
            surveys.add(member.group, member.name, is_archive=is_archive)
        if _has_no_configuration(member.file) or _passes_by(member.file):
            continue
        text = member.file.text()
        if text and any(sign in text for sign in _FORMAT_SIGNS):
            formats.update(dict.fromkeys(find_formats(text)))
    return tuple(formats), surveys


def _passes_by(file: TextFile) -> bool:
    """Whether it is a pipe that is to be read once only, as a large log."""
    if not file.comes_once():
        return False
    from why503.evidence.access_log.engine import read as engine

    return engine.large(file, Context(path=file.path, teller="")) is not None


def _has_no_configuration(file: TextFile) -> bool:
    """Whether it would be a waste to look for a configuration in a file."""
    head = file.head()
    if (file.packed_size() or 0) < LARGE:
        return parquet_file.is_parquet(head)
    return parquet_file.is_parquet(head) or begins_as_access_log(head.decode("utf-8", "replace"))


def _read(file: TextFile, context: Context, ahead: "Fleet | SideBySide | None" = None) -> Outcome:
    """What one file gives: as a whole where a reader is sure of it, else line by line."""
    if (binary := _as_binary(file, context)) is not None:
        return binary
    if (large := _as_large_log(file, context, ahead)) is not None:
        return large
    text = file.text()
    if not text:
        return by_line(spread.joined(_peeled(file.lines())), context)
    if dump_stream.is_stream(text):
        return _read_dump(text, context)
    body, preamble = without_preamble(text, file.path)
    outcome = _read_text(body, file.lines(), context)
    if preamble:
        reason = _("`{path}` begins with text that is no JSON: {excerpt}").format(
            path=file.path, excerpt=mask(" ".join(preamble.split()))[:_EXCERPT]
        )
        outcome.unread.append(Unread(source=context.source(1), reason=reason))
    return outcome


def _as_large_log(
    file: TextFile, context: Context, ahead: "Fleet | SideBySide | None"
) -> Outcome | None:
    """What a large access log gives, read in blocks by all processors; None for other files."""
    if (file.packed_size() or 0) < LARGE:
        return None
    from why503.evidence.access_log.engine import read as engine

    return engine.read(file, context, None if ahead is None else ahead.partial)


def _read_dump(text: str, context: Context) -> Outcome:
    """What a `kubectl cluster-info dump` in one stream gives."""
    documents, rest = dump_stream.parts_of(text)
    outcome = by_line(_peeled(rest.removesuffix("\n").split("\n")), context)
    try:
        reading = dump_stream.read_documents(documents, context)
    except Exception as fault:  # noqa: BLE001 - whatever is inside a file never ends the run
        reading = Reading(unread=[fault_of(dump_stream.NAME, context, fault)])
    outcome.facts[:0] = reading.facts
    outcome.unread[:0] = reading.unread
    outcome.kinds.append((len(reading.facts), dump_stream.NAME))
    return outcome


def _read_text(text: str, lines: Iterable[str], context: Context) -> Outcome:
    """What one text gives; ``lines`` are its own."""
    said: list[Unread] = []
    peeled = unwrap_document(text)
    if peeled is None and not begins_as_access_log(text):
        for reader in _sure_readers(text):
            reading = _as_document(reader, text, context)
            if reading.facts:
                count = text.count("\n") + (not text.endswith("\n"))
                kinds = [(len(reading.facts), reader.NAME)]
                return Outcome(facts=reading.facts, unread=reading.unread, kinds=kinds, lines=count)
            said.extend(reading.unread)
    outcome = by_line(spread.joined(_peeled(lines) if peeled is None else peeled), context)
    if not outcome.facts and said:
        outcome.unread = said
    return outcome


def _as_binary(file: TextFile, context: Context) -> Outcome | None:
    """What a binary reader makes of a file; None where the file is for the readers of text."""
    head = file.head()
    if b"\0" not in head:
        return None
    for reader in readers.binary_readers():
        try:
            if reader.bid(head) < SURE:
                continue
            reading = reader.read(file.stream(), context)
        except Exception as fault:  # noqa: BLE001 - whatever is inside a file never ends the run
            reading = Reading(unread=[fault_of(reader.NAME, context, fault)])
        kinds = [(len(reading.facts), reader.NAME)]
        return Outcome(facts=reading.facts, unread=reading.unread, kinds=kinds)
    return None


def _sure_readers(text: str) -> list[DocumentReader]:
    """Document readers that are sure of ``text``, the surest first."""
    bids = []
    for reader in readers.document_readers():
        try:
            bids.append((reader.bid(text), reader))
        except Exception:  # noqa: BLE001, S112 - a reader that fails to bid does not want the file
            continue
    return [reader for bid, reader in sorted(bids, key=lambda found: -found[0]) if bid >= SURE]


def _as_document(reader: DocumentReader, text: str, context: Context) -> Reading:
    try:
        return reader.read(text, context)
    except Exception as fault:  # noqa: BLE001 - whatever is inside a file never ends the run
        return Reading(unread=[fault_of(reader.NAME, context, fault)])


def _peeled(lines: Iterable[str]) -> Iterator[Line]:
    """Lines without the prefixes of log transports."""
    peeler = Peeler()
    for number, text in enumerate(lines, start=1):
        yield from peeler.peel(number, text)
    yield from peeler.flush()


def _about(path: str, reason: str) -> Unread:
    return Unread(source=Source(path=path), reason=reason)
