"""Flows of Cilium: `hubble observe` and `cilium monitor`, one line for each packet or request.

Only what a policy stopped becomes a fact; what was forwarded is claimed and says nothing.
"""

import re
from dataclasses import field

from why503.evidence.log_line import SCAN_LENGTH, TIME, teller_of, time_of
from why503.evidence.reader import Context, Line, Reading, share
from why503.facts import ProxyEvent, ProxyEventKind
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask, raw

NAME = "hubble flows"

_END = r"(?:[\w./-]{1,300}|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?(?:\([\w./-]{1,300}\))?"
_FLOW = lazy_re(
    rf"(?:(?P<time>{TIME})|[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d\.\d{{1,9}})"
    rf"(?: \[[^\]]{{1,80}}\])?: (?P<source>{_END})(?: \((?P<as>[\w:./-]{{1,80}})\))? "
    rf"(?:->|<-|<>) (?P<destination>{_END})(?: \([\w:./-]{{1,80}}\))? "
    r"(?P<what>[\w:/ -]{1,120}?) (?P<verdict>FORWARDED|DROPPED|DENIED|ALLOWED|AUDITED|AUDIT|ERROR|"
    r"REDIRECTED|TRACED|TRANSLATED)\b(?P<rest>.{0,2000})$"
)
_MONITOR = lazy_re(
    r"xx drop \((?P<what>[^)]{1,120})\) flow \S{1,40} to endpoint .{1,200}?: "
    r"(?P<source>\S{1,120}) -> (?P<destination>\S{1,120})(?P<rest>.{0,200})$"
)
_STOPPED = frozenset({"DROPPED", "DENIED"})
_POLICY = lazy_re(r"[Pp]olicy|http-request|kafka|dns-request")
"""What a policy drops; other drops (bad checksum, unknown target) are the network's own."""


def bid(sample: list[Line]) -> float:
    """Share of lines that are flows."""
    return share(sample, lambda line: _flow_of(line.text) is not None)


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


@dataclass
class Session:
    """Reads one file's flows."""

    context: Context
    reading: Reading = field(default_factory=Reading)

    def take(self, line: Line) -> bool:
        """Claim a flow; one that a policy stopped becomes a fact."""
        found = _flow_of(line.text)
        if found is None:
            return False
        named = found.groupdict()
        verdict = named.get("verdict") or "DROPPED"
        if verdict not in _STOPPED or not _POLICY.search(named["what"]):
            return True
        ends = f"{named['source']} -> {named['destination']}"
        moment = time_of(named["time"]) if named.get("time") else line.origin.time
        self.reading.facts.append(
            ProxyEvent(
                source=self.context.source(line.number),
                kind=ProxyEventKind.POLICY_DROPPED,
                teller=teller_of(self.context, line),
                time=moment,
                text=mask(f"{ends} {named['what']} {verdict}{named['rest']}")[:400],
                raw=raw(line.text),
            )
        )
        return True

    def finish(self) -> Reading:
        """What was stopped, in file order."""
        return self.reading


def _flow_of(text: str) -> re.Match[str] | None:
    line = text[:SCAN_LENGTH].strip()
    if line.startswith("xx drop"):
        return _MONITOR.match(line)
    return _FLOW.match(line) if ": " in line[:120] else None
