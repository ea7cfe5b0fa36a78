"""What a client saw: output of `curl -v`, `-i`, `-I`, bare bodies and errors, load tests."""

import re
from dataclasses import field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from why503.evidence.command_line import Command, command_of
from why503.evidence.curl_text import LONGEST_BODY, body_of, code_in, continues, error_of, unmarked
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.evidence.told_outcome import authority_told, outcome_spoken, outcome_told
from why503.facts.request import Request, Witness
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask, raw

NAME = "curl"

_STATUS = lazy_re(
    r"\s{0,4}(?:<\s)?HTTP/(?P<version>1\.0|1\.1|2|3)(?:\.0)? (?P<code>\d{3})(?:\s.{0,200})?$"
)
_ASK = lazy_re(r">\s(?P<method>[A-Z]{3,10}) (?P<path>\S{1,4000}) HTTP/(?P<version>1\.0|1\.1|2|3)$")
_SENT = lazy_re(r">\s(?P<name>[A-Za-z][\w-]{0,80}):\s{0,4}(?P<value>.{0,4000})$")
_GOT = lazy_re(r"\s{0,4}(?:<\s)?(?P<name>[A-Za-z][\w-]{0,80}):\s{0,4}(?P<value>.{0,4000})$")
_INFO = lazy_re(
    r"\*\s{1,3}(?:Trying|About to connect|Connected to|Rebuilt URL|TCP_NODELAY|"
    r"Connection #|Could not resolve|Host |IPv[46]:|"
    r"Established connection|Mark bundle|ALPN|TLSv|SSL |Server certificate|upload completely|"
    r"Request completely|"
    r"Closing connection|Empty reply|Recv failure|connect to|Failed to connect|using HTTP|"
    r"Using HTTP|"
    r"OpenSSL |LibreSSL |\[HTTP/[23]\]|HTTP 1\.|Re-using|Uses proxy|Operation timed out)"
)
_METER = lazy_re(
    r"\s{0,6}(?:% Total\s+% Received|Dload\s+Upload|\d{1,3}\s+\d{1,12}\S?\s+\d{1,3}\s+\d)|"
    r"[{}] \[\d{1,9} bytes data\]"
)
_LONE_CODE = lazy_re(r"\s{0,4}(?P<code>[1-5]\d\d|000)\s*%?$")
_SUMMARY = lazy_re(
    r"\s{0,8}(?:\[(?P<hey>[1-5]\d\d)\]\s{1,8}\d{1,12} responses|"
    r"Code\s{1,4}(?P<fortio>[1-5]\d\d) : \d{1,12} \(.{1,20}\))\s*$"
)
_SUMMARY_HEAD = lazy_re(r"\s{0,4}Status code distribution:\s*$")
_PRIVATE = lazy_re(
    r"(\s(?:-u|--user|-d|--data(?:-[a-z]{1,12}){0,2}|-b|--oauth2-bearer)(?:=|\s{0,4}))"
    r"(?:'[^']{0,2000}'?|\"[^\"]{0,2000}\"?|[^\s'\"]\S*)"
)
_LEFT_OUT = lazy_re(r"\s{0,4}(?:<\s)?\[?(?:\.{3}|\u2026)\]?\s{0,8}")
"""What people write for headers that they left out."""
_LONGEST_COMMAND = 4_000
_PARTS = 8
"""Lines over which one body may be wrapped."""


@dataclass
class _Call:
    """One request as far as it was told."""

    line: int
    raw: str = ""
    code: int | None = None
    flags: frozenset[str] | None = None
    method: str | None = None
    path: str | None = None
    authority: str | None = None
    protocol: str | None = None
    agent: str | None = None
    request_id: str | None = None
    sent: int | None = None
    server: str | None = None
    service_time: float | None = None
    time: float | None = None
    body: str | None = None
    parts: int = 0
    """Lines of the body so far."""
    told: bool = False
    """True when an answer, a body or an error was seen: only then it is a fact."""


