"""Writes the module that holds the one table."""

from dataclasses import asdict
from pathlib import Path

from why503.diagnosis import decibans
from why503.diagnosis.table import Table

MODULE = Path(decibans.__file__)
_TEXT = '''"""The one table of weights, written by `make calibrate`; no number is set by hand."""

from why503.diagnosis.table import Table

TABLE = Table(
{numbers}
)
'''


def text(table: Table) -> str:
    """The module's source."""
    numbers = "\n".join(f"    {name}={value!r}," for name, value in asdict(table).items())
    return _TEXT.format(numbers=numbers)


def write(table: Table, module: Path = MODULE) -> None:
    """Replace the table that is in force."""
    module.write_text(text(table), encoding="utf-8")
