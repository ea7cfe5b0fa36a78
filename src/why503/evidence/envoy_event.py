"""Which event a text of Envoy's or the agent's log tells, and its deciding words."""

import re

from why503.facts import ProxyEventKind as Kind
from why503.support.pattern import lazy_re

_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.REUSED_CONNECTION, re.compile(r"(using existing (?:fully connected )?connection)")),
    (Kind.REMOTE_CLOSE, re.compile(r"^(remote close)")),
    (Kind.READ_TIMED_OUT, re.compile(r"^(read error: Connection timed out)")),
    (Kind.CONNECT_TIMEOUT, re.compile(r"^(connect timeout)")),
    (
        Kind.CONNECT_FAILED,
        re.compile(r"^((?:immediate|delayed) connect(?:ion)? error: .{1,200})"),
    ),
    (Kind.UPSTREAM_RESET, re.compile(r"upstream reset: reset reason:? ?(.*)")),
    (Kind.UPSTREAM_RESET, re.compile(r"(disconnect\. resetting [1-9]\d{0,8} pending requests)")),
    (Kind.WASM_FAILED, re.compile(r"local reply with details (wasm_fail_stream)")),
    (Kind.LOCAL_REPLY, re.compile(r"(?:Sending|Preparing) local reply with details (.*)")),
    (Kind.LOCAL_REPLY, re.compile(r"Resetting stream due to (\S+?)\.? Prior headers")),
    (
        Kind.RBAC_DENIED,
        re.compile(r"^enforced denied(?:, matched policy )?(?:none\b)?(.*)"),
    ),
    (
        Kind.NO_FILTER_CHAIN,
        re.compile(r"^closing connection(?: from \S{1,60})?: (no matching filter chain found)"),
    ),
    (Kind.SNIFFING_ENDED, re.compile(r"^(listener filter times out after \d{1,9} ms)")),
    (
        Kind.DNS_FAILED,
        re.compile(r"^dns resolution for (\S{1,253}) (?:completed with status [1-9]|failed)"),
    ),
    (Kind.PROBE_FAILED, re.compile(r"^(Request to probe app failed.*)")),
    (Kind.TLS_ERROR, re.compile(r"(TLS[_ ]error:.*)")),
    (Kind.TLS_ERROR, re.compile(r"(verify cert failed:.*)")),
    (
        Kind.CODEC_ERROR,
        re.compile(
            r"(?:^protocol error: |^invalid http2: |^invalid frame: |^Error dispatching received "
            r"data: |"
            r"^dispatch error: )(.*)"
        ),
    ),
    (Kind.CODEC_ERROR, re.compile(r"((?:http/1\.1 protocol error: )?HPE_[A-Z_]{3,60})")),
    (
        Kind.UNKNOWN_CLUSTER,
        re.compile(
            r"(?:unknown cluster '|^Cluster not found:? '?|^tcp_proxy: cluster '?)"
            r"(?P<text>[^\s']{1,400}|(?<=')(?='))"
        ),
    ),
    (Kind.CLUSTER_WARMING, re.compile(r"(?:add/update )?cluster (\S{1,400}) starting warming")),
    (Kind.CLUSTER_WARMING, re.compile(r"warming cluster (\S{1,400}) complete")),
    (Kind.CLUSTER_UPDATE, re.compile(r"^(cds: (?:add[ /]|added|remove|response).*)")),
    (
        Kind.ORIGINAL_DST_MISSING,
        re.compile(r"(No downstream connection or no original_dst.*|[Nn]o original[ _]dst.*)"),
    ),
    (
        Kind.WASM_FAILED,
        re.compile(
            r"(Function: \S{1,80} failed.*|"
            r"wasm log .{0,300}(?:[Ff]ailed|[Ee]rror|panicked).*|Wasm VM failed.*|"
            r"Plugin configured to fail.*|[Ff]ailed to (?:load|fetch|download) [Ww]asm.*|"
            r"wasm remote code fetch.*|Proxy-Wasm.{0,80}fail.*)"
        ),
    ),
    (
        Kind.CONFIG_REJECTED,
        re.compile(
            r"(gRPC config for .{0,300}rejected.*|Error adding/updating .*|"
            r"Envoy proxy is NOT ready: config .{0,200}\b[1-9]\d{0,8} rejected.*)"
        ),
    ),
    (Kind.XDS_THROTTLED, re.compile(r"^(.*(?:request rate limit exceeded|ResourceExhausted).*)")),
    (
        Kind.XDS_DISCONNECTED,
        re.compile(
            r"(.{0,120}gRPC config stream .{0,80}closed.*|.{0,120}gRPC config: initial fetch "
            r"timed out.*|"
            r"upstream (?:\[\d+\] )?(?:error|terminated with unexpected error).*|"
            r"failed to connect to upstream.*|.{0,60}gRPC update .{0,120}failed.*)"
        ),
    ),
    (
        Kind.SECRET_MISSING,
        re.compile(
            r"([Ff]ailed to (?:list|watch) \*v1\.Secret: .*|"
            r".{0,200}Secret is not supplied by SDS.*|.{0,120}secret .{0,80}(?:not found|not "
            r"ready).*|Create NotReadySslSocket.*|[Cc]annot find secret \S.*|"
            r".{0,60}[Ff]ailed to (?:generate|fetch|get|warm|sign|create).{0,120}(?:secret|"
            r"[Cc]ertificate|CSR|cert).*|.{0,300}\bCSR (?:failed|[Rr]etrial timed out).*)"
        ),
    ),
    (
        Kind.JWKS_FETCH_FAILED,
        re.compile(
            r"(.{0,200}(?:[Jj][Ww][Kk][Ss]|[Pp]ub[Kk]ey).{0,200}(?:fail|error|status code).*)"
        ),
    ),
    (
        Kind.SHUTDOWN,
        re.compile(
            r"(caught (?:ENVOY_)?SIG(?:TERM|INT).*|shutting down server instance.*|Agent already "
            r"drained.*|"
            r"There are no more active connections.*|Graceful termination period complete.*|"
            r"Abort(?:ing (?:proxy|epoch)|ed all epochs).*|Envoy aborted normally|"
            r"Agent has successfully terminated|pilot-agent is terminating|"
            r"Epoch \d+ (?:exited|terminated|aborted).*|.{0,40}may have been out of memory "
            r"killed.*)"
        ),
    ),
    (
        Kind.LISTENER_UPDATE,
        re.compile(r"^(draining (?:listener '|\d{1,6} filter chains? in listener).*)"),
    ),
    (
        Kind.DRAINING,
        re.compile(
            r"(Agent draining .*|Graceful termination period is .*|There are still \d+ active "
            r"connections.*|"
            r"[Dd]raining (?:listeners?|proxy).*)"
        ),
    ),
    (
        Kind.STARTED,
        re.compile(r"(Envoy proxy is ready.*|all dependencies initialized\. starting workers.*)"),
    ),
    (
        Kind.OVERLOADED,
        re.compile(
            r"([Oo]verload (?:action|manager|state).*|.{0,60}load shed.*|"
            r".{0,80}global (?:max )?downstream connections? .*)"
        ),
    ),
    (
        Kind.EXT_AUTHZ_ERROR,
        re.compile(r"(.{0,80}(?:ext_authz|CheckRequest).{0,160}(?:fail|error|timeout).*)"),
    ),
    (
        Kind.RATE_LIMIT_ERROR,
        re.compile(r"(.{0,80}[Rr]ate ?[Ll]imit.{0,160}(?:fail|error|timeout).*)"),
    ),
    (Kind.LISTENER_UPDATE, re.compile(r"(lds: .*|duplicate/locked listener .*)")),
    (
        Kind.NO_CLUSTER_ENDPOINTS,
        re.compile(
            r"(no healthy host for .*|EDS hosts .{0,300}current hosts 0\b.*|.{0,200}no healthy "
            r"upstream.*)"
        ),
    ),
)
_NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.XDS_THROTTLED: ("rate limit exceeded", "resourceexhausted"),
    Kind.XDS_DISCONNECTED: ("grpc config", "grpc update", "upstream"),
    Kind.SECRET_MISSING: ("secret ", ".secret: ", "notreadysslsocket", "failed to ", "csr "),
    Kind.JWKS_FETCH_FAILED: ("jwks", "pubkey"),
    Kind.OVERLOADED: ("overload ", "load shed", "global "),
    Kind.EXT_AUTHZ_ERROR: ("ext_authz", "checkrequest"),
    Kind.RATE_LIMIT_ERROR: ("ratelimit", "rate limit"),
    Kind.NO_CLUSTER_ENDPOINTS: ("no healthy ", "eds hosts "),
}
"""For patterns that are slow to fail: words, in small letters, of which every match has one."""
_LOUD = frozenset({"warning", "error", "critical"})
_HINT = lazy_re(
    r"reus|existing|^invalid |protocol|dispatch|remote close|timeout|reset|local reply|TLS|"
    r"verify|rror|fail|HPE_|[Cc]luster|cds:|lds:|"
    r"original|[Ww]asm|Plugin|reject|limit|ResourceExhausted|closed|upstream|ecret|NotReady|caught|"
    r"shutting|drain|"
    r"Drain|active connections|Graceful|Epoch|memory|ready|initialized|load|listener|healthy|"
    r"hosts|timed out|global|denied|filter chain|times out|dns resolution|[Aa]bort|terminat"
)


def event_of(text: str, level: str) -> tuple[Kind, str] | None:
    """Kind and deciding words of a text; None where it tells nothing that anyone asks."""
    if _HINT.search(text):
        small = text.lower()
        for kind, pattern in _PATTERNS:
            needed = _NEEDED.get(kind)
            if needed is not None and not any(words in small for words in needed):
                continue
            if (found := pattern.search(text)) is not None:
                return kind, found[1].strip()
    return (Kind.OTHER, text) if level in _LOUD else None