@dataclass
class _Session:
    """Follows one call after another."""

    context: Context
    calls: list[_Call] = field(default_factory=list)
    call: _Call | None = None
    state: str = ""
    """`sending`, `headers`, `body` (more of it may come), or ``""``."""
    command: Command | None = None
    wrapped: str = ""
    """A command so far, where its last line ended with a backslash."""
    mentioned: str = ""
    """Host and port of the URL in the last line, where that was a sentence."""

    def take(self, line: Line) -> bool:
        """Claim commands, what was sent and got, bodies and errors."""
        text = line.text.rstrip()
        if not text.strip():
            if self.state == "headers":
                self.state = "body"
                return True
            return False
        if self.wrapped:
            text = f"{self.wrapped} {text.strip()}"
        if (command := command_of(text.rstrip("\\"))) is not None:
            return self._command(command, line, text)
        self.wrapped = ""
        mentioned, self.mentioned = self.mentioned, authority_told(text)
        return (
            self._sent(text, line)
            or self._got(text, line)
            or self._failed(text, line)
            or self._more(text)
            or self._counted(text, line)
            or self._told(text, line, mentioned)
        )

    def finish(self) -> Reading:
        """One request for each call that an answer, a body or an error is known of.

        A command whose URL has a blank is one without: what was asked for tells enough.
        """
        told = [call for call in self.calls if call.told or " " in (call.path or "")]
        return Reading(facts=[self._request(call) for call in told])

    def _open(self, line: Line) -> _Call:
        self.call = _Call(line=line.number, raw=raw(line.text.strip()))
        self.calls.append(self.call)
        return self.call

    def _waiting(self, line: Line) -> _Call:
        """The call that waits for its answer, else a new one that continues the same command."""
        if self.call is not None and not self.call.told:
            return self.call
        before = self.call
        call = self._open(line)
        if self.command is not None and before is not None:
            call.method, call.path, call.authority = before.method, before.path, before.authority
        return call

    def _command(self, command: Command, line: Line, text: str) -> bool:
        again = self.call if self.wrapped else None
        self.call, self.state, self.command, self.wrapped = None, "", None, ""
        if command.program != "curl":
            return False
        self.command = command
        if text.endswith("\\") and len(text) < _LONGEST_COMMAND:
            self.wrapped = text[:-1]
        self.call = call = again or self._open(line)
        call.raw = _PRIVATE.sub(r"\1***", raw(text.strip()))
        is_head = any(
            re.fullmatch(r"-[a-zA-Z]{0,6}I[a-zA-Z]{0,6}|--head", word) for word in command.words
        )
        call.method = command.option("-X", "--request") or ("HEAD" if is_head else None)
        url = next((word for word in command.words if "://" in word), "") or _target(command)
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            call.authority = parts.netloc.rpartition("@")[2] or None
        except ValueError:
            return True
        call.path = mask((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        host = [word for word in command.words if word.lower().startswith("host:")]
        if host:
            call.authority = host[0][5:].strip()
        spoken = outcome_spoken(text) if "," in text else None
        if spoken is not None:
            call.code, call.told = spoken.code, True
        return True

    def _sent(self, text: str, line: Line) -> bool:
        """`> ` and `* ` lines of `curl -v`."""
        if (ask := _ASK.match(text)) is not None:
            call = self._waiting(line)
            call.method, call.path, self.state = ask["method"], mask(ask["path"]), "sending"
            call.protocol = _protocol(ask["version"])
            return True
        if self.state == "sending" and text[:1] == ">":
            if (header := _SENT.match(text)) is not None and self.call is not None:
                self._note_sent(self.call, header["name"].lower(), header["value"].strip())
            return True
        if _INFO.match(text) or _METER.match(text):
            return True
        return self.state != "" and text.startswith("* ")

    @staticmethod
    def _note_sent(call: _Call, name: str, value: str) -> None:
        if name in ("host", ":authority"):
            call.authority = value
        elif name == "user-agent":
            call.agent = value
        elif name == "x-request-id":
            call.request_id = value

    def _got(self, text: str, line: Line) -> bool:
        """Status line and headers of an answer."""
        if (status := _STATUS.match(text)) is not None:
            code = int(status["code"])
            self.state = "headers"
            if code >= 200:
                call = self._waiting(line)
                call.line, call.raw = line.number, raw(text.strip())
                call.code, call.told = code, True
                call.protocol = _protocol(status["version"])
            return True
        if self.state != "headers":
            return False
        if text.strip() == "<":
            self.state = "body"
            return True
        if _LEFT_OUT.fullmatch(text):
            return True
        header = _GOT.match(text)
        if header is None or error_of(text) or body_of(text):
            self.state = "body"
            return False
        if self.call is not None and self.call.told:
            self._note_got(self.call, header["name"].lower(), header["value"].strip())
        return True

    @staticmethod
    def _note_got(call: _Call, name: str, value: str) -> None:
        if name == "content-length" and value.isdigit() and len(value) < 16:
            call.sent = int(value)
        elif name == "x-envoy-upstream-service-time" and value.isdigit() and len(value) < 12:
            call.service_time = float(value)
        elif name == "x-request-id":
            call.request_id = value
        elif name == "server" or (name == "via" and call.server is None):
            call.server = mask(value)[:100]
        elif name == "date":
            try:
                call.time = parsedate_to_datetime(value).timestamp()
            except (ValueError, TypeError, OverflowError, OSError, IndexError):
                return

    def _failed(self, text: str, line: Line) -> bool:
        """A body that Envoy made, or an error of curl or kubectl."""
        call = self.call
        if body := body_of(text):
            if call is None or call.body is not None or (call.told and self.state != "body"):
                call = self._waiting(line)
            call.body, call.told, call.parts, self.state = mask(body), True, 1, "body"
            call.raw = call.raw or raw(text.strip())
            return True
        error = error_of(text)
        if not error:
            return False
        exited = not error.startswith("curl:")
        if exited and call is not None and call.told and self.state == "failed":
            self.state = ""
            return True
        if call is None or call.told:
            call = self._waiting(line)
        call.line, call.raw = line.number, raw(text.strip())
        call.body, call.told, self.state = mask(error)[:LONGEST_BODY], True, "failed"
        call.code = code_in(error)
        return True

    def _more(self, text: str) -> bool:
        """The rest of a wrapped body, or the plain body of a failure whose length was told."""
        call = self.call
        if call is None or self.state != "body":
            return False
        if call.body is not None and call.parts < _PARTS and continues(call.body, text):
            call.body = f"{call.body} {mask(unmarked(text))}"[:LONGEST_BODY]
            call.parts += 1
            return True
        if (
            call.body is None
            and (call.code or 0) >= 400
            and call.sent
            and len(text) <= call.sent + 1
        ):
            call.body = mask(text)[:LONGEST_BODY]
            return True
        return False

    def _counted(self, text: str, line: Line) -> bool:
        """Bare codes below `curl -w '%{http_code}'`; the rows of a load test's summary."""
        lone = _LONE_CODE.match(text)
        asked = self.command is not None and any("http_code" in word for word in self.command.words)
        if lone is not None and asked:
            call = self._waiting(line)
            call.line, call.raw, call.told = line.number, raw(text.strip()), True
            call.code = int(lone["code"]) or None
            return True
        if _SUMMARY_HEAD.match(text):
            return True
        if (row := _SUMMARY.match(text)) is None:
            return False
        call = self._open(line)
        call.code, call.told, self.command = int(row["hey"] or row["fortio"]), True, None
        return True

    def _told(self, text: str, line: Line, mentioned: str) -> bool:
        """A code and its response flag in a person's words."""
        told = None if self.state == "headers" else outcome_told(text)
        if told is None:
            return False
        call = self._waiting(line)
        call.line, call.raw, call.told = line.number, raw(text.strip()), True
        call.code, call.flags = told.code, told.flags
        call.authority = call.authority or mentioned or None
        return True

    def _request(self, call: _Call) -> Request:
        return Request(
            source=self.context.source(call.line),
            witness=Witness.CLIENT,
            teller=self.context.teller,
            time=call.time,
            code=call.code,
            flags=call.flags,
            method=call.method,
            path=call.path,
            protocol=call.protocol,
            bytes_sent=call.sent,
            upstream_service_time=call.service_time,
            user_agent=call.agent,
            request_id=call.request_id,
            authority=call.authority,
            body=call.body,
            server=call.server,
            raw=call.raw,
        )


def _protocol(version: str) -> str:
    return f"HTTP/{version}"


def _target(command: Command) -> str:
    """The URL of a command that leaves out the scheme."""
    for word in command.words:
        if (
            not word.startswith("-")
            and re.match(r"[\w.-]{1,255}(?::\d{1,5})?(?:/|$)", word)
            and not word.isdigit()
        ):
            return word
    return ""


def bid(sample: list[Line]) -> float:
    """Share of the sample that a client's output makes up."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
