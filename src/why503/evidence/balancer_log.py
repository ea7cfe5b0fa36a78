"""Access logs of AWS's load balancers: which status they gave, and which their target had given.

An Application Load Balancer writes the kind of the request first, a Classic one does not. A `-` or
`0` for the target's status means that no target answered: the balancer made the answer itself.
"""

from dataclasses import field

from why503.evidence.log_line import SCAN_LENGTH, parts_of, time_of, without_user
from why503.evidence.reader import Context, Line, Reading, share
from why503.facts import Request, Witness
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask, raw

NAME = "load balancer log"

ITSELF = "awselb/2.0"
"""How the balancer signs an answer of its own."""

_SECONDS = r"(?:-1|\d{1,6}(?:\.\d{1,9})?)"
_LINE = lazy_re(
    r"[\s>*|]{0,8}(?:(?:https?|h2|wss?|grpcs?) )?"
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z) (?P<balancer>[\w./-]{1,200}) "
    r"\S{3,60}:\d{1,5} (?P<target>\S{3,60}:\d{1,5}|-) "
    rf"(?P<before>{_SECONDS}) (?P<at>{_SECONDS}) (?P<after>{_SECONDS}) "
    r"(?P<code>\d{3}|-) (?P<theirs>\d{3}|0|-) (?P<received>\d{1,15}) (?P<sent>\d{1,15}) "
    r"\"(?P<method>[A-Z-]{1,20}) (?P<url>[^\s\"]{1,4000})"
)
_FAILED = 400


@dataclass
class _Session:
    """Each line stands for itself."""

    context: Context
    reading: Reading = field(default_factory=Reading)

    def take(self, line: Line) -> bool:
        """Claim a line of a balancer; it becomes a request as its client saw it answered."""
        found = _LINE.match(line.text[:SCAN_LENGTH])
        if found is None:
            return False
        if found["code"] != "-" and int(found["code"]) >= _FAILED:
            url = parts_of(found["url"])
            took = [float(found[name]) for name in ("before", "at", "after")]
            self.reading.facts.append(
                Request(
                    source=self.context.source(line.number),
                    witness=Witness.CLIENT,
                    teller=found["balancer"],
                    time=time_of(found["time"]),
                    code=int(found["code"]),
                    method=found["method"],
                    authority=url.authority if url else None,
                    path=mask(url.path) if url else None,
                    bytes_received=int(found["received"]),
                    bytes_sent=int(found["sent"]),
                    duration=1000 * sum(part for part in took if part > 0),
                    upstream_host=found["target"].removesuffix("-"),
                    server=ITSELF if found["theirs"] in {"-", "0"} else None,
                    raw=raw(without_user(line.text)),
                )
            )
        return True

    def finish(self) -> Reading:
        """The failed requests, in file order."""
        return self.reading


def bid(sample: list[Line]) -> float:
    """Share of lines that a balancer wrote."""
    return share(sample, lambda line: _LINE.match(line.text[:SCAN_LENGTH]) is not None)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
