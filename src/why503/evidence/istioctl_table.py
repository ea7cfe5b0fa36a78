"""What a proxy has loaded: tables of `istioctl proxy-config`, Envoy's `/clusters`, `/listeners`.

Listeners and routes become partial `Manifest` facts of the kinds `ProxyListener` (address, port,
match, destination) and `ProxyRoute` (name, virtualHost, domains, match, virtualService).
"""

import re
from dataclasses import field

from why503.evidence.command_line import Command, command_of
from why503.evidence.istio_name import cluster_fact
from why503.evidence.manifest_object import manifest_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.counter import Counter
from why503.facts.proxy_config import ProxyCluster, ProxyEndpoint
from why503.facts.proxy_event import ProxyEvent, ProxyEventKind
from why503.facts.reading import Unread
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import raw
from why503.support.text import _

NAME = "istioctl table"

_ADDRESS = (
    r"(?:\[[0-9A-Fa-f:.]{2,45}\]:\d{1,5}|[^\s:\[\]]{1,255}:\d{1,5}|unix://\S{1,200}|/\S{1,200}|"
    r"@\S{1,200}|"
    r"envoy://\S{1,200}|[^\s:]{1,255})"
)
_ENDPOINT = lazy_re(
    rf"\s{{0,8}}(?P<address>{_ADDRESS})\s{{1,60}}(?P<status>HEALTHY|UNHEALTHY|UNKNOWN|DRAINING|"
    rf"TIMEOUT|DEGRADED)"
    r"\s{1,60}(?P<outlier>OK|FAILED|-)\s{1,60}(?P<cluster>\S{1,400})\s*$"
)
_LONE_ADDRESS = lazy_re(r"\s{0,8}(?:\[[0-9A-Fa-f:.]{2,45}\]|\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}\s*$")
_CLUSTER = lazy_re(
    r"(?:\s{0,8}(?P<host>\S{1,255}))?\s{1,120}(?P<port>\d{1,5}|"
    r"-)\s{1,60}(?P<subset>\S{1,120})\s{1,60}"
    r"(?P<direction>inbound|outbound|inbound-vip|-)\s{1,60}"
    r"(?P<type>EDS|STATIC|STRICT_DNS|LOGICAL_DNS|ORIGINAL_DST|AGGREGATE|DYNAMIC_FORWARD_PROXY|"
    r"CUSTOM)"
    r"(?:\s{1,60}(?P<rule>\S{1,255}))?\s*$",
    re.IGNORECASE,
)
_LISTENER = lazy_re(
    r"\s{0,8}(?P<address>[0-9A-Fa-f.:]{2,45}|"
    r"\[[0-9A-Fa-f:.]{2,45}\])\s{1,40}(?P<port>\d{1,5})\s{1,40}"
    r"(?P<match>\S.{0,400}?)\s{2,200}(?P<destination>(?:Route|Cluster|Inline Route|"
    r"Non-HTTP/Non-TCP|"
    r"PassthroughCluster|BlackHoleCluster|InboundPassthroughCluster)\S{0,4}.{0,300})$"
)
_ROUTE = lazy_re(
    r"\s{0,8}(?P<name>\S{1,200})\s{2,100}(?P<host>[\w.*|"
    r":-]{1,255})\s{2,100}(?P<domains>\S.{0,300}?)\s{2,100}"
    r"(?P<match>(?:/|\*|regex|PREFIX|http)\S{0,200})(?:\s{2,100}(?P<service>\S{1,200}))?\s*$"
)
_SECRET = lazy_re(
    r"\s{0,8}(?P<name>\S{1,300})\s{2,200}(?:(?:Cert Chain|CA|Cert)\s{1,60})?"
    r"(?P<status>ACTIVE|WARMING)\s{1,60}(?:true|false)\b.{0,300}$"
)
_HEADER = lazy_re(
    r"\s{0,8}(?:RESOURCE NAME\s{1,60}TYPE\s|ENDPOINT\s{1,60}STATUS|SERVICE FQDN\s|"
    r"ADDRESS(?:ES)?\s{1,40}PORT\s{1,40}(?:MATCH|TYPE)|"
    r"NAME\s{1,60}(?:VHOST NAME\s{1,60})?DOMAINS\s)"
)
_STAT = lazy_re(
    rf"(?P<cluster>[^\s:](?:[^\s:]|:(?!:)){{0,400}})::(?P<address>{_ADDRESS})::"
    rf"(?P<stat>[a-z_]{{2,60}})::(?P<value>.*)$"
)
_CLUSTER_STAT = lazy_re(
    r"(?P<cluster>[^\s:](?:[^\s:]|:(?!:)){0,400})::(?:(?P<stat>observability_name|added_via_api|"
    r"eds_service_name|"
    r"version_info|outlier)|(?:default|high)_priority::[a-z_]{2,40}|[a-z_]{2,60})::.{0,500}$"
)
_ENVOY_LISTENER = lazy_re(
    r"(?P<name>[\w.\[\]:-]{1,200}?)::(?P<address>[\d.]{7,15}|"
    r"\[[0-9A-Fa-f:.]{2,45}\]):(?P<port>\d{1,5})$"
)
_UNHEALTHY = (
    "/failed_active_hc",
    "/failed_eds_health",
    "/excluded_via_immediate_hc_fail",
    "/pending_active_hc",
)
_SUBJECTS = {"e": "endpoint", "c": "cluster", "l": "listener", "r": "route"}


