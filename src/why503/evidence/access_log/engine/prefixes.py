"""What log transports put in front of the lines of a block, told apart all at once."""

import numpy as np

from why503.evidence.access_log.engine.block import Block, Hashes, Ints
from why503.evidence.prefix import Peeler

_SHORTEST_TIME = len("2026-01-01T00:00:00Z")
_LONGEST_TIME = len("2026-01-01T00:00:00.000000000+00:00")


def prefix_hashes(block: Block, begin: Ints, head: Ints) -> Hashes:
    """A hash of all that stands from the begin of each line to its ``head``, but for a time.

    A container runtime puts the time at which it took the line in front, another one each time.
    """
    rows = np.flatnonzero(head > begin)
    found: Hashes = np.zeros(len(begin), np.uint64)
    if not len(rows):
        return found
    begin, head = begin[rows], head[rows]
    near = begin[:, None] + np.arange(_LONGEST_TIME + 1)
    blanks = block.each[np.minimum(near, block.size - 1)] == ord(" ")
    length = np.argmax(blanks, axis=1)
    first = block.each[begin]
    timed = (first >= ord("0")) & (first <= ord("9")) & (begin + length < head)
    timed &= length >= _SHORTEST_TIME
    found[rows] = block.hashes(np.where(timed, begin + length, begin), head)
    return found


def teller_at(block: Block, place: tuple[int, int, int], unnamed: str) -> str | None:
    """Who tells a line; ``place``: its first byte, that of its own text, and its end."""
    first, begin, end = place
    return teller_of(block.text(first, end).rstrip("\r"), len(block.text(first, begin)), unnamed)


def teller_of(text: str, head: int, unnamed: str) -> str | None:
    """Who tells a line whose own text begins at ``head``; None where more has to be peeled off."""
    if not head:
        return unnamed
    pieces = Peeler().peel(1, text)
    if len(pieces) != 1 or pieces[0].text != text[head:]:
        return None
    return pieces[0].origin.pod or unnamed
