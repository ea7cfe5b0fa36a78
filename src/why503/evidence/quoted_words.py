"""Envoy's own words inside prose, exceptions and wrapped JSON: the last reader that is asked.

People keep the message and lose the line around it. What a proxy writes into a body becomes a
request that a client saw fail; what it says of a TLS handshake becomes an event of its log.
"""

import re
from dataclasses import field, replace

from why503.evidence.log_line import SCAN_LENGTH, envoy_body, teller_of
from why503.evidence.reader import Context, Line, Reading
from why503.evidence.stand_in_keys import stand_in_event
from why503.facts import ProxyEvent, ProxyEventKind, Request, Witness
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask, raw

NAME = "quoted words"

_TLS = lazy_re(
    r"(?:TLS[_ ]error:? ?\|?\S{0,20}?)?(?:OPENSSL_internal|SSL routines):[^\"'`]{3,400}|"
    r"TLS[_ ]error:[_ ]Secret[_ ]is[_ ]not[_ ]supplied[_ ]by[_ ]SDS"
)
_BODY = lazy_re(
    r"downstream duration timeout|dns resolution failure|"
    r"envoy overloaded|Jwks remote fetch is failed",
    re.IGNORECASE,
)
_CUT_BODY = lazy_re(r"[\"'`>\s]{0,8}(upstream connect error)[\"'`.\s]{0,8}$", re.IGNORECASE)
"""A body of which only the first words were kept."""
_DETAILS = lazy_re(
    r"(?<![\w.{])(?:upstream_reset_(?:before|after)_response_started\{[^}\s]{1,300}\}|"
    r"downstream_local_disconnect(?:\([^)\s]{1,100}\))?|"
    r"rbac_access_denied_matched_policy\[[^\]\s]{1,300}\]|"
    r"(?:no_healthy_upstream|cluster_not_found|route_not_found|filter_chain_not_found|"
    r"ext_authz_error|ext_authz_denied|upstream_response_timeout|upstream_per_try_timeout|"
    r"stream_idle_timeout|downstream_remote_disconnect|jwt_authn_access_denied\{[^}\s]{1,100}\}|"
    r"request_rate_limited|fault_filter_abort|max_duration_timeout|wasm_fail_stream|"
    r"upstream_max_stream_duration_reached|http[12]\.[a-z_]{4,60})(?![\w.:=]))"
)
"""Response code details that no other program writes."""
_TOO_LONG = lazy_re(r"stream max duration time reached", re.IGNORECASE)
"""What Envoy's debug log says before it answers with `max_duration_timeout`."""
_FLAGS = lazy_re(
    r"(?:(?<![\w.-])(?P<code>[45]\d\d|0)[\"' ]{1,3}\(?|"
    r"response_?flags?[\"']?\s{0,2}[:=]{1,2}\s{0,2}[\"']?)"
    r"(?P<flags>(?:UF|UC|UH|UO|UT|UR|LR|NR|NC|UPE|URX|"
    r"UAEX|RLSE|DPE|UMSDR|NFCF|(?<=0 )DC)(?:,(?:UF|UC|UH|UO|UT|UR|LR|UPE|URX)){0,3})(?![\w-])",
)
"""A status and Envoy's flag behind it, as people write them down, or the flag by its name."""
_FLAGS_BEFORE = lazy_re(
    r"(?:^|[\s\"'`|>])(?P<code>)(?P<flags>(?:UF|UC|UH|UO|UT|UR|LR|NR|NC|UPE)(?:,(?:UF|UC|URX)){0,2})"
    r"[\s\"'`|-]{1,5}$"
)
"""Flags right before details, without a status."""
_CONNECT_ERROR = lazy_re(r"\b(?:delayed|immediate|remote)[_ ]connect[_ ]error:[^\"'`,;]{2,120}")
_INTERNAL = lazy_re(
    r"[\s\"'`(]{0,8}(?P<host>envoy://[a-z_]{4,40}/[0-9A-Fa-f.:\[\]]{3,60}:\d{1,5})[\s\"'`),]{0,8}$"
)
"""The upstream host of a waypoint or ztunnel's peer: a tunnel inside Envoy, on its own line."""
_ABORTED = lazy_re(
    r"\(['\"]Connection aborted\.['\"], ?.{0,80}(?:ECONNRESET|ConnectionReset|[Cc]onnection reset)"
)
"""What Python's `requests` prints where its connection was reset under a call."""
_RESET = "Connection reset"
_STATUS = lazy_re(
    r"HTTP status code(?: received from server)?:? {0,2}(?P<code>[45]\d\d)\b", re.IGNORECASE
)
_TRAILER_CODE = lazy_re(r":status[=:] ?(?P<code>[45]\d\d)\b")
_SERVICE_TIME = lazy_re(r"x-envoy-upstream-service-time[=:] ?(\d{1,9})")
_SERVER = lazy_re(r"\bserver[=:] ?([\w.-]{1,60})")
_NEAR_CODE = lazy_re(
    r"[\s{,]{0,20}\"?(?:code|status|statusCode|status_code)\"?\s{0,4}[:=]\s{0,4}\"?"
    r"(?P<code>[45]\d\d)\b[\"\s,}]{0,8}$"
)
_PATIENCE = 5
"""Lines after a lone status in which the message that belongs to it may stand."""


