"""The lines that went by, kept small: when each began, how long it took, and its group."""

from array import array
from bisect import bisect_right
from typing import Any

MOST_LINES = 1_500_000
"""Lines that are looked back to."""

Raw = Any
"""A text as the lines hold it: bytes in a text log, str or int in a JSON log."""


class _Block:
    """Lines that were taken at once."""

    __slots__ = ("groups", "start", "times", "took", "width")

    def __init__(self, start: int, times: list[Raw], took: list[Raw], groups: list[int]) -> None:
        self.start = start
        self.groups = array("I", groups)
        is_text = isinstance(times[0], bytes)
        self.width = len(times[0]) if is_text else 0
        self.times: Raw = b"".join(times) if is_text else times
        self.took: Raw = b" ".join(took) if is_text else took

    def at(self, index: int) -> tuple[Raw, Raw, int]:
        place = index - self.start
        if self.width:
            time = self.times[place * self.width : (place + 1) * self.width]
            return time, self.took.split(b" ")[place], self.groups[place]
        return self.times[place], self.took[place], self.groups[place]

    def time(self, index: int) -> Raw:
        place = index - self.start
        if self.width:
            return self.times[place * self.width : (place + 1) * self.width]
        return self.times[place]


class Passage:
    """The understood lines of a range, by their index in it."""

    def __init__(self) -> None:
        self.lines = 0
        """Lines that went by, understood or not."""
        self._starts: list[int] = []
        self._blocks: list[_Block] = []

    def skip(self) -> None:
        """Go on by a line that was not understood."""
        self.lines += 1

    def add(self, times: list[Raw], took: list[Raw], groups: list[int]) -> int:
        """Go on by lines, times of one width where they are bytes; the index of the first."""
        start = self.lines
        self._starts.append(start)
        self._blocks.append(_Block(start, times, took, groups))
        self.lines += len(groups)
        return start

    def _block(self, index: int) -> _Block | None:
        place = bisect_right(self._starts, index) - 1
        return self._blocks[place] if place >= 0 else None

    def at(self, index: int) -> tuple[Raw, Raw, int] | None:
        """Begin and duration as written, and group, of a line; None where it is forgotten."""
        block = self._block(index)
        return None if block is None else block.at(index)

    def time(self, index: int) -> Raw | None:
        """Begin of a line as written."""
        block = self._block(index)
        return None if block is None else block.time(index)

    def forget(self, *, everything: bool) -> None:
        """Let go of lines that nobody looks back to."""
        first = self.lines if everything else self.lines - MOST_LINES
        place = len(self._starts) if everything else max(0, bisect_right(self._starts, first) - 1)
        del self._starts[:place], self._blocks[:place]
