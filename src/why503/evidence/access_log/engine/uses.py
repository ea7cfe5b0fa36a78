"""How long each upstream connection and host lay idle, and what it carried, over one range."""

from dataclasses import dataclass

import numpy as np

from why503.evidence.access_log.engine.block import Flags, Floats, Hashes, Ints
from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.groups import Groups
from why503.evidence.access_log.engine.partial import Border, Failure, Idles, idle_since


@dataclass(slots=True)
class _Before:
    """What lines know of the request before them on their connection."""

    end: Floats
    """Its end, seconds since 1970; NaN where there was none, or its time is not told."""
    known: Flags
    """Whether there was one in this range."""
    carried: Ints
    """Requests on the connection before; of this range only where it was not closed in it."""
    closed: Flags
    """Whether the connection was closed in this range before."""


@dataclass(frozen=True, slots=True)
class _Last:
    """Connections in rising order, and what the last request on each left."""

    name: Hashes
    end: Floats
    carried: Ints
    closed: Flags

    def at(self, rows: Ints | Flags) -> "_Last":
        return _Last(self.name[rows], self.end[rows], self.carried[rows], self.closed[rows])

    def with_(self, more: "_Last") -> "_Last":
        """Both, in rising order; no connection is in both."""
        both = _Last(
            np.concatenate([self.name, more.name]),
            np.concatenate([self.end, more.end]),
            np.concatenate([self.carried, more.carried]),
            np.concatenate([self.closed, more.closed]),
        )
        return both.at(np.argsort(both.name, kind="stable"))


_NOTHING = _Last(np.zeros(0, np.uint64), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.bool_))


