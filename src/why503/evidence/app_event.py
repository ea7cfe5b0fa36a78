"""What a message of any application tells of its start, its end, its calls and its load."""

import re

from why503.evidence.log_line import envoy_body, without_user
from why503.facts import AppEventKind as Kind
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask


@dataclass(frozen=True, kw_only=True)
class Told:
    """The parts of an event that a message tells."""

    kind: Kind
    text: str = ""
    code: int | None = None
    url: str = ""
    method: str = ""
    body: str | None = None
    """Body of the answer, where the message quotes it."""


ERROR_LEVELS = frozenset(
    {"error", "err", "fatal", "critical", "crit", "panic", "severe", "alert", "emerg"}
)

_HTTP_ERROR = 400
_SERVER_ERROR = 500
_METHOD = lazy_re(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|Get|Post|Put|Delete|Head|Patch)\b")
_URL = lazy_re(r"\b[a-z][a-z0-9+.-]{1,10}://[^\s\"'<>)\],;]{1,2000}")
_QUOTED_URL = lazy_re(r"\"(https?://[^\"\r\n]{1,2000})\"")
_STATUS = lazy_re(
    r"(?:status(?:[ _]?code)?|statusCode|response code|code|HTTP(?:/\d(?:\.\d)?)?|HTTP status|"
    r"returned|got|"
    r"received|responded with|answered)[\"']?[ :=(]{0,4}(?:status |HTTP "
    r")?[\"']?(?P<code>[45]\d\d)\b",
    re.IGNORECASE,
)
_NAMED_STATUS = lazy_re(
    r"\b(?P<code>[45]\d\d) (?:Server Error|Client Error|Service Unavailable|Bad Gateway|Gateway "
    r"Time-?out|"
    r"Internal Server Error|Too Many Requests)",
    re.IGNORECASE,
)
_BODY = lazy_re(
    r"(?:status(?: code)? |response code )[45]\d\d(?: for [^'\"\r\n]{1,500})?[:.,] "
    r"(?:Response body:? |body:? )?"
    r"(?P<quote>['\"])(?P<body>.{0,2000}?)(?P=quote)(?:$|[\s,)])"
)
_SERVED = lazy_re(
    r"(?:\"|^|\s)(?:GET|POST|PUT|PATCH|DELETE|HEAD) /[^\s\"]{0,2000}(?: HTTP/[\d.]+)?\"?[ "
    r"-]{1,4}(?P<code>[1-5]\d\d)\b"
)
_LISTENING = (
    re.compile(
        r"(?:[Ll]istening|[Ss]erving|[Rr]unning|[Ss]erver (?:started|ready)|[Ss]tarted (?:HTTP "
        r")?server|[Ss]tarting (?:HTTP )?server|"
        r"[Bb]ound|HTTP server started|[Ss]tarted)(?: HTTP| HTTPS| gRPC| TCP)?(?: and "
        r"\w{1,20})? ?(?:on|at|to)?:? {0,2}"
        r"(?:address |addr |port "
        r")?(?:[a-z]{2,8}://)?\(?[\"']?(?P<address>(?:\[[0-9a-fA-F:.]{2,45}\]|[\w.-]{1,255}|"
        r"\*)?:\d{2,5})\b"
    ),
    re.compile(
        r"(?:[Ll]istening|[Rr]unning|[Ss]tarted|[Ii]nitialized)[^:\d]{0,60}\bport(?:\(s\))?[ "
        r":=]{1,3}(?P<port>\d{2,5})\b"
    ),
    re.compile(r"HTTP (?:on )?/?(?P<address>[\d.]{7,15}:\d{2,5})"),
    re.compile(
        r"listen(?:ing)?.{0,40}?(?:addr|address)"
        r"[\"']?[=:] ?\"?(?P<address>[\w.\[\]:*-]{0,255}:\d{2,5})\b"
    ),
)
_CRASH = lazy_re(
    r"^panic: |^fatal error: |\bpanic: runtime error|OutOfMemoryError|Out of memory|out of "
    r"memory|oom-kill|"
    r"Segmentation fault|segfault|\bSIGSEGV\b|\bSIGABRT\b|^Killed$|[Uu]nhandled (?:exception|"
    r"rejection|promise)|"
    r"UnhandledPromiseRejection|[Uu]ncaught (?:exception|[A-Z]\w{0,40}Error)|JavaScript heap out "
    r"of memory|"
    r"core dumped|exited with code [1-9]|Application run failed|Worker \(pid:\d+\) was sent "
    r"SIG(?:KILL|ABRT)|[Ww]orker with pid \d+ was terminated due to signal (?:6|11)\b"
)
_SHUTDOWN = lazy_re(
    r"\bSIG(?:TERM|INT|QUIT)\b|[Ss]hutting down|[Ss]hutdown (?:initiated|started|signal|"
    r"requested|complete)|"
    r"[Gg]raceful(?:ly)? (?:shutdown|shutting|stop)|[Ss]topping (?:server|service|container|"
    r"application|http)|"
    r"[Rr]eceived (?:signal|shutdown)|[Ss]ignal terminated|\bsignal 15\b|[Ss]erver (?:closed|"
    r"stopped)|"
    r"(?:^|\s)stopped$|[Tt]erminating\b|[Cc]losing server"
)
_MALFORMED = lazy_re(
    r"PRI \* HTTP/2|\\x16\\x03|\\u0016\\u0003|[Cc]lient sent an HTTP request to an HTTPS server|"
    r"TLS handshake error|"
    r"[Mm]alformed HTTP|[Mm]alformed request|[Ii]nvalid HTTP request|Invalid character found in "
    r"(?:method|the request)|"
    r"Bad request (?:version|syntax)|HTTP request sent to HTTPS|wrong version number|http: "
    r"server gave HTTP response|"
    r"plain HTTP request was sent to HTTPS|HPE_INVALID|Invalid method encountered|not an SSL/TLS "
    r"record|"
    r"[Uu]nsupported HTTP version|Unknown TLS version|client preface string missing|bogus greeting|"
    r"Unexpected HTTP/1\.x request|[Ff]irst received frame was not SETTINGS|BAD_CLIENT_MAGIC|"
    r"[Bb]ad client magic"
)
_OVERLOADED = lazy_re(
    r"[Tt]oo many (?:open files|connections|concurrent|requests in flight)|[Qq]ueue (?:is )?full|"
    r"RejectedExecutionException|"
    r"[Tt]hread ?pool .{0,60}(?:exhaust|full|busy)|[Pp]ool (?:is )?(?:exhausted|full)|"
    r"[Oo]verload(?:ed)?\b|"
    r"server (?:is )?(?:too )?busy|[Mm]ax(?:imum)? (?:number of )?(?:threads|connections|clients|"
    r"workers).{0,40}(?:reached|exceeded)|"
    r"worker_connections are not enough|server reached pm\.max_children|remaining connection slots|"
    r"Connection is not available, request timed out|cannot process insert request for|"
    r"couldn't start executing the request in|EMFILE|listen queue .{0,40}full|"
    r"WORKER TIMEOUT \(pid:|HARAKIRI"
)
_REFUSED = lazy_re(
    r"[Cc]onnection refused|ECONNREFUSED|actively refused|ConnectionRefusedError|"
    r"\[Errno 111\]"
)
_DIALLED = lazy_re(
    r"(?:dial tcp {1,4}|ECONNREFUSED |\(')(?P<host>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253})"
    r"(?::|', ?)(?P<port>\d{1,5})\b"
)
_BROKEN_CALL = lazy_re(
    r"context deadline exceeded|Client\.Timeout|i/o timeout|[Rr]ead timed? ?out|socket hang up|"
    r"ECONNRESET|ETIMEDOUT|"
    r"[Cc]onnection reset|broken pipe|EPIPE|\bEOF\b|NoHttpResponseException|RemoteDisconnected|"
    r"IncompleteReadError|"
    r"[Cc]onnect(?:ion)? timed? ?out|prematurely closed|server closed (?:idle )?connection|rpc "
    r"error: code = |"
    r"UNAVAILABLE|DEADLINE_EXCEEDED"
)
_CLIENT_SIGN = lazy_re(
    r"unexpected (?:status|response)|[Rr]equest failed|call(?:ing)? .{0,60}fail|[Ff]ailed to "
    r"(?:call|fetch|send|post|get|request)|"
    r"for url|RestClient|RestTemplate|HttpServerErrorException|HttpClientErrorException|"
    r"FeignException|AxiosError|HTTPError|rpc error|upstream (?:returned|service|call)|"
    r"^\s{0,20}details = \"|bad (?:status|response)|non-2|error (?:calling|from)|"
    r"[Rr]esponse (?:status|code)|Status(?:Runtime)?Exception: |HTTP status code [45]\d\d|"
    r"\b(?:UNAVAILABLE|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED): ",
)


