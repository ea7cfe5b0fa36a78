"""Listening sockets inside a pod, as `ss -ltn` and `netstat -ltn` show them."""

from dataclasses import field

from why503.evidence.command_line import command_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.listening import Listening
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "socket table"

_ADDRESS = r"(?P<address>\[[0-9A-Fa-f:.%\w]{1,60}\]|[^\s\[\]]{1,60}):(?P<port>\d{1,5})"
_SS = lazy_re(
    rf"\s{{0,8}}(?:tcp6?\s{{1,20}})?LISTEN\s{{1,20}}\d{{1,9}}\s{{1,20}}\d{{1,9}}\s{{1,40}}{_ADDRESS}\s{{1,40}}\S{{1,60}}"
    r"(?:\s{1,40}(?P<process>\S.{0,500}))?\s*$"
)
_NETSTAT = lazy_re(
    rf"\s{{0,8}}tcp[46]?\s{{1,20}}\d{{1,9}}\s{{1,20}}\d{{1,9}}\s{{1,40}}{_ADDRESS}\s{{1,40}}\S{{1,60}}\s{{1,40}}LISTEN"
    r"(?:\s{1,40}(?P<process>\S.{0,500}))?\s*$"
)
_OTHER_STATE = lazy_re(
    r"\s{0,8}(?:(?:tcp|udp)[46]?\s{1,20}(?:(?:ESTAB|UNCONN|TIME-WAIT|CLOSE-WAIT|SYN-SENT|"
    r"FIN-WAIT-[12])\s{1,20})?"
    r"\d{1,9}\s{1,20}\d{1,9}\s{1,40}\S{1,60}:\S{1,10}\s|(?:ESTAB|UNCONN|TIME-WAIT|"
    r"CLOSE-WAIT)\s{1,20}\d{1,9}\s)"
)
_HEADER = lazy_re(
    r"\s{0,8}(?:(?:Netid\s{1,20})?State\s{1,20}Recv-Q|Proto\s{1,20}Recv-Q|"
    r"Active Internet connections)"
)
_QUOTED = lazy_re(r'"([^"]{1,100})"')
_HIGHEST_PORT = 65535


@dataclass
class _Session:
    """Each line stands for itself."""

    context: Context
    reading: Reading = field(default_factory=Reading)

    def take(self, line: Line) -> bool:
        """Claim sockets in any state, headers and the commands that asked for them."""
        found = _SS.match(line.text) or _NETSTAT.match(line.text)
        if found is None:
            if _HEADER.match(line.text) or _OTHER_STATE.match(line.text):
                return True
            command = command_of(line.text)
            return command is not None and command.program in ("ss", "netstat")
        port = int(found["port"])
        if 0 < port <= _HIGHEST_PORT:
            self.reading.facts.append(
                Listening(
                    source=self.context.source(line.number),
                    address=found["address"].strip("[]"),
                    port=port,
                    process=_process(found["process"] or ""),
                )
            )
        return True

    def finish(self) -> Reading:
        """One fact for each listening socket."""
        return self.reading


def _process(text: str) -> str:
    """Program name out of `users:(("app",pid=1,fd=3))` or `1/app`."""
    if (quoted := _QUOTED.search(text)) is not None:
        return quoted[1]
    name = text.partition("/")[2].strip()
    return name.split()[0].rstrip(":") if name else ""


def bid(sample: list[Line]) -> float:
    """Share of the sample that shows sockets."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
