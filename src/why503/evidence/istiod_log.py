"""istiod's log: pushes to proxies, configuration that proxies rejected, throttling."""

import re
from dataclasses import replace

from why503.evidence.istio_json import as_plain
from why503.evidence.log_line import ELIDED, SCAN_LENGTH, TIME, teller_of, time_of
from why503.evidence.reader import Context, Line, Reading, share
from why503.facts import Fact, ProxyEvent, ProxyEventKind
from why503.support.pattern import lazy_re
from why503.support.secret import raw

NAME = "istiod log"

_HEAD = lazy_re(
    rf"(?P<time>{TIME})\s{{1,12}}(?P<level>debug|info|warn|warning|error|fatal)\s{{1,12}}"
    r"(?P<scope>[A-Za-z][A-Za-z0-9_/.-]{0,40})\s{1,12}(?P<text>.*)"
)
_SCOPES = frozenset(
    {
        "ads",
        "delta",
        "model",
        "kube",
        "serviceentry",
        "pkica",
        "rootcertrotator",
        "validationController",
        "validationServer",
        "authorization",
        "authentication",
        "ingress",
        "gateway",
        "krt",
        "status",
        "leader",
        "controllers",
        "rbac",
        "xds",
        "validation",
        "secretcontroller",
        "klog",
        "adsc",
        "mcp",
        "pilot",
        "telemetry",
        "envoyfilter",
        "ambient",
        "spiffe",
        "serverca",
        "monitor",
    }
)
_PUSH = lazy_re(
    r"(?P<type>[CELRNS]DS|ECDS|NDS|WDS): PUSH(?: request| INC)? for node:(?P<node>\S{1,300})"
    r"(?:.{0,80}?resources:(?P<count>\d{1,9}))?"
)
_OLD_PUSH = lazy_re(r"(?P<type>[CELR]DS): PUSH (?:TO |for )(?P<node>\S{1,300})")
_LEFT = lazy_re(
    r"(?:ADS|XDS|xDS): \"?(?P<address>[0-9a-fA-F.:\[\]]{3,60}):\d{1,5}\"? (?P<node>\S{1,300}) "
    r"terminated\s*$"
)
_NACK = lazy_re(
    r"(?:ADS|DELTAXDS|Delta|delta)?:?(?P<type>[CELRSN]DS|ECDS): (?:ACK ERROR|NACK)(?P<text> .*|$)"
)
_REFUSAL = lazy_re(r"\s{0,40}(?:code:\s{0,2}\d{1,2} )?(?:message|error_detail): ?\S.{0,4000}")
"""The reason of a refusal on a line of its own, as a wrapped log has it."""
_KINDS = (
    (
        re.compile(r"skipping (?:privileged gateway port|server on gateway) "),
        ProxyEventKind.LISTENER_SKIPPED,
    ),
    (
        re.compile(
            r"\"pilot_conflict_(?:in|out)bound_listener(?:_\w{1,60})?\"\s{0,4}:\s{0,4}\{|"
            r"\bListener=\S{1,80} Accepted(?:HTTP|TCP)="
        ),
        ProxyEventKind.LISTENER_CONFLICT,
    ),
    (
        re.compile(
            r"Internal:Error adding/updating|gRPC config .{0,120} rejected|[Rr]ejected by "
            r"(?:proxy|Envoy)"
        ),
        ProxyEventKind.CONFIG_REJECTED,
    ),
    (
        re.compile(r"request rate limit exceeded|rate limiter|[Tt]hrottl|ResourceExhausted"),
        ProxyEventKind.XDS_THROTTLED,
    ),
    (
        re.compile(
            r"xDS push error|[Pp]ush (?:errored|failure|failed)|terminated .{0,80}error|Failed "
            r"to push|Send failure for node|[Tt]imeout sending|push timed out"
        ),
        ProxyEventKind.XDS_DISCONNECTED,
    ),
    (
        re.compile(
            r"(?:service|cluster) \S{1,300} .{0,120}has no endpoints|Endpoint without pod|"
            r"[Nn]o endpoints (?:found )?for"
        ),
        ProxyEventKind.NO_CLUSTER_ENDPOINTS,
    ),
    (
        re.compile(r"(?:[Uu]nable|[Ff]ailed) to fetch .{0,60}(?:[Jj][Ww][Kk][Ss]|[Pp]ublic key)"),
        ProxyEventKind.JWKS_FETCH_FAILED,
    ),
    (
        re.compile(
            r"failed to fetch (?:key and certificate|ca certificate) for|"
            r"secret \S{1,300} not found|"
            r"attempted to access unauthorized certificates"
        ),
        ProxyEventKind.SECRET_MISSING,
    ),
)
_PLAIN = lazy_re(r"(?:ADS|CDS|EDS|LDS|RDS|XDS|DELTAXDS)[: ]")
_TIMELESS = lazy_re(
    r"[\s>*\"'`|-]{0,8}(?P<time>)(?:(?P<level>info|warn|warning|error)\s{1,12})?"
    r"(?:(?P<scope>ads|delta|xds)\s{1,12})?"
    r"(?P<text>(?:ADS|DELTAXDS|Delta|delta)?:?[CELRSN]DS: (?:ACK ERROR|NACK|PUSH)(?: .{0,4000}|$))"
)
"""What only istiod says of a proxy, quoted without the time."""
_UNSCOPED = lazy_re(
    rf"(?P<time>{TIME})\s{{1,12}}(?P<level>debug|info|warn|warning|error)\s{{1,12}}"
    r"(?P<text>(?:failed to fetch (?:key and certificate|ca certificate) for |"
    r"buildGatewayListeners: |[Ff]ailed to fetch (?:public key|jwks) from ).{0,2000})"
)
"""Lines that istiod writes without a scope."""
_QUOTED = lazy_re(
    r"[\s>*\"'`|-]{0,8}(?P<time>)(?:(?P<level>debug|info|warn|warning|error)\s{1,12})?"
    r"(?:(?P<scope>model|gateway|default)\s{1,12})?"
    r"(?P<text>(?:buildGatewayListeners: |skipping server on gateway |"
    r"[Ff]ailed to fetch (?:public key|jwks) from ).{0,2000})"
)
"""What istiod says of gateways and keys, quoted without the time."""
_STATUS = lazy_re(
    r"(?P<time>)(?P<level>)(?P<text>\s{0,40}\"(?:pilot_conflict_(?:in|out)bound_listener|"
    r"message\"\s{0,4}:\s{0,4}\"Listener=).{0,2000})"
)
"""A line of the status of a push (`/debug/push_status`, or the log of old versions)."""


