"""Envoy's `/stats`, as text (`name: value`) and in Prometheus' form, Istio's metrics with it.

Histograms and statistics that are text are claimed and not kept.
"""

from dataclasses import field
from math import isfinite

from why503.evidence.prometheus_name import envoy_name, labels_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.counter import Counter
from why503.facts.reading import Unread
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask
from why503.support.text import _

NAME = "stats"

COUNTERS_LIMIT = 300_000
"""Statistics of one file that are kept."""

_ROOTS = (
    r"(?:cluster|cluster_manager|control_plane|dns|dns_filter|envoy|ext_authz|filesystem|grpc|http|"
    r"http_inspector|http1|http2|istiocustom|listener|listener_manager|main_thread|overload|"
    r"ratelimit|runtime|sds|server|ssl|tcp|thread_local_cluster_manager|tls_inspector|tls|vhost|"
    r"wasm|wasmcustom|workers|xds-grpc)"
)
_VALUE = r'(?P<value>-?\d{1,20}(?:\.\d{1,9})?|"[^"]{0,500}"|No recorded values|P0\(.{1,2000})'
_TEXT = lazy_re(rf"(?P<name>{_ROOTS}\.[^\"]{{1,600}}?): {_VALUE}\s{{0,20}}$")
_OTHER = lazy_re(
    rf"(?P<name>[\w|\[\];~-]{{1,200}}\.[\w.|\[\];~-]{{1,600}}): "
    rf"{_VALUE}\s{{0,20}}$"
)
_METRIC = lazy_re(
    r"(?P<name>(?:envoy|istio)_\w{1,300})(?:\{(?P<labels>.{0,20000})\})? "
    r"(?P<value>[-+]?\d{1,20}(?:\.\d{0,20})?(?:[eE][-+]?\d{1,3})?|NaN|[-+]Inf)"
    r"(?: -?\d{1,16})?\s{0,20}$"
)
_COMMENT = lazy_re(
    r"# (?:TYPE|HELP) (?P<name>(?:envoy|istio)_\w{1,300})"
    r"(?: (?P<type>\w{1,20})\b.{0,500}|.{0,500})$"
)
_SERIES = ("_bucket", "_sum", "_count")


@dataclass
class _Session:
    """Remembers which metrics are histograms and whether statistics are being listed."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    histograms: set[str] = field(default_factory=set)
    after: int = 0
    """The line after the last claimed one."""
    dropped: int = 0

    def take(self, line: Line) -> bool:
        """Claim statistics, metrics of Envoy and Istio, and their comments."""
        text = line.text
        claimed = self._comment(text) or self._metric(text, line) or self._text(text, line)
        if claimed:
            self.after = line.number + 1
        return claimed

    def finish(self) -> Reading:
        """Counters and gauges in file order."""
        if self.dropped:
            reason = _(
                "`{path}` has more than {limit} statistics; {count} were not kept. Fetch "
                "`/stats?usedonly`."
            ).format(path=self.context.path, limit=COUNTERS_LIMIT, count=self.dropped)
            unread = Unread(source=self.context.source(), reason=reason, count=self.dropped)
            self.reading.unread.append(unread)
        return self.reading

    def _comment(self, text: str) -> bool:
        found = _COMMENT.match(text) if text.startswith("# ") else None
        if found is None:
            return False
        if found["type"] in ("histogram", "summary"):
            self.histograms.add(found["name"])
        return True

    def _metric(self, text: str, line: Line) -> bool:
        found = _METRIC.match(text) if text.startswith(("envoy_", "istio_")) else None
        if found is None:
            return False
        name = found["name"]
        if name.endswith("_bucket") or any(
            name.removesuffix(end) in self.histograms for end in _SERIES
        ):
            return True
        spelled, labels = envoy_name(name, labels_of(found["labels"] or ""))
        self._keep(spelled, found["value"], line, labels)
        return True

    def _text(self, text: str, line: Line) -> bool:
        if ": " not in text:
            return False
        found = _TEXT.match(text) or (_OTHER.match(text) if line.number == self.after else None)
        if found is None:
            return False
        if found["value"][0] in "-0123456789":
            self._keep(found["name"], found["value"], line, ())
        return True

    def _keep(self, name: str, value: str, line: Line, labels: tuple[tuple[str, str], ...]) -> None:
        number = float(value)
        if not isfinite(number):
            return
        if len(self.reading.facts) >= COUNTERS_LIMIT:
            self.dropped += 1
            return
        self.reading.facts.append(
            Counter(
                source=self.context.source(line.number),
                teller=line.origin.pod or self.context.teller,
                name=mask(name) if "=" in name or "//" in name else name,
                value=number,
                labels=labels,
            )
        )


def bid(sample: list[Line]) -> float:
    """Share of the sample that are statistics."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
