"""The access log reader: claims a proxy's access log lines, whatever their format."""

import re
from collections.abc import Iterable

from why503.evidence.access_log import istio_text
from why503.evidence.access_log.aggregate import Aggregate, tell
from why503.evidence.access_log.clean import clean, plain_dashes, with_head
from why503.evidence.access_log.fields import Fields, present
from why503.evidence.access_log.format import Format, compile_format
from why503.evidence.access_log.format_string import find_formats, is_format_line
from why503.evidence.access_log.json_line import read_json
from why503.evidence.access_log.key_value import NAME as KEY_VALUE
from why503.evidence.access_log.key_value import read_key_value
from why503.evidence.access_log.known_formats import KNOWN_FORMATS
from why503.evidence.access_log.loose import read_loose
from why503.evidence.access_log.timestamp import TimeParser, guess_time
from why503.evidence.reader import Context, Line, LineSession, Reading
from why503.facts import Unread
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.text import _

NAME = "access log"

LONGEST_LINE = 64_000
"""Characters of a line that are read; what follows is taken as cut off."""

_MOST_FORMATS = 32
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]{0,10}Z?"
_LOOKS_LIKE_ONE = lazy_re(
    rf'^(?:\[?{_TIME}\]\s{{1,4}}"(?:[A-Z]{{2,20}}|-) '
    r'(?!.{1,8000}"\s\d{3} [A-Z][A-Za-z]{1,20} )'
    r'|(?:\[-\] )?"[A-Z]{2,20} [^\s"]{1,8000} HTTP/[0-9.]{1,4}"\s{1,4}(?!\d{3}\b))'
)
_MAY_BE_REQUEST = lazy_re(r'HTTP/|["“][A-Z]{2,20} |["“][-—–] |^\[20|bound\|\d{1,5}\|')
_MAY_BE_PAIRS = lazy_re(r"flag|details", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Understood:
    """A line that was understood."""

    name: str
    """Its format's."""
    fields: Fields
    time: TimeParser = guess_time


def _has_outcome(fields: Fields) -> bool:
    return "code" in fields or "flags" in fields or "details" in fields


class AccessLogSession:
    """The access log lines of one file."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._own: list[Format] = []
        self._last: Format | None = None
        self._tellers: dict[str, Aggregate] = {}
        for text in (context.options.access_log_format, *context.formats):
            self._learn(text)

    def _learn(self, text: str) -> None:
        one = compile_format(text) if text else None
        if one is None or one in self._own or len(self._own) >= _MOST_FORMATS:
            return
        if one.labels or one.names:
            self._own.append(one)

    def take(self, line: Line) -> bool:
        """Claim a line: True where it is an access log line, damaged or not, or a format string."""
        text = line.text[:LONGEST_LINE].rstrip()
        understood = self.read(text)
        if understood is None:
            return self._take_other(line, text)
        told = tell(line, understood.fields, understood.time)
        self._of(line).add(understood.name, told)
        return True

    def _take_other(self, line: Line, text: str) -> bool:
        if self.learns(text):
            return True
        if self.is_damaged(text):
            self._of(line).add_misread(line.number)
            return True
        return False

    def learns(self, text: str) -> bool:
        """True for a line that is a format string; formats inside any line are learnt."""
        if text.count("%") > 5 and (formats := find_formats(text)):
            for one in formats:
                self._learn(one)
            return is_format_line(text)
        return False

    @staticmethod
    def is_damaged(text: str) -> bool:
        """True for a line that could not be read and yet is an access log's."""
        if not _MAY_BE_REQUEST.search(text):
            return False
        return _LOOKS_LIKE_ONE.match(with_head(clean(text))) is not None

    def _of(self, line: Line) -> Aggregate:
        teller = line.origin.pod or self._context.teller
        if teller not in self._tellers:
            self._tellers[teller] = Aggregate(self._context, teller)
        return self._tellers[teller]

    def read(self, text: str) -> Understood | None:
        """Fields of one line; None where it is no access log line or cannot be read."""
        if len(text) < 8:
            return None
        if found := self._by_format(text, self._own):
            return found
        text = plain_dashes(text)
        if self._last is not None and (fields := self._last.parse(text)):
            return Understood(name=self._last.name, fields=fields, time=self._last.time)
        if text.lstrip().startswith("{"):
            return _json(text) or self._tolerantly(text, self._own)
        if _MAY_BE_REQUEST.search(text):
            return self._by_known_format(text) or self._by_guess(text)
        return self._tolerantly(text, self._own) or _pairs(text)

    def _by_format(self, text: str, formats: Iterable[Format]) -> Understood | None:
        for one in formats:
            if (fields := one.parse(text)) and _is_line(fields):
                self._last = one
                return Understood(name=one.name, fields=fields, time=one.time)
        return None

    @staticmethod
    def _tolerantly(text: str, formats: Iterable[Format]) -> Understood | None:
        for one in formats:
            if (fields := one.parse_tolerantly(text)) and _has_outcome(fields) and _is_line(fields):
                return Understood(name=one.name, fields=fields, time=one.time)
        return None

    def _by_known_format(self, text: str) -> Understood | None:
        if not self._own and (fields := istio_text.with_quoted_agent(text)):
            return Understood(name=istio_text.NAME, fields=fields, time=guess_time)
        if found := self._by_format(text, KNOWN_FORMATS):
            return found
        cleaned = clean(text)
        attempts = tuple(dict.fromkeys((with_head(text), with_head(cleaned))))
        for attempt in attempts:
            if attempt != text and (found := self._by_format(attempt, KNOWN_FORMATS)):
                return found
        if cleaned != text and (found := self._by_format(cleaned, self._own)):
            return found
        for attempt in dict.fromkeys((text, cleaned)):
            if found := self._tolerantly(attempt, self._own):
                return found
        for attempt in attempts:
            if found := self._tolerantly(attempt, KNOWN_FORMATS):
                return found
        return None

    def _by_guess(self, text: str) -> Understood | None:
        cleaned = clean(text)
        if loose := read_loose(with_head(cleaned), (*self._own, *KNOWN_FORMATS)):
            return Understood(name=loose[0], fields=loose[1])
        if cleaned.startswith("{"):
            return _json(cleaned)
        return _pairs(cleaned)

    def finish(self) -> Reading:
        """One `AccessLog` per teller of whom a line was understood."""
        reading = Reading()
        for aggregate in self._tellers.values():
            if aggregate.understood:
                reading.facts.append(aggregate.fact())
                if aggregate.only_counted:
                    reading.unread.append(
                        only_counted(self._context, aggregate.kept, aggregate.only_counted)
                    )
            else:
                reading.unread.append(
                    without_an_outcome(self._context, aggregate.misread[0], aggregate.misread_count)
                )
        return reading


def without_an_outcome(context: Context, line: int, count: int) -> Unread:
    """The sentence for lines of an access log of which none could be read."""
    reason = _(
        "These lines look like an access log but hold no response code; give their format with "
        "--access-log-format."
    )
    return Unread(source=context.source(line), reason=reason, count=count)


def only_counted(context: Context, kept: int, count: int) -> Unread:
    """The sentence for failures beyond those that are kept one by one."""
    reason = _(
        "`{path}` holds more failed requests than are weighed one by one: the first {kept} "
        "were, {count} more are only counted. Give a shorter span of time to weigh them."
    )
    return _in_part(reason, context, kept, count)


def weighed_in_part(context: Context, kept: int, count: int) -> Unread:
    """The sentence for failures of which a share of every kind is kept."""
    reason = _(
        "`{path}` holds more failed requests than are weighed one by one: {kept} of all kinds "
        "were, {count} more are only counted. Give a shorter span of time to weigh them."
    )
    return _in_part(reason, context, kept, count)


def _in_part(reason: str, context: Context, kept: int, count: int) -> Unread:
    said = reason.format(path=context.path, kept=kept, count=count)
    return Unread(source=context.source(), reason=said, count=0)


def _is_line(fields: Fields) -> bool:
    return sum(1 for name in fields if present(fields, name)) > 1


def _json(text: str) -> Understood | None:
    if found := read_json(text):
        return Understood(name=found[0], fields=found[1])
    return None if text.rstrip().endswith("}") else _pairs(text)


def _pairs(text: str) -> Understood | None:
    if not _MAY_BE_PAIRS.search(text) or (fields := read_key_value(text)) is None:
        return None
    return Understood(name=KEY_VALUE, fields=fields)


def bid(sample: list[Line]) -> float:
    """Share of the sample's lines that are read as access log lines."""
    if not sample:
        return 0.0
    session = AccessLogSession(Context(path="", teller=""))
    read = sum(1 for line in sample if session.read(line.text[:LONGEST_LINE].rstrip()) is not None)
    return read / len(sample)


def start(context: Context) -> LineSession:
    """Begin a file."""
    return AccessLogSession(context)