def bid(sample: list[Line]) -> float:
    """Share of lines that have istiod's shape."""
    return share(sample, lambda line: _head(line.text) is not None)


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


class Session:
    """Reads one file's istiod lines."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._facts: list[Fact] = []

    def take(self, line: Line) -> bool:
        """Claim an istiod line; pushes, rejections and errors become `ProxyEvent`."""
        head = _head(line.text)
        if head is None:
            return self._reason(line)
        told = _kind(head["text"], head["level"] or "")
        if told is not None:
            kind, text, node = told
            self._facts.append(
                ProxyEvent(
                    source=self._context.source(line.number),
                    kind=kind,
                    teller=teller_of(self._context, line),
                    time=time_of(head["time"]) or line.origin.time,
                    connection=node,
                    text=raw(text),
                    raw=raw(line.text),
                )
            )
        return True

    def _reason(self, line: Line) -> bool:
        """Claim the reason of a refusal below the line that tells of it."""
        last = self._facts[-1] if self._facts else None
        if (
            not isinstance(last, ProxyEvent)
            or last.kind is not ProxyEventKind.CONFIG_REJECTED
            or line.number != last.source.line + 1
            or _REFUSAL.match(line.text[:SCAN_LENGTH]) is None
        ):
            return False
        text = raw(f"{last.text} {line.text.strip()}")
        self._facts[-1] = replace(last, text=text, raw=raw(f"{last.raw} {line.text.strip()}"))
        return True

    def finish(self) -> Reading:
        """All facts, in file order."""
        return Reading(facts=self._facts)


def _head(text: str) -> re.Match[str] | None:
    text = as_plain(text)
    if text[:1] in " \t" and text.lstrip()[:1].isdigit():  # a paste keeps its indent
        text = text.lstrip()
    if text[:1] in "[.\u2026" and (elided := ELIDED.match(text)) is not None:
        text = text[elided.end() :]
    if not text[:1].isdigit():
        start = text[:SCAN_LENGTH]
        told = _TIMELESS.match(start) if "DS: " in start else None
        return told or _QUOTED.match(start) or _STATUS.match(start)
    if (unscoped := _UNSCOPED.match(text[:SCAN_LENGTH])) is not None:
        return unscoped
    if (head := _HEAD.match(text[:SCAN_LENGTH])) is None:
        return None
    if head["scope"] in _SCOPES or _PLAIN.match(head["text"]):
        return head
    return None


def _kind(text: str, level: str) -> tuple[ProxyEventKind, str, str] | None:
    """Kind, deciding words and node of a line; None where it tells nothing of use."""
    if (push := _PUSH.match(text) or _OLD_PUSH.match(text)) is not None:
        return ProxyEventKind.XDS_PUSH, push["type"], push["node"]
    if (nack := _NACK.match(text)) is not None:
        reason = nack["text"].strip()
        return ProxyEventKind.CONFIG_REJECTED, f"{nack['type']} {reason}", reason.split(" ", 1)[0]
    if (left := _LEFT.match(text)) is not None:
        return ProxyEventKind.XDS_LEFT, left["address"].strip("[]"), left["node"]
    for pattern, kind in _KINDS:
        if pattern.search(text):
            return kind, text, ""
    if level in {"error", "fatal"}:
        return ProxyEventKind.OTHER, text, ""
    return None