def told_by(message: str, level: str) -> Told | None:
    """What ``message`` tells; None where it is nothing that anyone asks."""
    call = _call(message, level)
    if call is not None:
        return call
    if level in {"debug", "trace"}:
        return None
    for kind, pattern in (
        (Kind.CRASH, _CRASH),
        (Kind.MALFORMED_REQUEST, _MALFORMED),
        (Kind.OVERLOADED, _OVERLOADED),
        (Kind.CONNECTION_REFUSED, _REFUSED),
    ):
        if pattern.search(message):
            return Told(kind=kind, text=message, url=_url(message) or _dialled(message))
    if (address := _listening(message)) and level not in ERROR_LEVELS:
        return Told(kind=Kind.LISTENING, text=address)
    if _SHUTDOWN.search(message):
        return Told(kind=Kind.SHUTDOWN, text=message)
    return _error(message, level)


def _call(message: str, level: str) -> Told | None:
    """A call of the program that failed: with a status, with Envoy's body, or no answer."""
    body = envoy_body(message)
    served = _SERVED.search(message)
    status = _STATUS.search(message) or _NAMED_STATUS.search(message)
    url = _url(message)
    if body is None and served is not None and not url:
        return None
    asked = bool(url) or _CLIENT_SIGN.search(message) is not None
    if status is not None and int(status["code"]) >= _HTTP_ERROR and (body is not None or asked):
        quoted = _BODY.search(message)
        told = body if quoted is None else quoted["body"]
        return _failed(message, url, code=int(status["code"]), body=told)
    if body is not None and (asked or level in ERROR_LEVELS or "upstream connect error" in body):
        return _failed(message, url, code=None, body=body)
    loud = level in ERROR_LEVELS or level in {"warn", "warning", ""}
    if loud and asked and _BROKEN_CALL.search(message) and not _REFUSED.search(message):
        return _failed(message, url, code=None, body=None)
    return None


