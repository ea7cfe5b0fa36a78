"""Prices a question: how many bits of doubt its answer is expected to remove."""

from collections.abc import Iterable, Mapping
from math import log2

from why503.diagnosis.cause import Missing

WORTH_ASKING = 0.05
"""Bits below which a question is left out."""


def gain(question: Missing, belief: Mapping[str, float]) -> float:
    """Bits that a clear answer would remove, given each cause's belief on the hop.

    The answer tells the causes in ``decides`` from each other and from all the rest; its gain is
    the entropy of that partition.
    """
    parts = [belief.get(cause, 0.0) for cause in sorted(set(question.decides))]
    parts.append(max(0.0, 1.0 - sum(parts)))
    return -sum(part * log2(part) for part in parts if part > 0)


def priced(
    questions: Iterable[Missing], belief: Mapping[str, float]
) -> list[tuple[Missing, float]]:
    """Questions worth asking with their gain, best first; one command is asked once."""
    best: dict[str, tuple[Missing, float]] = {}
    for question in questions:
        bits = gain(question, belief)
        if bits >= WORTH_ASKING and bits > best.get(question.command, (question, 0.0))[1]:
            best[question.command] = (question, bits)
    return sorted(best.values(), key=_rank)


def _rank(pair: tuple[Missing, float]) -> tuple[float, int, str]:
    """The greatest gain first; of equal ones the cheapest."""
    question, bits = pair
    return -round(bits, 6), cost(question.command), question.command


def cost(command: str) -> int:
    """How much a command asks of cluster and user; only its order means something.

    0 reads, 1 runs or changes something in a pod, 2 adds a container, 3 has to wait for packets.
    """
    if "tcpdump" in command:
        return 3
    if " debug " in command:
        return 2
    return int(any(word in command for word in (" exec ", " --level ")))
