"""One line of a proxy container's log in its parts: Envoy's formats, Istio's, pilot-agent's."""

from why503.evidence.istio_json import as_plain
from why503.evidence.log_line import ELIDED, SCAN_LENGTH, TIME
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_LEVEL = r"(?P<level>trace|debug|info|warn|warning|error|critical|off)"
_FILE = r"(?:\[?[\w./-]{1,200}\.(?:cc|h|go):\d{1,6}\]?(?:\s{1,12}|$))?"
"""The place in Envoy's source that newer versions name."""
_PLAIN = lazy_re(
    rf"\[?(?:(?P<time>{TIME})\]\[)?(?:\d{{1,8}}\]\[)?{_LEVEL}\]\[(?P<component>[\w.]{{1,40}})\]"
    r" {0,4}(?:\[?[^\[\]\s]{1,200}:\d{1,6}\])?\s{0,8}(?P<text>.*)"
)
"""Envoy before 1.9 wrote its source's place without the bracket in front."""
_ISTIO = lazy_re(
    rf"(?P<time>{TIME})\s{{1,12}}{_LEVEL}\s{{1,12}}envoy (?P<component>[\w.]{{1,40}})\s{{1,12}}"
    rf"{_FILE}(?P<text>.*)"
)
_STORED = lazy_re(rf"{TIME}\s{{1,4}}(?=\[\d{{4}}-|\[\d{{1,8}}\]\[|{TIME}\s{{1,12}}[a-z]{{4,8}}\s)")
"""The time that a log store puts in front of Envoy's own."""
_TIMELESS = lazy_re(
    rf"\[?{_LEVEL}\]?:?\s{{1,12}}\[?envoy (?P<component>[\w.]{{1,40}})\]?\s{{1,12}}"
    rf"{_FILE}(?P<text>.*)"
)
_MESSAGE = lazy_re(
    r"(?:[\s>*\"'`|-]{0,8})(?:\[[\w./-]{1,200}\.cc:\d{1,6}\]\s{0,8})?"
    r"(?P<text>(?:delta |Delta)?gRPC config (?:for type\.googleapis\.com/|stream )"
    r".{0,300}?(?:rejected|closed)\b.{0,4000})"
)
"""A message that only Envoy writes, quoted without its head."""
_AGENT = lazy_re(rf"(?P<time>{TIME})\s{{1,12}}{_LEVEL}\s{{1,12}}(?P<text>\S.*)")
_AGENT_SCOPE = lazy_re(
    r"(?P<component>xdsproxy|sds|cache|citadelclient|googleca|healthcheck|wasm|dns|iptables|ca|"
    r"security"
    r"|trustBundle|secretfetcher|secretFetcherLog|sdsServiceLog|secretCacheLog|cacerts|nodeagent|"
    r"bootstrap)\s{1,12}(?P<text>.*)"
)
_AGENT_TEXT = lazy_re(
    r"Agent |Envoy |Graceful termination|There are (?:still|no more)|Status server|FLAG: |Proxy "
    r"role|"
    r"Apply (?:mesh|proxy) config|Effective config|JWT policy|Pilot SAN|Starting (?:proxy agent|"
    r"default Istio SDS)|"
    r"Opening status port|CA Endpoint|Using CA|Epoch \d|Received new config|Readiness |Watching |"
    r"Abort(?:ing|ed) |pilot-agent is |[Uu]nable to get listener stats|"
    r"Detected (?:that|Envoy)|Waiting for|Workload is using file mounted|adding watcher|Error in "
    r"getting|"
    r"Failed to (?:start|drain|get|connect)|cmd?line|Request to probe app failed"
)
_QUOTED_AGENT = lazy_re(
    r"(?:[\s>*\"'`|-]{0,8})(?:(?:warn|warning|error)\s{1,12})?"
    r"(?P<text>(?:Request to probe app failed|Envoy proxy is NOT ready|Aborting proxy)\b.{0,4000})"
)
"""A message that only pilot-agent writes, quoted without its head."""
_QUOTED_CODEC = lazy_re(
    r"(?:[\s>*\"'`|-]{0,8})"
    r"(?P<text>(?:(?:protocol|dispatch) error: |Error dispatching received data: )"
    r"(?:http/1\.1 protocol error: |http2? ?(?:codec|protocol)? ?error|The user callback |"
    r"Protocol error\b|HPE_|Invalid HTTP|Received bad client magic).{0,400})"
)
"""What one of Envoy's codecs complains of, quoted without its head."""
_QUOTED_CLUSTER = lazy_re(
    r"(?:[\s>*\"'`|-]{0,8})(?:\[C\d{1,20}\](?:\[S\d{1,24}\])?\s{0,8})?"
    r"(?P<text>unknown cluster '(?:in|out)bound_?\|\d{0,5}\|[^|'\s]{0,100}\|[^'|\s]{0,253}')"
)
"""What Envoy's router says of a cluster that it does not have, quoted without its head."""
_FORBIDDEN = lazy_re(
    r"(?:[\s>*\"'`|-]{0,8})(?:[EW]\d{4} [\d:.]{8,15}\s{1,12}\d{1,8} |"
    rf"(?:{TIME}\s{{1,12}})?(?:warn|warning|error)\s{{1,12}})?.{{0,300}}?"
    r"(?P<text>[Ff]ailed to (?:list|watch) \*v1\.Secret: .{0,300}\bforbidden: User "
    r"\"?system:serviceaccount:[^\s:]{1,63}:[\w.-]{0,200}(?:istio|gateway).{0,600})"
)
"""Kubernetes' refusal to let a gateway's agent read Secrets, in client-go's words."""
_IDS = lazy_re(r"(?:\[C(?P<connection>\d{1,20})\])(?:\[S(?P<stream>\d{1,24})\])?\s{0,8}")
_TAGS = lazy_re(r"\[Tags: (?P<tags>[^\]]{0,400})\]\s{0,8}")
_TAG = lazy_re(r'"(ConnectionId|StreamId)":"(\d{1,24})"')
_EPOCH = lazy_re(r"\[Envoy \(Epoch \d{1,6}\)\] ")
"""What pilot-agent of Istio 1.4 and 1.5 put in front of each line of Envoy."""
_THREAD = lazy_re(r"\s{1,200}thread=\d{1,20}\s*$")


