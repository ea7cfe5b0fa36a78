"""Parquet files among the evidence: what `keep` saved, or logs that were parsed before."""

from dataclasses import replace
from pathlib import Path
from typing import IO

from why503.evidence.reader import Context
from why503.evidence.text_file import TextFile
from why503.facts import Bundle, Input, Source, Unread

MAGIC = b"PAR1"
"""What every Parquet file begins with."""


def is_parquet(head: bytes) -> bool:
    """Whether a file begins as Parquet."""
    return head.startswith(MAGIC)


def kept_in(file: TextFile, context: Context) -> Bundle | None:
    """What was saved or grouped in a file; None where it is to be read as any other.

    A Parquet file that cannot be used gives its reason.
    """
    place = file.place
    if place is None or not is_parquet(file.head()):
        return None
    from why503.evidence.kept import grouped, keep, parquet

    try:
        names = set(parquet.names(place))
        if names.issuperset(keep.COLUMNS):
            return keep.load(place)
        return grouped.load(place, context) if names.issuperset(grouped.COLUMNS) else None
    except parquet.KeepError as fault:
        missed = Unread(source=context.source(), reason=str(fault))
        row = Input(path=context.path, kinds=(), lines=0, facts=0, unread_lines=0)
        return Bundle(inputs=(row,), unread=(missed,))


def as_lines(file: TextFile) -> TextFile:
    """A Parquet file of logs that were parsed before, as lines of JSON; any other as it is."""
    if file.place is None or not is_parquet(file.head()):
        return file
    import tempfile

    from why503.evidence.kept import parquet

    lines: IO[bytes] = tempfile.NamedTemporaryFile(prefix="why503-")  # noqa: SIM115 - goes with it
    try:
        parquet.as_json_lines(file.place, Path(lines.name))
    except parquet.KeepError as fault:
        missed = Unread(source=Source(path=file.path), reason=str(fault))
        file.unread.setdefault("parquet", missed)
    return replace(file, place=Path(lines.name), _spool=lines)
