"""TCP as `tcpdump -nn` and `tshark` print it: one line a packet, followed like a capture."""

import re
from collections import deque
from dataclasses import field
from datetime import UTC, datetime

from why503.evidence.capture.connection import Connection
from why503.evidence.capture.summary import connection_fact
from why503.evidence.capture.tcp import ACK, CONNECTIONS_LIMIT, FIN, RST, SYN, Follower
from why503.evidence.command_line import command_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts import Unread
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.text import _

NAME = "packet capture text"

_TIME = (
    r"(?:(?P<day>\d{4}-\d\d-\d\d)[ T])?(?:(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    r"(?P<part>\.\d{1,9})?|(?P<epoch>\d{1,12}\.\d{3,9}))"
)
_HOST = r"[0-9A-Za-z_.:%-]{1,255}"
_HEAD = lazy_re(
    rf"\s{{0,8}}(?:{_TIME}\s{{1,4}})?"
    r"(?:(?P<interface>[\w.@-]{1,40})\s{1,4}(?:In|Out|B|M|P)\s{1,4})?"
    r"(?:IP6?\s|[^,]{0,120}, ethertype IPv[46] \(0x[0-9a-f]{4}\), length \d{1,6}: )"
)
_VERBOSE = lazy_re(r"\s{0,2}\((?:tos|class|flowlabel|hlim) .{0,300}$")
_ENDS = lazy_re(rf"\s{{0,8}}(?P<source>{_HOST}) > (?P<target>{_HOST}): (?P<rest>.*)", re.DOTALL)
_FLAGS = lazy_re(
    r"Flags \[(?P<flags>[A-Z.]{1,9}|none)\](?:, cksum [^,]{1,60})?"
    r"(?:, seq (?P<seq>\d{1,10})(?::(?P<stop>\d{1,10}))?)?"
    r"(?:, ack (?P<ack>\d{1,10}))?(?:, win (?P<window>\d{1,10}))?"
)
_LENGTH = lazy_re(r"length (?P<length>\d{1,7})(?:: HTTP(?:, length: \d{1,7})?:? ?(?P<http>.*))?$")
_ICMP = lazy_re(
    rf"ICMP6?, ?(?:destination )?unreachable, |ICMP6? (?:host )?(?P<host>{_HOST}) "
    r"(?:tcp port (?P<port>\d{1,5}) )?unreachable(?: - (?P<why>admin prohibited)[^,]{0,40})?"
)
_TSHARK = lazy_re(
    rf"\s{{0,12}}(?P<number>\d{{1,10}})\s{{1,8}}{_TIME}\s{{1,40}}"
    rf"(?P<source>{_HOST})\s{{1,40}}(?:→|->)"
    rf"\s{{1,4}}(?P<target>{_HOST})\s{{1,40}}(?P<protocol>[\w./-]{{1,20}})"
    r"\s{1,8}(?P<size>\d{1,7})\s{1,4}(?P<info>.*)",
    re.DOTALL,
)
_TSHARK_INFO = lazy_re(
    r"(?:\[[^\[\]]{1,80}\] ){0,3}(?P<from>\d{1,5}) (?:→|->|>) (?P<to>\d{1,5}) "
    r"\[(?P<flags>[A-Z, ]{1,60})\] Seq=(?P<seq>\d{1,10})(?: Ack=(?P<ack>\d{1,10}))?"
    r"(?: Win=(?P<window>\d{1,10}))?(?: Len=(?P<length>\d{1,7}))?"
)
_NOISE = lazy_re(
    r"(?:\s{0,8}(?:[$#%>] )?(?:sudo )?(?:tcpdump|tshark)\s|tcpdump: |"
    r"reading from file |listening on |dropped privs |Capturing on |Running as user |"
    r"\d{1,12} packets? (?:captured|received|dropped))"
)
_HIGHEST_TIME = 253_402_300_799.0
_MASK = 0xFFFFFFFF
_NEAR = 1 << 30

_FRAME_HEADERS = 66
"""Bytes of Ethernet, IPv4 and TCP with timestamps."""

Key = tuple[str, str]


@dataclass(frozen=True)
class _Spoken:
    """A message that tshark names in the place of its segment."""

    source: str
    target: str
    length: int
    time: float
    line: int
    text: str


