"""Tables in Parquet files, by DuckDB, which is met in this file only."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from why503.support.text import _

_ROWS = 10_000
_SETTINGS: dict[str, Any] = {
    "memory_limit": "500MB",
    "threads": 1,
    "autoinstall_known_extensions": "false",
}


class KeepError(Exception):
    """A file that cannot be written or read; its text is a sentence."""


def write(path: Path, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    """Write a table with these columns and their SQL types; raises `KeepError`."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="why503-") as folder:
        lines = Path(folder, "rows.ndjson")
        with lines.open("w", encoding="utf-8") as file:
            for number, row in enumerate(rows):
                file.write(json.dumps({"row": number, **row}, ensure_ascii=True) + "\n")
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in _all(columns).items())
        made = Path(folder, "made.parquet")
        _run(
            path,
            f"COPY (SELECT * FROM read_json({_text(lines)}, format='newline_delimited', "  # noqa: S608
            f"columns={{{types}}}, maximum_object_size=33554432) ORDER BY row) TO {_text(made)} "
            "(FORMAT parquet, COMPRESSION zstd)",
        )
        try:
            path.write_bytes(made.read_bytes())
        except OSError as fault:
            raise KeepError(
                _("Cannot write `{path}`: {fault}.").format(path=path, fault=fault.strerror)
            ) from fault


def _all(columns: Mapping[str, str]) -> dict[str, str]:
    return {"row": "BIGINT", **columns}


def names(path: Path) -> list[str]:
    """The columns of a Parquet file; raises `KeepError`."""
    found = _run(path, f"DESCRIBE SELECT * FROM read_parquet({_text(path)})")  # noqa: S608
    return [row[0] for row in found.fetchall()]


def read(
    path: Path, columns: Iterable[str], *, where: str = "true", order: str = ""
) -> Iterator[dict[str, Any]]:
    """Rows of a table for which ``where`` holds, by the column ``order``; raises `KeepError`."""
    wanted = tuple(columns)
    listed = ", ".join(f'"{name}"' for name in wanted)
    sort = f'ORDER BY "{order}"' if order else ""
    found = _run(path, f"SELECT {listed} FROM read_parquet({_text(path)}) WHERE {where} {sort}")  # noqa: S608
    while rows := found.fetchmany(_ROWS):
        yield from (dict(zip(wanted, row, strict=True)) for row in rows)


def as_json_lines(path: Path, out: Path) -> None:
    """Write each row of any Parquet file as a line of JSON; points in time as RFC 3339."""
    described = _run(path, f"DESCRIBE SELECT * FROM read_parquet({_text(path)})").fetchall()  # noqa: S608
    fields = ", ".join(_field(name, kind) for name, kind, *_rest in described)
    _run(
        path,
        f"COPY (SELECT {fields} FROM read_parquet({_text(path)})) TO {_text(out)} "  # noqa: S608
        "(FORMAT json)",
    )


def _field(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if not kind.startswith("TIMESTAMP"):
        return quoted
    return f"strftime(make_timestamp(epoch_us({quoted})), '%Y-%m-%dT%H:%M:%S.%fZ') AS {quoted}"


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _run(path: Path, statement: str) -> Any:
    try:
        import duckdb
    except ImportError as fault:
        raise KeepError(
            _(
                "`{path}` is a Parquet file: to write or read it install DuckDB, "
                "pip install 'why503[keep]'."
            ).format(path=path)
        ) from fault
    try:
        return duckdb.connect(config=_SETTINGS).execute(statement)
    except duckdb.Error as fault:
        first = str(fault).strip().splitlines()[0]
        raise KeepError(
            _("`{path}` cannot be used as a Parquet file: {fault}").format(path=path, fault=first)
        ) from fault
