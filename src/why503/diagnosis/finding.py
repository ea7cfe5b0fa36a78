"""The answer: findings with their clues, what is missing, what to do. Published as JSON.

`Diagnosis` is the contract `why503/diagnosis/v1`; its JSON Schema is made from these classes.
"""

from enum import StrEnum

from why503.support.dataclass import dataclass

SCHEMA = "why503/diagnosis/v1"


class Verdict(StrEnum):
    """How sure a finding is, in words."""

    PROVEN = "proven"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Answer(StrEnum):
    """What the whole diagnosis says; tells an empty list of findings apart."""

    FINDINGS = "findings"
    NO_FAILURE = "no-failure-seen"
    """Requests were read and none of them failed."""
    CANNOT_TELL = "cannot-tell"
    """Failures, or only circumstances, were read, and no known cause fits well enough."""
    NOTHING_READ = "nothing-read"


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place in the evidence."""

    path: str
    line: int
    """From 1; 0 where the whole file is meant."""


@dataclass(frozen=True, kw_only=True)
class FoundClue:
    """One observation and what it says."""

    text: str
    speaks: str
    """`for` or `against`."""
    weight: str
    """`proves`, `speaks for`, `hints`, `speaks against` or `rules out`."""
    source: Spot | None
    """The line to open first; None where the clue rests on the whole evidence."""
    more: tuple[Spot, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FoundMissing:
    """What to fetch next."""

    what: str
    command: str
    decides: tuple[str, ...]
    gain: float
    """Bits of doubt that it is expected to remove."""


@dataclass(frozen=True, kw_only=True)
class FoundPatch:
    """YAML to apply."""

    yaml: str
    path: str
    line: int


@dataclass(frozen=True, kw_only=True)
class FoundRemedy:
    """One thing to do."""

    title: str
    kind: str
    """`stop-gap`, `fix` or `prevention`."""
    disposition: str
    """`safe`, `needs-review` or `outside-mesh`."""
    patches: tuple[FoundPatch, ...]
    commands: tuple[str, ...]
    risks: tuple[str, ...]
    verify: str
    undo: str
    derived: tuple[str, ...] = ()
    """How its values follow from the evidence, one sentence each."""


@dataclass(frozen=True, kw_only=True)
class FoundHop:
    """The leg or place that broke."""

    id: str
    """One of the nine places; `downstream-proxy->upstream-proxy`, `upstream-app`, ..."""
    downstream: str
    """Name of the caller or its proxy, as far as the evidence tells."""
    upstream: str
    """Service or address that was called."""
    destination: str
    """`host:port` of the request's destination."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One cause on one hop."""

    cause: str
    title: str
    confidence: float
    """0 to 1; with its rivals and `none of the known causes` it adds up to one on its hop."""
    verdict: Verdict
    hop: FoundHop
    failures: int
    requests: int
    """Requests to the same destination that were seen."""
    first: str
    """Start of the first failure, RFC 3339; ``""`` where the evidence has no times."""
    last: str
    clues: tuple[FoundClue, ...]
    missing: tuple[FoundMissing, ...]
    remedies: tuple[FoundRemedy, ...]


@dataclass(frozen=True, kw_only=True)
class ReadInput:
    """One file of the evidence."""

    path: str
    kinds: tuple[str, ...]
    lines: int
    facts: int
    not_understood: int
    first: str = ""
    """Earliest moment in it, RFC 3339; ``""`` where it has no times."""
    last: str = ""
    tellers: tuple[str, ...] = ()
    """Who tells in it, the first few."""


@dataclass(frozen=True, kw_only=True)
class Armed:
    """A cause that is armed in what was read, and of which no failure was found."""

    cause: str
    text: str
    source: Spot


@dataclass(frozen=True, kw_only=True)
class Unexplained:
    """Failures for which no known cause fits well."""

    hop: str
    destination: str
    what: str
    """How they ended: `503 UC connection termination`."""
    failures: int
    source: Spot | None


@dataclass(frozen=True, kw_only=True)
class NotRead:
    """Something that could not be read, and the remedy."""

    source: Spot
    reason: str
    lines: int


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What was seen of the traffic."""

    requests: int
    failures: int
    first: str
    last: str
    endings: dict[str, int]
    """Failures by how they ended."""


@dataclass(frozen=True, kw_only=True)
class DataLoss:
    """Whether failed remote writes of vmalert or vmagent lost data."""

    verdict: str
    """`nothing-lost`, `retrying`, `lost`, `evaluations-lost` or `unknown`."""
    text: str
    source: Spot | None


@dataclass(frozen=True, kw_only=True)
class FoundClock:
    """A clock that differs from another."""

    teller: str
    other: str
    seconds: float
    """About how far the clock of `teller` is from that of `other`; above zero: ahead."""
    least: float
    most: float
    requests: int
    """Requests from which it follows."""
    text: str
    source: Spot


@dataclass(frozen=True, kw_only=True)
class Change:
    """Failures of one kind to one destination, now and before."""

    destination: str
    """The upstream cluster, else the authority."""
    what: str
    """How they ended: code, response flags, response code details."""
    failures: int
    requests: int
    """All requests to the same destination."""
    failures_before: int
    requests_before: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What changed since the baseline."""

    baseline: str
    """The path that it was read from."""
    new: tuple[Change, ...]
    """Failures of which the baseline has none, most first."""
    grown: tuple[Change, ...]
    """Failures whose share grew by half or more, and by more than chance."""
    gone: tuple[Change, ...]
    """Failures of the baseline that no longer come, though there were requests enough."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The whole answer."""

    schema: str
    answer: Answer
    inputs: tuple[ReadInput, ...]
    traffic: Traffic
    findings: tuple[Finding, ...]
    """Best first."""
    data_loss: DataLoss | None
    armed: tuple[Armed, ...] = ()
    """Hazards of other causes than those found."""
    clocks: tuple[FoundClock, ...] = ()
    """Clocks that differ by more than half a second."""
    comparison: Comparison | None = None
    """What changed since `--baseline`; None where none was given."""
    unexplained: tuple[Unexplained, ...]
    next_checks: tuple[FoundMissing, ...]
    """Best question first."""
    unread: tuple[NotRead, ...]