def _failed(message: str, url: str, *, code: int | None, body: str | None) -> Told:
    method = _METHOD.search(message)
    return Told(
        kind=Kind.CALL_FAILED,
        text=message,
        code=code,
        url=url,
        method=method[1].upper() if method else "",
        body=None if body is None else mask(body),
    )


def _error(message: str, level: str) -> Told | None:
    """A 5xx that the program itself gave, or another line at level error."""
    served = _SERVED.search(message)
    if served is not None:
        code = int(served["code"])
        return Told(kind=Kind.ERROR, text=message, code=code) if code >= _SERVER_ERROR else None
    return Told(kind=Kind.ERROR, text=message) if level in ERROR_LEVELS else None


def _listening(message: str) -> str:
    """`address:port` that a program says it listens on; ``""`` where it says none."""
    for pattern in _LISTENING:
        if (found := pattern.search(message)) is not None:
            named = found.groupdict()
            return named.get("address") or f":{named['port']}"
    return ""


def _dialled(message: str) -> str:
    """`tcp://host:port` that a client's library says it dialled; ``""`` where it says none."""
    found = _DIALLED.search(message)
    return f"tcp://{found['host']}:{found['port']}" if found else ""


def _url(message: str) -> str:
    found = _QUOTED_URL.search(message)
    url = found[1] if found else ""
    if not url and (bare := _URL.search(message)) is not None:
        url = bare[0].rstrip(".:")
    return mask(without_user(url))
