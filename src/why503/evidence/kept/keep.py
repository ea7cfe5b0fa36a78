"""Bundles as Parquet files: saved, recognised, loaded."""

from pathlib import Path

import msgspec

from why503.evidence.kept import parquet
from why503.evidence.kept.parquet import KeepError
from why503.evidence.kept.row import bundle_of, columns, rows_of
from why503.facts import Bundle
from why503.support.text import _

__all__ = ["COLUMNS", "KeepError", "load", "save"]

COLUMNS = ("kind", "fact", "json", "row")
"""What a file of `save` is known by."""


def save(bundle: Bundle, path: str) -> None:
    """Keep all that was read; raises `KeepError`."""
    parquet.write(Path(path), rows_of(bundle), columns())


def load(path: Path) -> Bundle:
    """What `save` kept; raises `KeepError`."""
    try:
        return bundle_of(parquet.read(path, columns(), order="row"))
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise KeepError(
            _(
                "`{path}` was not written by this version of why503 ({fault}). Save it again "
                "from the logs."
            ).format(path=path, fault=fault)
        ) from fault
