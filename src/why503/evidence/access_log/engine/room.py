"""How much memory reading may take, and what of it each process may keep."""

from dataclasses import dataclass

from why503.evidence.reader import Options

DEFAULT = Options().memory
SMALLEST = 300 << 20
"""Bytes with which one process can read."""
_PROCESS = 110 << 20
"""Bytes of a process with its libraries, a block and the lines that wait to be counted."""
_CONNECTION = 3 * 25
"""Bytes of a connection: as it is kept, sorted and sent."""
_ROW = 16 + 56
"""Bytes of a row of the histogram, with what the adding up of all takes in the end."""
_FEWEST = 10_000


@dataclass(frozen=True, kw_only=True)
class Room:
    """What one process may keep."""

    connections: int
    """Upstream connections whose last use is remembered."""
    rows: int
    """Rows of the histogram of durations; of more, the minutes are put together."""


def processes(memory: int) -> int:
    """How many processes may read at once."""
    return max(1, (memory - _PROCESS) // _PROCESS)


def room(memory: int, count: int) -> Room:
    """What each of ``count`` processes may keep, of bytes for all of them."""
    each = max(0, memory - (count + 1) * _PROCESS) // (count + 1)
    return Room(
        connections=max(_FEWEST, each // 2 // _CONNECTION),
        rows=max(_FEWEST, (memory - _PROCESS) // _ROW // count),
    )
