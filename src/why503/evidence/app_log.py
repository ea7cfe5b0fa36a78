"""Logs of applications in general: start, end, failed calls, crashes, saturation."""

from why503.evidence.app_event import ERROR_LEVELS, Told, told_by
from why503.evidence.app_line import AppLine, app_line_of
from why503.evidence.log_line import SCAN_LENGTH, parts_of, teller_of, time_of
from why503.evidence.reader import Context, Line, Reading
from why503.facts import AppEvent, AppEventKind, Fact, Request, Witness
from why503.support.pattern import lazy_re
from why503.support.secret import raw

NAME = "application log"

LAST = 0.01
"""What this reader bids at most: it takes what no reader of a special kind has claimed."""

REFUSED = "Connection refused"
"""Transport failure of a call that was refused before any HTTP."""

RESET = "Connection reset"
"""Transport failure of a call whose connection was reset before any answer."""

_RESET = lazy_re(
    r"(?:SocketException|SSLException|IOException|[Ee]rror|read|recv)\b.{0,60}?"
    r"(?:[Cc]onnection reset|ECONNRESET)|ConnectionResetError"
)
_BARE = lazy_re(
    r"panic: |fatal error: |Traceback \(most recent call last\)|Exception in thread |Caused by: |"
    r"Killed$|"
    r"Segmentation fault|npm ERR!|[\w.$]{3,120}(?:Exception|Error)(?:: |$)|goroutine \d+ \[|"
    r"[A-Z][a-z]{2} \d{1,2}, \d{4},? \d{1,2}:\d\d:\d\d [AP]M [\w.$]{3,200}(?: |$)|"
    r"Error: |(?:\[[\w-]{1,40}\] )?(?:Unhandled |Uncaught )|"
    r"[\"'`\u201c]?upstream connect error or disconnect/reset before headers|"
    r"(?:[\w -]{0,60})?(?:[Ll]istening|[Ss]erver (?:is )?(?:running|started|listening)|"
    r"[Ss]tarted server) (?:on|at)\b|"
    r"(?!(?:Startup|Readiness|Liveness) probe )(?:[\w:-]{1,40} ){0,4}"
    r"(?:Get|Post|Put|Patch|Delete|Head) \"?https?://\S{1,500}: |"
    r"\* Running on |rpc error: |FATAL ERROR: |details = \""
)
_TRACE = lazy_re(
    r"\s{0,16}at [\w.$<>/ \[\]-]{1,300}\(|\s{1,16}at [\w.$<>/ \[\]-]{1,300}|"
    r"\s{2,16}File \"[^\"]{1,300}\", line \d+|"
    r"\s{1,16}\.\.\. \d+ (?:common frames|more)|"
    r"Caused by: |\t[/\w.-]{1,300}\.go:\d+|[\w./*()]{1,200}\(0x[0-9a-f, x.]{0,200}\)$|created by "
    r"|goroutine \d+ |"
    r"\s{1,16}(?:status = StatusCode\.|debug_error_string = )|"
    r"\s{4,16}\S|[\w.$]{1,200}(?:Error|Exception)(?:: |$)|During handling of|The above exception"
)
_BEGINS_TRACE = lazy_re(
    r"Traceback \(most recent|Exception in thread|^panic: |^fatal error: |"
    r"(?:Exception|Error)\b|^details = \""
)
_TRACE_LINES = 200
_BROKEN_LINES = 3
"""Lines below its head among which the rest of a message is looked for."""
_CALLS = frozenset({AppEventKind.CALL_FAILED, AppEventKind.CONNECTION_REFUSED})


def bid(sample: list[Line]) -> float:
    """Share of lines with an application's shape, scaled down to `LAST`."""
    if not sample:
        return 0.0
    shaped = sum(
        1 for line in sample if app_line_of(line.text) is not None or _BARE.match(line.text.strip())
    )
    return LAST * shaped / len(sample)


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


class Session:
    """Reads one file's lines."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._facts: list[Fact] = []
        self._trace = 0
        self._last = ""
        self._begun: tuple[int, AppLine] | None = None

    def take(self, line: Line) -> bool:
        """Claim a line with a level or a time in front, a crash, or the rest of a stack trace."""
        text = line.text[:SCAN_LENGTH]
        if not text.strip():
            return False
        found = app_line_of(line.text)
        if found is None and self._trace and _TRACE.match(text):
            self._trace -= 1
            self._take_cause(text, line)
            return True
        if found is None and not _BARE.match(text.strip()):
            self._trace = 0
            return self._take_rest(text, line)
        if found is None:
            found = AppLine(time="", level="", message=text.strip())
        elif found.level in ERROR_LEVELS:
            self._begun = (line.number, found)
        else:
            self._begun = None
        self._last = found.time or self._last
        self._trace = _TRACE_LINES if _BEGINS_TRACE.search(found.message) else 0
        told = told_by(found.message, found.level)
        if told is not None:
            self._keep(told, found, line)
        return True

    def _take_rest(self, text: str, line: Line) -> bool:
        """A line that carries on a message of level error, where it tells of a call that failed."""
        if self._begun is None or line.number - self._begun[0] > _BROKEN_LINES:
            return False
        head = self._begun[1]
        told = told_by(text.strip(), head.level)
        if told is None or told.kind not in _CALLS:
            return False
        self._begun = None
        self._keep(told, head, line)
        return True

    def _take_cause(self, text: str, line: Line) -> None:
        """An exception in a stack trace that says which bytes its program could not read."""
        told = told_by(text.strip(), "error") if not text[:1].isspace() else None
        if told is not None and told.kind is AppEventKind.MALFORMED_REQUEST:
            self._keep(told, AppLine(time=self._last, level="error", message=text.strip()), line)

    def finish(self) -> Reading:
        """All facts, in file order."""
        return Reading(facts=self._facts)

    def _keep(self, told: Told, found: AppLine, line: Line) -> None:
        """Keep an event, and the request that a client saw fail."""
        moment = time_of(found.time) if found.time else None
        moment = line.origin.time if moment is None else moment
        if moment is None and told.kind is AppEventKind.CRASH and self._last:
            moment = time_of(self._last)  # a runtime's last words bear no time of their own
        source = self._context.source(line.number)
        teller = teller_of(self._context, line)
        kept = raw(line.text)
        self._facts.append(
            AppEvent(
                source=source,
                kind=told.kind,
                teller=teller,
                time=moment,
                text=raw(told.text),
                code=told.code,
                url=told.url,
                raw=kept,
            )
        )
        refused = told.kind is AppEventKind.CONNECTION_REFUSED and bool(told.url)
        answered = told.code is not None or told.body is not None
        called = told.kind is AppEventKind.CALL_FAILED
        cut = called and not answered and bool(told.url and _RESET.search(told.text))
        if not refused and not cut and not (called and answered):
            return
        url = parts_of(told.url)
        self._facts.append(
            Request(
                source=source,
                witness=Witness.CLIENT,
                teller=teller,
                time=moment,
                code=told.code,
                method=told.method or None,
                authority=url.authority if url else None,
                path=url.path if url else None,
                body=told.body,
                transport_failure=REFUSED if refused else RESET if cut else None,
                raw=kept,
            )
        )
