"""Messages of `istioctl analyze`, and rows of `istioctl authn tls-check` (until Istio 1.4)."""

from dataclasses import field

from why503.evidence.command_line import command_of
from why503.evidence.log_line import SCAN_LENGTH
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.analysis import Analysis
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "istioctl analysis"

_MESSAGE = lazy_re(
    r"\W{0,8}(?P<level>Error|Warn|Warning|Info)\s{1,4}\[(?P<code>IST\d{4})\]\s{1,4}"
    r"\((?P<object>[^)]{1,400})\)\s{0,4}(?P<text>.*)"
)
_SENTENCE = lazy_re(
    r"\s{0,8}(?:Error: Analyzers found issues|✔ No validation issues found|"
    r"(?:Error: )?[Aa]nalyzers found issues|See https?://istio\.io/.{0,200}analy)"
)
_CHECK_HEAD = lazy_re(r"\s{0,8}HOST:PORT\s{1,200}STATUS\s{1,200}SERVER\s{1,200}CLIENT\b")
_CHECK = lazy_re(
    r"\s{0,8}(?P<host>[\w.*-]{1,255}):(?P<port>\d{1,5})\s{1,200}(?P<status>OK|CONFLICT)\s{1,200}"
    r"(?P<words>\S.{0,200})$"
)
_LONGEST = 1_000


@dataclass
class _Session:
    """Reads messages anywhere, and rows below the head of their table."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    table: bool = False

    def take(self, line: Line) -> bool:
        """Claim messages, rows and their head."""
        text = line.text[:SCAN_LENGTH].rstrip()
        if (found := _MESSAGE.match(text)) is not None:
            self._tell(line, found["code"], found["object"], found["text"], found["level"])
            return True
        if _CHECK_HEAD.match(text):
            self.table = True
            return True
        if self.table and (row := _CHECK.match(text)) is not None:
            if row["status"] == "CONFLICT":
                self._tell(line, "CONFLICT", row["host"], " ".join(row["words"].split()))
            return True
        self.table = False
        command = command_of(text) if text else None
        if command is not None and command.program == "istioctl":
            return command.arguments[:1] == ("analyze",) or "tls-check" in command.arguments[:2]
        return _SENTENCE.match(text) is not None

    def finish(self) -> Reading:
        """All messages, in file order."""
        return self.reading

    def _tell(self, line: Line, code: str, about: str, text: str, level: str = "") -> None:
        self.reading.facts.append(
            Analysis(
                source=self.context.source(line.number),
                code=code,
                level="Warning" if level == "Warn" else level,
                object=about,
                text=text[:_LONGEST],
            )
        )


def bid(sample: list[Line]) -> float:
    """Share of the sample that such messages make up."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
