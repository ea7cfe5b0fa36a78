"""Connections tried by hand: `nc`, `telnet` and `openssl s_client` in a terminal paste."""

import re
from dataclasses import field

from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.app_event import AppEvent, AppEventKind
from why503.facts.request import Request, Witness
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import raw

NAME = "connection probe"

_LONGEST = 4_000
"""Characters of a line that are looked at."""
_HOST = r"(?P<host>[\w.:-]{1,255}?)"
_COMMAND = lazy_re(
    r"(?:[^\n]{0,300}?[\s/#$>])?(?P<program>openssl s_client|(?:nc|ncat|netcat|telnet)(?= ))"
    r"(?P<rest>.{0,2000})$"
)
_CONNECT = lazy_re(r"-connect[ =]{1,4}(?P<host>\[?[\w.:-]{1,255}?\]?):(?P<port>\d{1,5})\b")
_PLACE = lazy_re(
    r"(?:^|\s)(?P<host>(?!\d{1,6}\s)\w[\w.-]{0,254}|\[?[0-9A-Fa-f:]{2,45}\]?)[ :]"
    r"(?P<port>\d{1,5})(?!\S)"
)
_NC = lazy_re(
    rf"(?:nc|ncat|netcat): (?:connect to )?{_HOST}(?: \([^)]{{1,255}}\))?,? "
    r"(?:port )?\(?(?P<port>\d{1,5})\b.{0,80}?(?P<how>refused|timed out)"
)
_NC_OTHER = lazy_re(
    r"(?:(?:\(UNKNOWN\) )?\[(?P<host>[\w.:]{2,45})\] (?P<port>\d{1,5}) \(.{1,40}\) : |Ncat: |nc: )"
    r".{0,40}?(?P<how>refused|timed out|[Tt]imeout|TIMEOUT)"
)
_TELNET = lazy_re(
    r"telnet: (?:[Uu]nable to connect to remote host|"
    r"connect to address (?P<host>[\w.:]{2,45}?)(?=: )|could not connect|can't connect).{0,80}?"
    r"(?P<how>refused|timed out)"
)
_ERRNO = lazy_re(r"connect: ?(?:errno=(?P<number>111|110|61|60)|.{0,10}(?P<how>refused|timed out))")
_REACHED = lazy_re(
    r"(?:Trying [\w.:]{2,45}\.\.\.|Escape character is|Connected to [\w.:-]{1,255}\.|"
    r"Connection closed by foreign host|Connection to \S{1,255} .{0,30}port .{0,40}succeeded|"
    r"Ncat: (?:Version|Connected)|\S{1,255} \([\w.:]{2,45}:\d{1,5}\) open)"
)
_VERIFY = lazy_re(
    r"\s{0,8}(?:verify error:num=(?P<number>\d{1,3}):(?P<words>.{1,120})|"
    r"Verif(?:y return code|ication error): ?(?:(?P<code>\d{1,3}) \()?(?P<text>[^()]{1,120})\)?)$"
)
_TALK = lazy_re(
    r"\s{0,8}(?:CONNECTED\(|depth=\d|verify return:|---$|Certificate chain|Server certificate|"
    r"\d{1,2} s:|[ia]:|v:Not|subject=|issuer=|no peer certificate|No client certificate|"
    r"SSL handshake has|SSL-Session|New, |Secure Renegotiation|Compression:|Expansion:|"
    r"No ALPN|ALPN protocol|Early data|Protocol  ?:|Cipher  ?:|Session-ID|Verification|"
    r"write:errno=|notAfter=|notBefore=|Server public key|Peer sign|Server Temp Key|DONE$|"
    r"Acceptable client|Client Certificate Types|Requested Signature|Shared Requested|"
    r"[0-9A-F]{1,16}:error:)"
)
_DATED = frozenset({9, 10, 23, 62})
"""Verify errors that hold whatever roots openssl was given: dates, revocation, name."""
_DATED_WORDS = ("has expired", "not yet valid", "revoked", "ostname mismatch")
_REFUSED = frozenset({"111", "61"})


@dataclass
class _Session:
    """Follows one probe after another."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    program: str = ""
    place: str = ""
    """`HOST:PORT` that the command named."""
    told: bool = False
    """True when this probe's failure is already a fact."""

    def take(self, line: Line) -> bool:
        """Claim the commands, what they printed, and what openssl says of the certificate."""
        text = line.text[:_LONGEST].strip()
        if not text:
            return False
        return self._failed(text, line) or self._talk(text, line) or self._command(text)

    def finish(self) -> Reading:
        """A client's request for each probe that failed; an event for each bad certificate."""
        return self.reading

    def _command(self, text: str) -> bool:
        found = _COMMAND.match(text)
        if found is None:
            return False
        place = _CONNECT.search(found["rest"]) or _PLACE.search(found["rest"])
        if place is None:
            return False
        self.program = found["program"].split()[0]
        self.place, self.told = f"{place['host']}:{place['port']}", False
        return True

    def _failed(self, text: str, line: Line) -> bool:
        found = _NC.match(text) or _NC_OTHER.match(text) or _TELNET.match(text)
        if found is None and self.program == "openssl":
            found = _ERRNO.search(text)
        if found is None:
            return False
        parts = found.groupdict()
        named = f"{parts['host']}:{parts['port']}" if parts.get("port") else ""
        place = self.place or named or parts.get("host") or ""
        refused = parts["how"] == "refused" or parts.get("number") in _REFUSED
        if place and not self.told:
            self.told = True
            self.reading.facts.append(
                Request(
                    source=self.context.source(line.number),
                    witness=Witness.CLIENT,
                    teller=self.context.teller,
                    authority=place,
                    upstream_host=self._dialled(parts.get("host") or ""),
                    transport_failure="Connection refused" if refused else "Connection timed out",
                    raw=raw(text),
                )
            )
        return True

    def _dialled(self, address: str) -> str | None:
        """Address that the failure names, with the command's port."""
        port = self.place.rpartition(":")[2]
        return f"{address}:{port}" if address and port else None

    def _talk(self, text: str, line: Line) -> bool:
        found = _VERIFY.match(text)
        if found is not None:
            self._verified(found, text, line)
            return True
        if self.program == "openssl":
            return _TALK.match(text) is not None
        return _REACHED.match(text) is not None

    def _verified(self, found: re.Match[str], text: str, line: Line) -> None:
        words = found["words"] or found["text"] or ""
        number = found["number"] or found["code"]
        lasting = int(number) in _DATED if number else any(w in words for w in _DATED_WORDS)
        if not lasting or self.told:
            return
        self.told = True
        self.reading.facts.append(
            AppEvent(
                source=self.context.source(line.number),
                kind=AppEventKind.CALL_FAILED,
                teller=self.context.teller,
                program="openssl",
                text=f"certificate verify failed: {words.strip()}",
                url=self.place,
                raw=raw(text),
            )
        )


def bid(sample: list[Line]) -> float:
    """Share of the sample that such probes make up."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
