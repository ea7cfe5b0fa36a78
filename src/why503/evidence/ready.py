"""Envoy's `/ready`: one word that says in which state the proxy is."""

from dataclasses import field

from why503.evidence.reader import Context, Line, Reading, share
from why503.facts.proxy_info import ProxyInfo
from why503.support.dataclass import dataclass

NAME = "ready"

_STATES = frozenset({"LIVE", "DRAINING", "PRE_INITIALIZING", "INITIALIZING"})


@dataclass
class _Session:
    """Claims a line that is one of Envoy's states and nothing else."""

    context: Context
    reading: Reading = field(default_factory=Reading)

    def take(self, line: Line) -> bool:
        """Claim the word, written as Envoy writes it."""
        state = line.text.strip()
        if state not in _STATES:
            return False
        self.reading.facts.append(
            ProxyInfo(
                source=self.context.source(line.number),
                teller=line.origin.pod or self.context.teller,
                state=state,
            )
        )
        return True

    def finish(self) -> Reading:
        """The states that were told."""
        return self.reading


def bid(sample: list[Line]) -> float:
    """Share of the sample that is such a word."""
    return share(sample, lambda line: line.text.strip() in _STATES)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
