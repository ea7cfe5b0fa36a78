"""What a name resolves to: output of `dig`, `nslookup`, `host` and `getent hosts`."""

import re
from dataclasses import field
from ipaddress import ip_address

from why503.evidence.command_line import Command, command_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.listening import DnsAnswer
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "dns answer"

_RECORD = lazy_re(
    r"\s{0,8}(?P<name>[\w*.-]{1,255})\s{1,60}(?:\d{1,10}\s{1,40})?IN\s{1,40}(?P<type>A|AAAA|"
    r"CNAME)\s{1,40}(?P<data>\S{1,255})\s*$"
)
_OTHER_RECORD = lazy_re(
    r"\s{0,8};?[\w*.-]{1,255}\s{1,60}(?:\d{1,10}\s{1,40})?IN\s{1,40}[A-Z]{1,10}(?:\s|$)"
)
_COMMENT = lazy_re(
    r"\s{0,8};{1,2}\s{0,4}(?:<<>> DiG|->>HEADER<<-|flags:|global options|Got answer|(?:OPT |"
    r"QUESTION |ANSWER |AUTHORITY |"
    r"ADDITIONAL )|EDNS:|Query time|SERVER:|WHEN:|MSG SIZE|WARNING:|connection timed out|"
    r"no servers|communications error|Truncated)"
)
_NSLOOKUP_SERVER = lazy_re(
    r"(?:Server|Address(?: 1)?):\s{1,40}(?P<value>\S{1,255})(?:\s+\S{1,255})?\s*$"
)
_NSLOOKUP_NAME = lazy_re(r"Name:\s{1,40}(?P<name>[\w.-]{1,255})\s*$")
_NSLOOKUP_ADDRESS = lazy_re(
    r"Address(?: \d{1,3})?:\s{1,40}(?P<address>[0-9A-Fa-f.:]{2,45})(?:\s+\S{1,255})?\s*$"
)
_NSLOOKUP_ALIAS = lazy_re(r"(?P<name>[\w.-]{1,255})\tcanonical name = (?P<data>\S{1,255})\s*$")
_NSLOOKUP_REST = lazy_re(r"(?:Non-authoritative answer:|\*\* server can't find )")
_HOST = lazy_re(
    r"(?P<name>[\w.-]{1,255}) has (?:IPv6 )?address (?P<address>[0-9A-Fa-f.:]{2,45})\s*$"
)
_CHAIN = 8


@dataclass
class _Session:
    """Remembers the name that a command asked for and where an nslookup page stands."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    short: str = ""
    """Name whose bare addresses follow (`dig +short`, `getent hosts`)."""
    page: str = ""
    """`server` or `answer` inside an nslookup page, else ``""``."""
    name: str = ""
    aliases: dict[str, str] = field(default_factory=dict)
    """Name asked for, by the name that it is an alias of."""

    def take(self, line: Line) -> bool:
        """Claim answers, their commands and dig's comments."""
        text = line.text.rstrip()
        if not text.strip():
            self.short = ""
            return False
        if (command := command_of(text)) is not None:
            return self._command(command)
        if self.short and self._bare(text.strip(), line.number):
            return True
        self.short = ""
        if (
            self._record(text, line.number)
            or _COMMENT.match(text)
            or self._nslookup(text, line.number)
        ):
            return True
        self.page = ""
        return False

    def finish(self) -> Reading:
        """One fact for each address of each name."""
        return self.reading

    def _command(self, command: Command) -> bool:
        self.short = self.page = ""
        if command.program not in ("dig", "nslookup", "host", "getent"):
            return False
        names = [word for word in command.arguments if word[:1] not in ("+", "@") and "." in word]
        if (command.program == "dig" and "+short" in command.words) or command.program == "getent":
            named = [
                word for word in command.arguments if word not in ("hosts", "ahosts", "A", "AAAA")
            ]
            self.short = (names or [word for word in named if word[:1] not in ("+", "@")] or [""])[
                0
            ]
        return True

    def _bare(self, text: str, number: int) -> bool:
        address, _blank, rest = text.partition(" ")
        if _is_address(address) and (not rest or rest.strip()):
            self._emit(self.short, address, number)
            return True
        return re.fullmatch(r"[\w.-]{1,255}\.", text) is not None

    def _record(self, text: str, number: int) -> bool:
        found = _RECORD.match(text)
        if found is None:
            return _OTHER_RECORD.match(text) is not None
        name = found["name"].rstrip(".")
        if found["type"] == "CNAME":
            self.aliases[found["data"].rstrip(".")] = name
        elif _is_address(found["data"]):
            self._emit(name, found["data"], number)
        return True

    def _nslookup(self, text: str, number: int) -> bool:
        if (host := _HOST.match(text)) is not None and _is_address(host["address"]):
            self._emit(host["name"], host["address"], number)
            return True
        if text.startswith("Server:") and _NSLOOKUP_SERVER.match(text):
            self.page = "server"
            return True
        if not self.page:
            return False
        if (name := _NSLOOKUP_NAME.match(text)) is not None:
            self.page, self.name = "answer", name["name"].rstrip(".")
            return True
        if (alias := _NSLOOKUP_ALIAS.match(text)) is not None:
            self.aliases[alias["data"].rstrip(".")] = alias["name"].rstrip(".")
            return True
        if self.page == "answer" and (address := _NSLOOKUP_ADDRESS.match(text)) is not None:
            if _is_address(address["address"]):
                self._emit(self.name, address["address"], number)
            return True
        return bool(
            _NSLOOKUP_REST.match(text) or (self.page == "server" and _NSLOOKUP_SERVER.match(text))
        )

    def _emit(self, name: str, address: str, number: int) -> None:
        """The answer for ``name`` and for the names that are aliases of it."""
        for _step in range(_CHAIN):
            self.reading.facts.append(
                DnsAnswer(
                    source=self.context.source(number), name=name.rstrip("."), address=address
                )
            )
            if name not in self.aliases:
                return
            name = self.aliases[name]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def bid(sample: list[Line]) -> float:
    """Share of the sample that shows answers."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