def bid(_sample: list[Line]) -> float:
    """Nothing: it takes what every other reader has left."""
    return 0.0


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


@dataclass
class Session:
    """Reads one file's left-over lines."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    code: int | None = None
    """A lone status that was read not long ago."""
    since: int = 0

    def take(self, line: Line) -> bool:
        """Claim a line that holds words of Envoy's own, or a gRPC client's account of a status."""
        text = line.text[:SCAN_LENGTH]
        if (near := _NEAR_CODE.fullmatch(text)) is not None:
            self.code, self.since = int(near["code"]), line.number
            return True
        if (tls := _TLS.search(text)) is not None and "upstream connect error" not in text:
            self._tell_tls(tls[0], line)
            return True
        keys = stand_in_event(text, self.context, line.number, teller_of(self.context, line))
        if keys is not None:
            self.reading.facts.append(keys)
            return True
        body = _body_in(text)
        code = _code_in(text)
        aborted = _ABORTED.search(text) is not None
        if not body and code is None and not aborted:
            return self._quoted(text, line)
        if code is None and line.number - self.since <= _PATIENCE:
            code, self.code = self.code, None
        self._tell_request(body, code, text, line)
        return True

    def finish(self) -> Reading:
        """All facts, in file order."""
        return self.reading

    def _quoted(self, text: str, line: Line) -> bool:
        """Claim a line that quotes details or flags of a proxy's access log."""
        if (inside := _INTERNAL.match(text)) is not None:
            return self._into_tunnel(inside["host"], line)
        details, flags = _DETAILS.search(text), _FLAGS.search(text)
        if flags is None and details is not None:
            flags = _FLAGS_BEFORE.search(text[: details.start()])
        error, told = _CONNECT_ERROR.search(text), details[0] if details else ""
        if not told and _TOO_LONG.search(text):
            told = "max_duration_timeout"
        if not told and flags is None and error is None:
            return False
        named = flags["flags"].split(",") if flags else ["UF"] if error else []
        self.reading.facts.append(
            Request(
                source=self.context.source(line.number),
                witness=Witness.PROXY_LOG,
                teller=teller_of(self.context, line),
                time=line.origin.time,
                code=int(flags["code"]) if flags and flags["code"] else None,
                flags=frozenset(named) if named else None,
                details=mask(told) or None,
                transport_failure=mask(error[0].strip()) if error else None,
                raw=raw(line.text),
            )
        )
        return True

    def _into_tunnel(self, host: str, line: Line) -> bool:
        """Claim the upstream host of the request that the line above quotes."""
        last = self.reading.facts[-1] if self.reading.facts else None
        if (
            not isinstance(last, Request)
            or last.upstream_host
            or line.number - last.source.line > _PATIENCE
        ):
            return False
        self.reading.facts[-1] = replace(last, upstream_host=host)
        return True

    def _tell_tls(self, words: str, line: Line) -> None:
        self.reading.facts.append(
            ProxyEvent(
                source=self.context.source(line.number),
                kind=ProxyEventKind.TLS_ERROR,
                teller=teller_of(self.context, line),
                time=line.origin.time,
                text=raw(words.strip()),
                raw=raw(line.text),
            )
        )

    def _tell_request(self, body: str, code: int | None, text: str, line: Line) -> None:
        took, server = _SERVICE_TIME.search(text), _SERVER.search(text)
        self.reading.facts.append(
            Request(
                source=self.context.source(line.number),
                witness=Witness.CLIENT,
                teller=teller_of(self.context, line),
                time=line.origin.time,
                code=code,
                upstream_service_time=float(took[1]) if took else None,
                server=server[1] if server else None,
                body=mask(body) or None,
                transport_failure=_RESET if not body and code is None else None,
                raw=raw(line.text),
            )
        )


def _body_in(text: str) -> str:
    """The body of an answer of Envoy's own that ``text`` quotes; ``""`` where it quotes none."""
    found = _BODY.search(text) or _CUT_BODY.match(text)
    return envoy_body(text) or (found[found.lastindex or 0] if found else "")


def _code_in(text: str) -> int | None:
    """The status that a gRPC client says it got instead of an answer of gRPC."""
    found = _STATUS.search(text)
    if found is None and "trailers" in text.lower():
        found = _TRAILER_CODE.search(text)
    return int(found["code"]) if found else None