@dataclass(frozen=True, kw_only=True)
class EnvoyLine:
    """The parts of a line."""

    time: str
    level: str
    component: str
    """Envoy's logger (`router`, `pool`, ...), the agent's scope, or ``""``."""
    connection: str
    stream: str
    text: str


def parsed(line: str) -> EnvoyLine | None:
    """Parts of a line of the proxy container; None where it has none of the known shapes."""
    text = as_plain(line)[:SCAN_LENGTH]
    if (epoch := _EPOCH.match(text)) is not None:
        text = text[epoch.end() :]
    if text[:1].isdigit() and (stored := _STORED.match(text)) is not None:
        text = text[stored.end() :]
    if text[:1] in "[.\u2026" and (elided := ELIDED.match(text)) is not None:
        text = text[elided.end() :]
    first = text[:1]
    if first == "[":
        found = _PLAIN.match(text)
    elif first.isdigit():
        found = _ISTIO.match(text) or _PLAIN.match(text)
    else:
        return _headless(text)
    if found is None:
        return _agent(text) or _forbidden(text) if first.isdigit() else None
    return _with_ids(found["time"] or "", found["level"], found["component"], found["text"])


def _headless(text: str) -> EnvoyLine | None:
    """A line that lost its time in a paste, or of which only the message was quoted."""
    if (found := _TIMELESS.match(text)) is not None:
        return _with_ids("", found["level"], found["component"], found["text"])
    if (agent := _QUOTED_AGENT.match(text)) is not None:
        return _with_ids("", "error", "agent", agent["text"].rstrip("\"'`| "))
    if (codec := _QUOTED_CODEC.match(text)) is not None:
        return _with_ids("", "debug", "http", codec["text"].rstrip("\"'`| "))
    if (cluster := _QUOTED_CLUSTER.match(text)) is not None:
        return _with_ids("", "debug", "router", cluster["text"])
    if (forbidden := _forbidden(text)) is not None:
        return forbidden
    if "gRPC config " not in text or (quoted := _MESSAGE.match(text)) is None:
        return None
    message = quoted["text"].rstrip("\"'`| ")
    return _with_ids("", "warning", "config", message)


def _forbidden(text: str) -> EnvoyLine | None:
    """What a gateway's agent says that may not read Secrets; Istio before 1.9 fetched them so."""
    if "v1.Secret: " not in text or (found := _FORBIDDEN.match(text)) is None:
        return None
    return _with_ids("", "error", "secretfetcher", found["text"].rstrip("'`| "))


def _agent(text: str) -> EnvoyLine | None:
    found = _AGENT.match(text)
    if found is None:
        return None
    scoped = _AGENT_SCOPE.match(found["text"])
    if scoped is None and not _AGENT_TEXT.match(found["text"]):
        return None
    component, message = (
        (scoped["component"], scoped["text"]) if scoped else ("agent", found["text"])
    )
    return EnvoyLine(
        time=found["time"],
        level=found["level"],
        component=component,
        connection="",
        stream="",
        text=message,
    )


def _with_ids(time: str, level: str, component: str, text: str) -> EnvoyLine:
    """An Envoy line whose connection and stream ids are taken out of its text."""
    connection = stream = ""
    if (ids := _IDS.match(text)) is not None:
        connection, stream = ids["connection"], ids["stream"] or ""
        text = text[ids.end() :]
    elif (tags := _TAGS.match(text)) is not None:
        named = dict(_TAG.findall(tags["tags"]))
        connection, stream = named.get("ConnectionId", ""), named.get("StreamId", "")
        text = text[tags.end() :]
    return EnvoyLine(
        time=time,
        level="warning" if level == "warn" else level,
        component=component,
        connection=connection,
        stream=stream,
        text=_THREAD.sub("", text).strip(),
    )
