"""The groups of one range: their keys, and what counting asks of them by the thousand."""

from collections.abc import Callable
from hashlib import blake2b

import numpy as np

from why503.evidence.access_log.aggregate import KEY
from why503.evidence.access_log.engine.block import Flags, Hashes, Ints
from why503.evidence.access_log.engine.partial import MOST_GROUPS, Connection, Key, others_of
from why503.evidence.access_log.fields import MISSING, Fields, flags_of, has_failed, whole
from why503.evidence.access_log.idle import CLOSES

ODD = -1
"""The group of a line that only the tolerant parser can judge."""
_SLOTS = 1 << 18
_MOST_KNOWN = 1 << 19
_FIRST_ROOM = 1024
_CLUSTER, _HOST = 3 + KEY.index("upstream_cluster"), 3 + KEY.index("upstream_host")


def key_of(teller: str, fields: Fields) -> tuple[Key, bool]:
    """The group of a line, and whether its requests failed."""
    code = whole(fields.get("code"))
    flags = fields.get("flags")
    plain = None if flags is None else flags_of(flags)
    key = (teller, code, plain, *(fields.get(name) for name in KEY))
    return key, has_failed(fields, code, plain or frozenset())


def host_of(key: Key) -> Connection:
    """Whose upstream cluster, and which host, a group is of."""
    return f"{key[0]} {key[_CLUSTER] or '-'}", key[_HOST] or "-"


def encoded(text: str) -> bytes:
    """The bytes of a text, also of one that JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", "surrogatepass")


class Groups:
    """The groups of a range, numbered as they come."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.tellers: list[str] = []
        """Who tells, numbered as they come."""
        self.teller = np.zeros(_FIRST_ROOM, np.int64)
        """Number of the teller of each group."""
        self.hosts: list[Connection] = []
        """Upstream cluster and host, numbered as they come."""
        self.hosts_told = np.zeros(_FIRST_ROOM, np.bool_)
        """Of each host, whether its address is told."""
        self.host = np.zeros(_FIRST_ROOM, np.int64)
        """Number of the host of each group."""
        self.failing = np.zeros(_FIRST_ROOM, np.bool_)
        self.closing = np.zeros(_FIRST_ROOM, np.bool_)
        """Whether requests of a group end their connection."""
        self.upstream = np.zeros(_FIRST_ROOM, np.uint64)
        """Hash of the host of each group; 0 where its address is not told."""
        self._ids: dict[Key, int] = {}
        self._host_ids: dict[Connection, int] = {}

    def group(self, teller: str, fields: Fields) -> int:
        """Number of the group of a line; of `MOST_GROUPS` more, only code and flags are told."""
        key, failed = key_of(teller, fields)
        found = self._ids.get(key)
        if found is None and len(self.keys) >= MOST_GROUPS:
            key = others_of(key)
            found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = len(self.keys)
            self._add(key, failed=failed)
        return found

    def _add(self, key: Key, *, failed: bool) -> None:
        number = len(self.keys)
        self.keys.append(key)
        for name in ("failing", "closing", "upstream", "host", "hosts_told", "teller"):
            column = getattr(self, name)
            if number >= len(column):
                setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
        host = host_of(key)
        if key[0] not in self.tellers:
            self.tellers.append(key[0])
        self.teller[number] = self.tellers.index(key[0])
        self.failing[number] = failed
        self.closing[number] = bool(key[2] and key[2] & CLOSES)
        self.host[number] = self._host(host)
        if host[1] not in MISSING:
            digest = blake2b(encoded("\0".join(host)), digest_size=8).digest()
            self.upstream[number] = int.from_bytes(digest, "little")

    def _host(self, host: Connection) -> int:
        found = self._host_ids.get(host)
        if found is None:
            found = self._host_ids[host] = len(self.hosts)
            self.hosts.append(host)
            self.hosts_told[found] = host[1] not in MISSING
        return found


class Known:
    """Groups by the hash of the texts that make them, found thousands at a time."""

    def __init__(self) -> None:
        self._groups: dict[int, int] = {}
        self._hashes = np.zeros(_SLOTS, np.uint64)
        self._found = np.full(_SLOTS, ODD, np.int64)

    def groups(self, hashes: Hashes, group_at: Callable[[int], int]) -> Ints:
        """The group of each hash; ``group_at`` tells that of a row whose hash is new."""
        slots = hashes & np.uint64(_SLOTS - 1)
        found: Ints = self._found[slots]
        unknown: Flags = self._hashes[slots] != hashes
        missed = np.flatnonzero(unknown)
        if not len(missed):
            return found
        kinds, first, which = np.unique(hashes[missed], return_index=True, return_inverse=True)
        told = np.empty(len(kinds), np.int64)
        if len(self._groups) > _MOST_KNOWN:
            self._groups.clear()
        order = np.argsort(first)  # as they come in the log, so that numbers do not vary
        values = kinds.tolist()
        for kind in order.tolist():
            group = self._groups.get(values[kind])
            if group is None:
                group = self._groups[values[kind]] = group_at(int(missed[first[kind]]))
            told[kind] = group
        found[missed] = told[which]
        slots = kinds & np.uint64(_SLOTS - 1)
        self._hashes[slots] = kinds
        self._found[slots] = told
        return found
