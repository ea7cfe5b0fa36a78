"""Tables of `kubectl top pod` and `kubectl top node`.

Memory becomes `container_memory_working_set_bytes` (which is what `top` shows), CPU
`container_cpu_usage_cores`; for nodes `node_...`. Of a node's table also the shares of what the
node can give: `node_cpu_usage_ratio`, `node_memory_working_set_ratio`, 0 to 1.
"""

from why503.evidence.command_line import command_of
from why503.evidence.metric_series import Gathering
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.series import SeriesKind
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "kubectl top"

_TITLES = ("NAMESPACE", "POD", "NAME", "CPU(cores)", "CPU%", "MEMORY(bytes)", "MEMORY%")
_SPELLED = {"CPU(%)": "CPU%", "MEMORY(%)": "MEMORY%"}
_HEAD = lazy_re(
    r"\s{0,8}(?:(?:NAMESPACE|POD|NAME)\s{1,200}){1,3}CPU\(cores\)\s{1,60}(?:CPU(?:%|\(%\))"
    r"\s{1,60})?MEMORY\(bytes\)(?:\s{1,60}MEMORY(?:%|\(%\)))?\s{0,200}$"
)
_CELL = lazy_re(r"(?P<amount>\d{1,15})(?P<unit>n|u|m|Ki|Mi|Gi|Ti|%)?")
_UNITS = {
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "%": 0.01,
}
_METRICS = {
    "CPU(cores)": "cpu_usage_cores",
    "CPU%": "cpu_usage_ratio",
    "MEMORY(bytes)": "memory_working_set_bytes",
    "MEMORY%": "memory_working_set_ratio",
}


@dataclass
class _Session:
    """Remembers the head of the open table and the namespace that the command names."""

    context: Context
    titles: tuple[str, ...] = ()
    namespace: str = ""

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.context)

    def take(self, line: Line) -> bool:
        """Claim the command, the head and the rows."""
        text = line.text[:2000].strip()
        if _HEAD.match(text):
            self.titles = tuple(_SPELLED.get(title, title) for title in text.split())
            return set(self.titles) <= set(_TITLES)
        if self.titles and self._row(text, line):
            return True
        self.titles = ()
        command = command_of(text) if text else None
        if command is None:
            return False
        is_top = command.program == "kubectl" and "top" in command.words[:4]
        self.namespace = command.option("-n", "--namespace") if is_top else ""
        return is_top

    def finish(self) -> Reading:
        """CPU and memory of every row."""
        return self.gathering.reading()

    def _row(self, text: str, line: Line) -> bool:
        cells = text.split()
        if len(cells) != len(self.titles):
            return False
        row = dict(zip(self.titles, cells, strict=True))
        amounts = {
            metric: _amount(row[title]) for title, metric in _METRICS.items() if title in row
        }
        if all(amount is None for amount in amounts.values()):
            return "<unknown>" in cells
        what, labels = self._labels(row)
        for metric, amount in amounts.items():
            if amount is not None:
                named = {"__name__": f"{what}_{metric}", **labels}
                point = (line.origin.time, amount)
                self.gathering.add(line.number, named, [point], kind=SeriesKind.GAUGE)
        return True

    def _labels(self, row: dict[str, str]) -> tuple[str, dict[str, str]]:
        """`container` or `node`, and the labels that name it."""
        if "CPU%" in row or "MEMORY%" in row:
            return "node", {"node": row["NAME"]}
        labels = {"pod": row.get("POD", row["NAME"])}
        if "POD" in row:
            labels["container"] = row["NAME"]
        if namespace := row.get("NAMESPACE", self.namespace):
            labels["namespace"] = namespace
        return "container", labels


def _amount(cell: str) -> float | None:
    found = _CELL.fullmatch(cell)
    return float(found["amount"]) * _UNITS.get(found["unit"] or "", 1.0) if found else None


def bid(sample: list[Line]) -> float:
    """Share of the sample that lies in such tables."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
