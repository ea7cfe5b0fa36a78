"""The understood lines of a range as columns, a value of each line in each."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from why503.evidence.access_log.engine.block import Floats, Hashes, Ints
from why503.support.dataclass import dataclass


@dataclass(slots=True)
class Columns:
    """Lines in file order; all columns have the same length."""

    line: Ints
    """Index in the range, from 0."""
    group: Ints
    """Index in `Partial.keys`."""
    minute: Ints
    """Minutes since 1970, or `NO_MINUTE`."""
    start: Floats
    """Seconds since 1970; NaN where there is no time."""
    took: Floats
    """Milliseconds; NaN where not told."""
    connection: Hashes
    """Hash of the upstream local address; 0 where not told."""

    def __len__(self) -> int:
        return len(self.line)

    @classmethod
    def joined(cls, parts: Sequence["Columns"]) -> "Columns":
        """The parts one after the other."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            **{
                one.name: np.concatenate([getattr(part, one.name) for part in parts])
                for one in fields(cls)
            }
        )

    def at(self, rows: Ints) -> "Columns":
        """Some of the lines."""
        return Columns(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    @property
    def end(self) -> Floats:
        """End of each request, seconds since 1970; its start where its duration is not told."""
        found: Floats = self.start + np.nan_to_num(self.took) / 1000
        return found