@dataclass
class _Session:
    """Follows the connections of one text."""

    context: Context
    claimed: int = 0
    dated: bool = True
    follower: Follower[Key] = field(default_factory=lambda: Follower(_reverse, _ports))
    bases: dict[Key, int] = field(default_factory=dict)
    absolute: dict[Key, bool] = field(default_factory=dict)
    open_syns: dict[str, Key] = field(default_factory=dict)
    spoken: deque["_Spoken"] = field(default_factory=lambda: deque(maxlen=_SPOKEN_KEPT))
    """Lines of tshark that name a message and no ports, until a number tells the connection."""
    head: re.Match[str] | None = None
    """Beginning of a packet that `tcpdump -v` continues on the next line."""

    headers: int = _FRAME_HEADERS
    """Bytes of a frame of tshark that are no payload, as the last line with both numbers tells."""
    last: int = -1
    """The last line that showed a packet of tcpdump, or what -v, -A and -x print below it."""

    def take(self, line: Line) -> bool:
        """Claim what tcpdump and tshark print, whatever the protocol of the packet."""
        text = line.text
        waiting, self.head = self.head, None
        if text.startswith("\t") and self.last == line.number - 1:
            self.last = line.number
            return True
        if (shark := _TSHARK.match(text)) is not None:
            self._tshark(shark, line)
            return True
        head = _HEAD.match(text)
        if head is not None and (head["hour"] or head["epoch"] or "Flags [" in text):
            rest = text[head.end() :]
            if _VERBOSE.match(rest):
                self.head = head
                return True
        elif waiting is not None and text[:1].isspace():
            head, rest = waiting, text
        else:
            return self._around(line)
        ends = _ENDS.match(rest)
        if ends is None:
            return head is not waiting
        self._tcpdump(head, ends, line)
        self.last = line.number
        return True

    def _around(self, line: Line) -> bool:
        if _NOISE.match(line.text):
            return True
        command = command_of(line.text)
        return command is not None and command.program in ("tcpdump", "tshark")

    def _tcpdump(self, head: re.Match[str], ends: re.Match[str], line: Line) -> None:
        found = _FLAGS.match(ends["rest"])
        if found is None:
            self._icmp(ends, line)
            return
        key = _address(ends["source"]), _address(ends["target"])
        letters = found["flags"]
        flags = sum(
            bit for sign, bit in (("F", FIN), ("S", SYN), ("R", RST), (".", ACK)) if sign in letters
        )
        size = _LENGTH.search(ends["rest"])
        length = int(size["length"]) if size else 0
        if found["stop"] and size is None:
            length = (int(found["stop"]) - int(found["seq"])) & _MASK
        http = size["http"] if size else ""
        seq, ack = self._numbers(key, flags, found)
        if flags & (SYN | ACK) == SYN and len(self.open_syns) < _SYNS_KEPT:
            self.open_syns[key[1]] = key
        self.follower.segment(
            key,
            line.number,
            self._time(head),
            head["interface"] or "",
            0,
            seq,
            ack,
            flags,
            int(found["window"] or 1),
            f"{http}\r\n".encode()[:length] if http else b"",
            min(length, 1 << 20),
        )

    def _numbers(self, key: Key, flags: int, found: re.Match[str]) -> tuple[int, int]:
        """Sequence and acknowledgement without tcpdump's counting from the first packet.

        tcpdump prints the numbers of the first packet with an acknowledgement as they are, and
        those after it relative to them; with -S all as they are.
        """
        back = key[1], key[0]
        ack = int(found["ack"] or 0)
        if found["seq"] is None:
            seq, told = None, ack
        else:
            seq = told = int(found["seq"])
        if not flags & ACK:
            return seq or 0, 0
        base, other = self.bases.get(key), self.bases.get(back)
        if flags & SYN or base is None or other is None:
            if len(self.bases) < 2 * CONNECTIONS_LIMIT:
                self.bases[key] = (seq if seq is not None else 0) & _MASK
                self.bases[back] = (ack - 1) & _MASK
                self.absolute.pop(key, None)
                self.absolute.pop(back, None)
            start = self.bases.get(key, 0)
            return (seq if seq is not None else start + bool(flags & SYN)) & _MASK, ack
        whole = self.absolute.get(key)
        if whole is None:
            mine = base if seq is not None else other
            whole = mine > _NEAR // 1024 and (told - mine) & _MASK < _NEAR
            self.absolute[key] = self.absolute[back] = whole
        shift, shift_back = (0, 0) if whole else (base, other)
        return self._place(key, seq, shift), (ack + shift_back) & _MASK

    def _place(self, key: Key, seq: int | None, shift: int) -> int:
        """A segment without a number is an acknowledgement: it stands where the side stands."""
        if seq is not None:
            return (seq + shift) & _MASK
        return self.follower.position(key)

    def _icmp(self, ends: re.Match[str], line: Line) -> None:
        found = _ICMP.match(ends["rest"])
        if found is None or not found["host"]:
            return
        host = _address(found["host"] + ".0").rsplit(":", 1)[0]
        reason = found["why"] or ("port unreachable" if found["port"] else "host unreachable")
        for server, key in self.open_syns.items():
            name, _colon, port = server.rpartition(":")
            if name == host and found["port"] in (None, port):
                self.follower.undelivered(key, reason, ends["source"], line.number)

    def _tshark(self, shark: re.Match[str], line: Line) -> None:
        found = _TSHARK_INFO.match(shark["info"])
        if found is None:
            self._spoken(shark, line)
            return
        key = _joined(shark["source"], found["from"]), _joined(shark["target"], found["to"])
        names = {"FIN": FIN, "SYN": SYN, "RST": RST, "ACK": ACK}
        flags = sum(names.get(word.strip(), 0) for word in found["flags"].split(","))
        if flags & (SYN | ACK) == SYN and len(self.open_syns) < _SYNS_KEPT:
            self.open_syns[key[1]] = key
        seq, ack = int(found["seq"]) & _MASK, int(found["ack"] or 0) & _MASK
        if not flags & SYN:
            self.headers = max(0, int(shark["size"]) - int(found["length"] or 0))
            self._infer(key, seq)
            if flags & ACK:
                self._infer((key[1], key[0]), ack)
        self.follower.segment(
            key,
            line.number,
            self._time(shark),
            "",
            0,
            seq,
            ack,
            flags,
            int(found["window"] or 1),
            b"",
            min(int(found["length"] or 0), 1 << 20),
        )

    def _spoken(self, shark: re.Match[str], line: Line) -> None:
        """A line that names the message and not the ports: of the only connection it can be."""
        if not shark["protocol"].startswith(("HTTP", "TLS", "SSL")):
            return
        text = shark["info"] if shark["protocol"].startswith("HTTP") else ""
        length = max(1, int(shark["size"]) - self.headers)
        spoken = _Spoken(
            shark["source"], shark["target"], length, self._time(shark), line.number, text
        )
        key = self.follower.only_between(shark["source"], shark["target"])
        if key is None:
            self.spoken.append(spoken)
        else:
            self._say(key, spoken, length)

    def _infer(self, key: Key, number: int) -> None:
        """Bytes of a side up to ``number``, which a line without ports has told of before."""
        unseen = (number - self.follower.position(key)) & _MASK
        if not self.spoken or not 0 < unseen < _INFERRED:
            return
        hosts = tuple(end.rpartition(":")[0].strip("[]") for end in key)
        for spoken in self.spoken:
            near = abs(spoken.length - unseen) <= _HEADERS_DIFFER
            if (spoken.source, spoken.target) == hosts and near:
                self.spoken.remove(spoken)
                self._say(key, spoken, unseen)
                return

    def _say(self, key: Key, spoken: "_Spoken", length: int) -> None:
        seq, ack = self.follower.position(key), self.follower.position((key[1], key[0]))
        data = f"{spoken.text.rstrip()}\r\n".encode()[:length] if spoken.text else b""
        self.follower.segment(
            key, spoken.line, spoken.time, "", 0, seq, ack, ACK, 1, data, min(length, 1 << 20)
        )

    def _time(self, found: re.Match[str]) -> float:
        if found["epoch"]:
            time = float(found["epoch"])
            self.dated = self.dated and _EPOCH <= time <= _HIGHEST_TIME
            return time
        if not found["hour"]:
            self.dated = False
            return self.follower.until
        seconds = int(found["hour"]) * 3600.0 + int(found["minute"]) * 60 + int(found["second"])
        seconds += float(found["part"] or 0)
        if found["day"]:
            try:
                day = datetime.strptime(found["day"], "%Y-%m-%d").replace(tzinfo=UTC)
            except ValueError:
                self.dated = False
                return seconds
            return day.timestamp() + seconds
        self.dated = False
        return seconds

    def finish(self) -> Reading:
        """One fact for each TCP connection."""
        reading = Reading()
        for connection in self.follower.connections():
            reading.facts.append(
                connection_fact(
                    connection,
                    _names(connection),
                    self.context,
                    self.follower.until,
                    dated=self.dated,
                )
            )
        if self.follower.refused:
            reason = _("`{path}` has more than {limit} connections; the rest was not followed.")
            reading.unread.append(
                Unread(
                    source=self.context.source(self.follower.refused),
                    reason=reason.format(path=self.context.path, limit=CONNECTIONS_LIMIT),
                )
            )
        return reading


