"""What a block of lines gave at once, and which of its lines are left to the tolerant parser."""

from dataclasses import dataclass, field

import numpy as np

from why503.evidence.access_log.engine.block import Block, Ints
from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.groups import Groups
from why503.evidence.access_log.engine.partial import Failure


@dataclass(slots=True)
class Taken:
    """The lines of one block; lines are counted from its begin."""

    begin: Ints
    """First byte of each line."""
    end: Ints
    """Its line end."""
    columns: Columns | None = None
    """The lines that were understood."""
    failed: list[Failure] = field(default_factory=list)
    """Those of them that failed."""
    request_ids: list[str] = field(default_factory=list)

    def odd(self) -> list[int]:
        """The other lines."""
        odd = np.ones(len(self.begin), np.bool_)
        if self.columns is not None:
            odd[self.columns.line] = False
        found: list[int] = np.flatnonzero(odd).tolist()
        return found


def failed_of(
    block: Block, groups: Groups, told: tuple[Columns, Ints, Ints], ids: tuple[Ints, Ints]
) -> list[Failure]:
    """The failures among lines that were understood.

    ``told``: these lines, with the begin and end of the text of each; ``ids``: begin and end of the
    request id of each.
    """
    lines, begins, ends = told
    rows = np.flatnonzero(groups.failing[lines.group])
    if not len(rows):
        return []
    begin, end = begins[rows], ends[rows]
    id_begin, id_end = ids[0][rows], ids[1][rows]
    has_id = id_end - id_begin > 1
    priority = block.hashes(np.where(has_id, id_begin, begin), np.where(has_id, id_end, end))
    return [
        Failure(
            number=line + 1,
            group=group,
            start=start,
            priority=weight,
            line=block.bytes(first, last),
            told=None,
        )
        for line, group, start, weight, first, last in zip(
            lines.line[rows].tolist(),
            lines.group[rows].tolist(),
            lines.start[rows].tolist(),
            priority.tolist(),
            begin.tolist(),
            end.tolist(),
            strict=True,
        )
    ]