class _Memory:
    """The connections of a range that are remembered."""

    def __init__(self, room: int) -> None:
        self._room = room
        self.last = _NOTHING

    def recall(self, names: Hashes) -> tuple[_Last, Flags]:
        """What is remembered of connections, nothing where they are not known, and which are."""
        last = self.last
        count = len(names)
        known = np.zeros(count, np.bool_)
        told = _Last(
            names, np.full(count, np.nan), np.zeros(count, np.int64), np.zeros(count, np.bool_)
        )
        if len(last.name):
            place = np.minimum(np.searchsorted(last.name, names), len(last.name) - 1)
            known = last.name[place] == names
            found = place[known]
            told.end[known] = last.end[found]
            told.carried[known] = last.carried[found]
            told.closed[known] = last.closed[found]
        return told, known

    def remember(self, new: _Last, known: Flags) -> None:
        """Keep what connections in rising order left; ``known``: which were remembered before."""
        last = self.last
        place = np.searchsorted(last.name, new.name[known])
        last.end[place] = new.end[known]
        last.carried[place] = new.carried[known]
        last.closed[place] = new.closed[known]
        self.last = last.with_(new.at(~known))
        beyond = len(self.last.name) - self._room
        if beyond > 0:
            oldest = np.argsort(self.last.end, kind="stable")  # times that are not told stay
            kept = np.ones(len(self.last.name), np.bool_)
            kept[oldest[: beyond + self._room // 4]] = False
            self.last = self.last.at(kept)


class Uses:
    """Follows the lines of a range, thousands at a time."""

    def __init__(self, groups: Groups, *, sample_all: bool, connections: int) -> None:
        """``sample_all``: idle times are measured of all requests, else of one in a hundred.

        ``connections``: how many are remembered; those used longest ago are forgotten first.
        """
        self._groups = groups
        self._sample_all = sample_all
        self._memory = _Memory(connections)
        self._host_end = np.zeros(0, np.float64)
        self._host_known = np.zeros(0, np.bool_)
        self.idles = Idles()

    def follow(self, lines: Columns, failures: list[Failure]) -> None:
        """Take lines; ``failures`` are those among them that are kept, and learn their past."""
        upstream = self._groups.upstream[lines.group]
        connection = np.where(lines.connection == 0, np.uint64(0), lines.connection ^ upstream)
        connection[upstream == 0] = 0
        before = self._before(lines, connection)
        self._sample(lines, connection, before)
        self._tell(lines, connection, before, failures)
        self._tell_hosts(lines, [one for one in failures if one.connection is None])

    def _before(self, lines: Columns, connection: Hashes) -> _Before:
        count = len(lines)
        before = _Before(
            end=np.full(count, np.nan),
            known=np.zeros(count, np.bool_),
            carried=np.zeros(count, np.int64),
            closed=np.zeros(count, np.bool_),
        )
        rows = np.flatnonzero(connection)
        if not len(rows):
            return before
        rows = rows[_in_runs(connection[rows])]
        own, end = connection[rows], lines.end[rows]
        closes = self._groups.closing[lines.group[rows]]
        places = np.arange(len(rows))
        first = np.ones(len(rows), np.bool_)
        first[1:] = own[1:] != own[:-1]
        anew = first.copy()
        anew[1:] |= closes[:-1]
        run = np.maximum.accumulate(np.where(first, places, 0))
        segment = np.maximum.accumulate(np.where(anew, places, 0))
        before.end[rows[1:]] = np.where(first[1:], np.nan, end[:-1])
        before.known[rows] = ~first
        before.carried[rows] = places - segment
        before.closed[rows] = segment != run
        self._join(rows, (own, end, closes), (first, run, segment), before)
        return before

    def _join(
        self,
        rows: Ints,
        told: tuple[Hashes, Floats, Flags],
        places: tuple[Flags, Ints, Ints],
        before: _Before,
    ) -> None:
        """Add what earlier lines of the range told, and remember what these do."""
        own, end, closes = told
        first, run, segment = places
        begins = np.flatnonzero(first)
        ends = np.append(begins[1:], len(rows)) - 1
        old, known = self._memory.recall(own[begins])
        before.end[rows[begins]] = old.end
        before.known[rows[begins]] = known
        which = np.cumsum(first) - 1
        same = segment == run
        before.carried[rows] += np.where(same, old.carried[which], 0)
        before.closed[rows] |= old.closed[which]
        carried = ends - segment[ends] + 1 + np.where(same[ends], old.carried, 0)
        carried[closes[ends]] = 0
        closed = old.closed | ~same[ends] | closes[ends]
        self._memory.remember(_Last(own[begins], end[ends], carried, closed), known)

    def _sample(self, lines: Columns, connection: Hashes, before: _Before) -> None:
        wanted = (connection != 0) & ~np.isnan(lines.start)
        wanted &= ~self._groups.failing[lines.group]
        if not self._sample_all:
            wanted &= np.rint(np.nan_to_num(lines.start) * 1000) % 100 == 0
        rows = np.flatnonzero(wanted)
        known = before.known[rows]
        idle = np.maximum(0.0, lines.start[rows] - before.end[rows])
        open_ones = np.where(known, np.uint64(0), connection[rows])
        idles = self.idles
        idles.group.frombytes(lines.group[rows].astype(np.uint32).tobytes())
        idles.idle.frombytes(idle.tobytes())
        idles.connection.frombytes(open_ones.tobytes())
        idles.start.frombytes(lines.start[rows].tobytes())

    def _tell(
        self, lines: Columns, connection: Hashes, before: _Before, failures: list[Failure]
    ) -> None:
        rows = np.searchsorted(lines.line, [one.number - 1 for one in failures])
        for failure, row in zip(failures, rows.tolist(), strict=True):
            failure.connection = int(connection[row]) or None
            if failure.connection is None:
                continue
            failure.connection_open = not before.known[row]
            if not failure.connection_open:
                failure.idle = idle_since(float(before.end[row]), failure.start)
            failure.before = int(before.carried[row])
            failure.before_open = not before.closed[row]

    def _tell_hosts(self, lines: Columns, failures: list[Failure]) -> None:
        """What only the use of the host can tell, where the connection is not told."""
        host = self._groups.host[lines.group]
        self._grow(len(self._groups.hosts))
        asked = [one for one in failures if self._groups.upstream[one.group]]
        if asked:
            rows = np.searchsorted(lines.line, [one.number - 1 for one in asked])
            wanted = np.zeros(len(self._groups.hosts), np.bool_)
            wanted[host[rows]] = True
            near = np.flatnonzero(wanted[host])
            near = near[np.argsort(host[near], kind="stable")]
            place_of = np.empty(len(lines), np.int64)
            place_of[near] = np.arange(len(near))
            end = lines.end
            for failure, row in zip(asked, rows.tolist(), strict=True):
                place = int(place_of[row])
                number = int(host[row])
                failure.host = self._groups.hosts[number]
                earlier = int(near[place - 1]) if place else row
                if earlier != row and host[earlier] == number:
                    told, ended = True, float(end[earlier])
                else:
                    told, ended = bool(self._host_known[number]), float(self._host_end[number])
                failure.host_open = not told
                if told:
                    failure.idle = idle_since(ended, failure.start)
        self._host_end[host] = lines.end
        self._host_known[host] = True

    def _grow(self, count: int) -> None:
        more = count - len(self._host_end)
        if more > 0:
            self._host_end = np.concatenate([self._host_end, np.full(more, np.nan)])
            self._host_known = np.concatenate([self._host_known, np.zeros(more, np.bool_)])

    def border(self) -> Border:
        """What the next range asks of this one."""
        last = self._memory.last
        border = Border(closed=bytearray(last.closed.tobytes()))
        border.connection.frombytes(last.name.tobytes())
        border.end.frombytes(last.end.tobytes())
        border.carried.frombytes(last.carried.astype(np.uint64).tobytes())
        for number, host in enumerate(self._groups.hosts[: len(self._host_known)]):
            if self._host_known[number] and self._groups.hosts_told[number]:
                border.hosts[host] = float(self._host_end[number])
        return border


def _in_runs(names: Hashes) -> Ints:
    """The places of ``names`` so that equal ones follow each other, each run in its old order.

    Sorting numbers that hold both the name's upper bits and its place is many times faster than
    sorting places; where two names differ in their lower bits only, it is done the slow way.
    """
    bits = np.uint64(len(names).bit_length())
    mask = (np.uint64(1) << bits) - np.uint64(1)
    packed = (names & ~mask) | np.arange(len(names), dtype=np.uint64)
    packed.sort()
    places: Ints = (packed & mask).astype(np.int64)
    sorted_names, upper = names[places], packed & ~mask
    if ((upper[1:] == upper[:-1]) & (sorted_names[1:] != sorted_names[:-1])).any():
        return np.argsort(names, kind="stable")
    return places
