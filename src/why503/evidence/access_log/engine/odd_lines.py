"""The lines that no fast way takes: read by the tolerant parser, or left to other readers."""

from why503.evidence.access_log.aggregate import MISREAD_LINES_KEPT
from why503.evidence.access_log.engine.partial import LEFT_OVER_KEPT, NO_MINUTE, Misreads
from why503.evidence.access_log.engine.tally import Tally
from why503.evidence.access_log.engine.told import told_of
from why503.evidence.access_log.fields import MISSING
from why503.evidence.access_log.reader import LONGEST_LINE, AccessLogSession, Understood
from why503.evidence.prefix import Peeler
from why503.evidence.reader import Context, Line

LEFT_OVER_LENGTH = 32 << 20
"""Characters of other programs' lines that are kept of one range."""
_LONGEST = 1 << 20


class OddLines:
    """Takes one line at a time, in any format, with any prefix."""

    def __init__(self, tally: Tally, context: Context, *, json: bool) -> None:
        """``json``: the range's own format, whose local addresses are str and not bytes."""
        self._json = json
        self._tally = tally
        self._context = context
        self._session = AccessLogSession(context)
        self._peeler = Peeler()
        self._room = LEFT_OVER_LENGTH

    def take(self, line: bytes) -> None:
        """Count a line as understood, damaged, left over or blank: as exactly one of them."""
        text = line[:_LONGEST].decode("utf-8", "replace").rstrip("\r")
        partial = self._tally.partial
        if not text.strip():
            self._tally.passage.skip()
            partial.blank += 1
            return
        number = self._tally.lines + 1
        pieces = self._peeler.peel(number, text)
        read = [(piece, self._read(piece)) for piece in pieces]
        found = [(piece, one) for piece, one in read if one is not None]
        if found:
            self._count(*found[0])
            return
        self._tally.passage.skip()
        if not pieces:
            partial.blank += 1
        elif any(self._session.learns(piece.text) for piece in pieces):
            self._leave(number, text)
        elif damaged := [piece for piece in pieces if self._session.is_damaged(piece.text)]:
            self._misread(damaged[0].origin.pod or self._context.teller, number)
        else:
            self._leave(number, text)

    def _read(self, piece: Line) -> Understood | None:
        return self._session.read(piece.text[:LONGEST_LINE].rstrip())

    def _misread(self, teller: str, number: int) -> None:
        misreads = self._tally.partial.misreads.setdefault(teller, Misreads())
        misreads.count += 1
        if len(misreads.lines) < MISREAD_LINES_KEPT:
            misreads.lines.append(number)

    def _leave(self, number: int, text: str) -> None:
        partial = self._tally.partial
        partial.left_over_count += 1
        if len(partial.left_over) < LEFT_OVER_KEPT and self._room > 0:
            self._room -= len(text)
            partial.left_over.append((number, text))

    def _count(self, piece: Line, one: Understood) -> None:
        tally, fields = self._tally, one.fields
        teller = piece.origin.pod or self._context.teller
        group = tally.group(teller, fields)
        start = fields.get("time", "-")
        moment = None if start in MISSING else one.time(start)
        took = fields.get("duration", "-")
        raw = None if moment is None else f"{moment:.6f}"
        index = tally.passage.add([raw], [took], [group])
        tally.understood(teller, one.name, 1)
        tally.remember(teller, [fields.get("request_id", "-")])
        pair = (fields.get("upstream_host", "-"), fields.get("upstream_local", "-"))
        if teller != self._context.teller and pair[1] not in MISSING:
            pair = (pair[0], f"{teller} {pair[1]}")  # another proxy's connection
        connection = pair if self._json else (pair[0].encode(), pair[1].encode())
        if group in tally.failing:
            told = told_of(piece.text, fields, one.time)
            tally.fail(group, (index, moment), (connection, None), told)
        elif tally.tracking:
            tally.sample(group, connection, index, moment)
        if tally.tracking:
            tally.use([connection], index)
            if group in tally.closing:
                tally.close(connection)
        tally.count(NO_MINUTE if moment is None else int(moment // 60), [group], [took], index)
