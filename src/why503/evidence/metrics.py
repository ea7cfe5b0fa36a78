"""Metrics as programs expose them (Prometheus' text, OpenMetrics), and answers in a single line.

Envoy's and Istio's own are for the reader of statistics. Buckets of histograms are claimed and
not kept.
"""

import re
from dataclasses import field

import msgspec

from why503.evidence.metric_series import Gathering, seconds
from why503.evidence.metrics_json import bid as bid_json
from why503.evidence.metrics_json import gather
from why503.evidence.prometheus_name import labels_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.series import SeriesKind
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "metrics"

_NOT_OURS = ("envoy_", "istio_")
_VALUE = r"(?P<value>[-+]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][-+]?\d{1,3})?|[-+]?Inf|NaN)"
_SAMPLE = lazy_re(
    r"(?P<name>[A-Za-z_:][\w:]{0,300})?(?:\{(?P<labels>[^{}].{0,20000}?|)\})?[ \t]{1,8}"
    rf"{_VALUE}(?:[ \t]{{1,8}}(?P<time>-?\d{{1,16}}(?:\.\d{{1,9}})?))?"
    r"(?:[ ]{0,4}#[ ]\{.{0,2000})?\s{0,20}$"
)
_COMMENT = lazy_re(
    r"#[ ](?:(?P<word>TYPE|HELP|UNIT)[ ](?P<name>[A-Za-z_:][\w:]{0,300})(?:[ ](?P<rest>.{0,2000}))?"
    r"|EOF)\s{0,20}$"
)
_PAIR = lazy_re(r'[A-Za-z_]\w{0,200}="')
_TELLING = lazy_re(
    r"(?:vm|vmalert|vmagent|go|process|kube|container|node|pilot|jvm|http|citadel|galley|up)_\w{3,}"
    r"|\w{2,}_(?:total|bytes|seconds|count|sum|ratio|info)"
)
"""Names that are a metric's even without labels."""
_KINDS = {"counter": SeriesKind.COUNTER, "gauge": SeriesKind.GAUGE}
_LONGEST = 40_000
_LONGEST_ANSWER = 4_000_000


@dataclass
class _Session:
    """Remembers the types that comments told and whether metrics are being listed."""

    context: Context
    kinds: dict[str, SeriesKind] = field(default_factory=dict)
    after: int = 0
    """The line after the last claimed one."""

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.context)

    def take(self, line: Line) -> bool:
        """Claim metrics, their comments, and answers to queries in one line."""
        claimed = self._comment(line.text) or self._answer(line) or self._sample(line)
        if claimed:
            self.after = line.number + 1
        return claimed

    def finish(self) -> Reading:
        """All series, in the order of their first values."""
        return self.gathering.reading()

    def _comment(self, text: str) -> bool:
        found = _COMMENT.match(text) if text.startswith("# ") else None
        if found is None or (found["name"] or "").startswith(_NOT_OURS):
            return False
        if found["word"] == "TYPE" and len(self.kinds) < 100_000:
            kind = _KINDS.get((found["rest"] or "").strip(), SeriesKind.UNKNOWN)
            self.kinds[found["name"]] = kind
        return True

    def _answer(self, line: Line) -> bool:
        text = line.text.strip()
        if text[:1] != "{" or len(text) > _LONGEST_ANSWER or bid_json(text) == 0.0:
            return False
        try:
            value = msgspec.json.decode(text)
        except (ValueError, RecursionError):
            return False
        return gather(value, line.number, self.gathering)

    def _sample(self, line: Line) -> bool:
        text = line.text.strip()
        if text.startswith(_NOT_OURS) or len(text) > _LONGEST:
            return False
        found = _SAMPLE.match(text)
        if found is None or not self._is_metric(found, line.number):
            return False
        labels = labels_of(found["labels"] or "")
        if found["name"]:
            labels["__name__"] = found["name"]
        time = seconds(float(found["time"])) if found["time"] else line.origin.time
        self.gathering.add(
            line.number,
            labels,
            [(time, float(found["value"]))],
            teller=line.origin.pod,
            kind=self._kind(labels.get("__name__", "")),
        )
        return True

    def _is_metric(self, found: re.Match[str], number: int) -> bool:
        """Tells a metric from a word and a number."""
        if found["labels"]:
            return _PAIR.match(found["labels"].lstrip()) is not None
        name = found["name"] or ""
        if not name:
            return False
        return (
            number == self.after or _base(name) in self.kinds or name in self.kinds
        ) or _TELLING.fullmatch(name) is not None

    def _kind(self, name: str) -> SeriesKind | None:
        """What the comments say of a metric; None where its name must tell."""
        if name in self.kinds:
            return self.kinds[name]
        counts = self.kinds.get(_base(name)) is SeriesKind.COUNTER
        return SeriesKind.COUNTER if counts else None


def _base(name: str) -> str:
    """Name that a comment gives to what this name is one value of."""
    for end in ("_total", "_bucket", "_sum", "_count", "_created"):
        if name.endswith(end):
            return name.removesuffix(end)
    return name


def bid(sample: list[Line]) -> float:
    """Share of the sample that are metrics."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