@dataclass
class _Session:
    """Remembers whose tables follow and what kind of table is open."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    pod: str = ""
    empty: ProxyEvent | None = None
    """What to tell of a table of endpoints where no row comes below its header."""
    subject: str = ""
    """`endpoint`, `cluster`, `listener` or `route` below its command or header."""
    seen: set[str] = field(default_factory=set)
    """Clusters that `/clusters` has named."""

    def take(self, line: Line) -> bool:
        """Claim commands of istioctl, headers, rows, and Envoy's admin text."""
        text = line.text.rstrip()
        if not text.strip():
            self.subject = ""
            return False
        if (command := command_of(text)) is not None:
            return self._command(command)
        if _HEADER.match(text):
            self.subject = "route" if "DOMAINS" in text else "listener" if "ADDRESS" in text else ""
            self._begin_endpoints(text, line)
            return True
        return (
            self._endpoint(text, line)
            or self._cluster(text, line)
            or self._admin(text, line)
            or self._listener(text, line)
            or self._route(text, line)
            or self._secret(text, line)
        )

    def finish(self) -> Reading:
        """Endpoints and clusters, each with its line."""
        self._close_endpoints()
        return self.reading

    def _begin_endpoints(self, text: str, line: Line) -> None:
        """A header: below one of endpoints, rows must come, else the table was empty."""
        self._close_endpoints()
        if text.lstrip().startswith("ENDPOINT"):
            self.empty = ProxyEvent(
                source=self.context.source(line.number),
                kind=ProxyEventKind.TABLE_EMPTY,
                teller=self._teller(line),
                raw=raw(text),
            )

    def _close_endpoints(self) -> None:
        if self.empty is not None:
            self.reading.facts.append(self.empty)
            self.empty = None

    def _command(self, command: Command) -> bool:
        self.pod = self.subject = ""
        if command.program != "istioctl":
            return False
        arguments = [word for word in command.arguments if word not in ("x", "experimental")]
        if arguments[:1] and arguments[0] in ("proxy-config", "pc") and len(arguments) > 1:
            self.subject = _SUBJECTS.get(arguments[1][0], "")
            if len(arguments) > 2:
                self.pod = arguments[2].rpartition("/")[2].partition(".")[0]
        return True

    def _teller(self, line: Line) -> str:
        return self.pod or line.origin.pod or self.context.teller

    def _endpoint(self, text: str, line: Line) -> bool:
        found = _ENDPOINT.match(text)
        if found is None:
            return self.subject == "endpoint" and self._cut(text, line.number)
        self.subject, self.empty = "endpoint", None
        self.reading.facts.append(
            ProxyEndpoint(
                source=self.context.source(line.number),
                teller=self._teller(line),
                cluster=found["cluster"],
                address=found["address"],
                healthy=found["status"] in ("HEALTHY", "DEGRADED"),
                ejected=found["outlier"] == "FAILED",
            )
        )
        return True

    def _cut(self, text: str, number: int) -> bool:
        """A row of which only the address is left."""
        if _LONE_ADDRESS.match(text) is None:
            return False
        self.empty = None
        reason = _(
            "The endpoint in line {line} of `{path}` has neither status nor cluster: "
            "the row is cut. Fetch the whole table with `istioctl proxy-config endpoint`."
        ).format(line=number, path=self.context.path)
        self.reading.unread.append(Unread(source=self.context.source(number), reason=reason))
        return True

    def _cluster(self, text: str, line: Line) -> bool:
        found = _CLUSTER.match(text)
        if found is None:
            return False
        self.reading.facts.append(
            ProxyCluster(
                source=self.context.source(line.number),
                teller=self._teller(line),
                host=found["host"] or "",
                port=int(found["port"]) if found["port"].isdigit() else None,
                subset=_unless_dash(found["subset"]),
                direction=_unless_dash(found["direction"].lower()),
                type=found["type"].upper(),
            )
        )
        return True

    def _admin(self, text: str, line: Line) -> bool:
        """Lines of `/clusters`: `CLUSTER::ADDRESS::STAT::VALUE` and `CLUSTER::STAT::VALUE`."""
        if "::" not in text:
            return False
        found = _CLUSTER_STAT.match(text)
        if found is not None and "." not in text[found.end("cluster") :].split("::")[1]:
            self._named(found["cluster"], line)
            return True
        found = _STAT.match(text)
        if found is None:
            return False
        self._named(found["cluster"], line)
        if found["stat"] == "health_flags":
            flags = found["value"]
            self.reading.facts.append(
                ProxyEndpoint(
                    source=self.context.source(line.number),
                    teller=self._teller(line),
                    cluster=found["cluster"],
                    address=found["address"],
                    healthy=not any(flag in flags for flag in _UNHEALTHY),
                    ejected="/failed_outlier_check" in flags,
                )
            )
        elif found["value"].isascii() and found["value"].isdigit() and len(found["value"]) <= 20:
            self.reading.facts.append(
                Counter(
                    source=self.context.source(line.number),
                    teller=self._teller(line),
                    name=f"cluster.{found['cluster']}.{found['stat']}",
                    value=float(found["value"]),
                    labels=(("address", found["address"]),),
                )
            )
        return True

    def _named(self, cluster: str, line: Line) -> None:
        """A cluster that `/clusters` names for the first time; its type is not told there."""
        if cluster in self.seen:
            return
        self.seen.add(cluster)
        self.reading.facts.append(
            cluster_fact(cluster, self.context, line.number, self._teller(line))
        )

    def _listener(self, text: str, line: Line) -> bool:
        found = _LISTENER.match(text)
        if found is not None:
            data = {
                "kind": "ProxyListener",
                "address": found["address"],
                "port": int(found["port"]),
                "match": found["match"],
                "destination": found["destination"].strip(),
            }
        else:
            found = _ENVOY_LISTENER.fullmatch(text)
            if found is None:
                return False
            data = {
                "kind": "ProxyListener",
                "metadata": {"name": found["name"]},
                "address": found["address"],
                "port": int(found["port"]),
            }
        self.reading.facts.append(manifest_of(data, self.context, line=line.number, partial=True))
        return True

    def _secret(self, text: str, line: Line) -> bool:
        """Rows of `proxy-config secret`; one that still waits is a fact."""
        found = _SECRET.match(text)
        if found is None:
            return False
        if found["status"] == "WARMING":
            self.reading.facts.append(
                ProxyEvent(
                    source=self.context.source(line.number),
                    kind=ProxyEventKind.SECRET_MISSING,
                    teller=self._teller(line),
                    text=f"{found['name']} WARMING",
                    raw=raw(text),
                )
            )
        return True

    def _route(self, text: str, line: Line) -> bool:
        found = _ROUTE.match(text) if self.subject == "route" else None
        if found is None:
            return False
        data = {
            "kind": "ProxyRoute",
            "metadata": {"name": found["name"]},
            "virtualHost": found["host"],
            "domains": [part.strip() for part in found["domains"].split(",")],
            "match": found["match"],
            "virtualService": found["service"] or "",
        }
        self.reading.facts.append(manifest_of(data, self.context, line=line.number, partial=True))
        return True


def _unless_dash(text: str) -> str:
    return "" if text == "-" else text


def bid(sample: list[Line]) -> float:
    """Share of the sample that lies in such tables."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