_SPOKEN_KEPT = 200
_SYNS_KEPT = 1000
_INFERRED = 1 << 20
_HEADERS_DIFFER = 60
"""Bytes by which the headers of two frames differ at most."""
_EPOCH = 1e8
"""Seconds from which a bare number is a point in time and no time since the first packet."""


def _address(text: str) -> str:
    """`address:port` of tcpdump's `address.port`."""
    host, _dot, port = text.rpartition(".")
    return _joined(host, port)


def _joined(host: str, port: str) -> str:
    number = _PORTS.get(port, port)
    return f"[{host}]:{number}" if ":" in host else f"{host}:{number}"


_PORTS = {"http": "80", "https": "443", "http-alt": "8080", "webcache": "8080"}


def _reverse(key: Key) -> Key:
    return key[1], key[0]


def _ports(key: Key) -> tuple[int, int]:
    source, target = (
        int(port) if (port := end.rpartition(":")[2]).isdecimal() else 0 for end in key
    )
    return source, target


def _names(connection: Connection) -> tuple[str, str]:
    key = connection.client.key
    return (str(key[0]), str(key[1])) if isinstance(key, tuple) else ("", "")


def bid(sample: list[Line]) -> float:
    """Share of the sample that shows packets."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a text."""
    return _Session(context)
