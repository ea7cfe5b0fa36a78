"""How long an upstream connection, or an upstream host, lay idle before a request."""

from why503.evidence.access_log.fields import MISSING, Fields

MOST_CONNECTIONS = 200_000
"""Connections and hosts that are remembered; the one used longest ago is forgotten first."""

_DISORDER = 1.0
"""Seconds by which lines may stand in the wrong order: a log is written as requests end."""

_Key = tuple[str, ...]


class LastUse:
    """Remembers when each upstream connection and each upstream host was last in use."""

    def __init__(self) -> None:
        self._connections: dict[_Key, tuple[float, float]] = {}
        self._hosts: dict[_Key, tuple[float, float]] = {}

    def idle(
        self, fields: Fields, start: float | None, end: float | None
    ) -> tuple[float | None, bool]:
        """Seconds of idleness before a request, and whether they are the connection's own.

        ``start`` and ``end`` in seconds since 1970. None where there was no request before it.
        """
        host = fields.get("upstream_host", "-")
        if start is None or end is None or host in MISSING:
            return None, False
        local = fields.get("upstream_local", "-")
        by_host = self._pass(self._hosts, (fields.get("upstream_cluster", "-"), host), start, end)
        if local in MISSING:
            return by_host, False
        by_connection = self._pass(self._connections, (host, local), start, end)
        return by_connection, by_connection is not None

    @staticmethod
    def _pass(
        uses: dict[_Key, tuple[float, float]], key: _Key, start: float, end: float
    ) -> float | None:
        before = uses.pop(key, None)
        if before is None:
            if len(uses) >= MOST_CONNECTIONS:
                del uses[next(iter(uses))]
            uses[key] = (start, end)
            return None
        if end < before[0] - _DISORDER:
            uses[key] = before
            return None
        uses[key] = (start, max(end, before[1]))
        return max(0.0, start - before[1])


CLOSES = frozenset({"UC", "UF", "UPE"})
"""Flags after which the upstream connection is gone; its port may be used again."""


class Carried:
    """Counts the requests that each upstream connection has carried."""

    def __init__(self) -> None:
        self._requests: dict[_Key, int] = {}

    def before(self, fields: Fields, flags: frozenset[str] | None) -> int | None:
        """Requests on its connection before this one; None where the connection is not told."""
        host, local = fields.get("upstream_host", "-"), fields.get("upstream_local", "-")
        if host in MISSING or local in MISSING:
            return None
        count = self._requests.pop((host, local), 0)
        if not flags or not flags & CLOSES:
            if len(self._requests) >= MOST_CONNECTIONS:
                del self._requests[next(iter(self._requests))]
            self._requests[host, local] = count + 1
        return count
