"""How much of an archive is read, and the sentences for what is more."""

from why503.evidence.reader import ByteStream
from why503.support.dataclass import dataclass
from why503.support.text import _

MEMBERS = 20_000
"""Files of one archive, those of archives inside it included."""
TOTAL = 1 << 30
"""Bytes of one archive after decompression."""
MEMBER = 256 << 20
"""Bytes of one member that are read."""
RATIO = 250
"""Times its packed size that something may unpack to; real logs stay below 100."""
RATIO_FROM = 64 << 20
"""Bytes from which the ratio counts: small files of zeros harm nobody."""
DEPTH = 4
"""Archives inside archives."""
PATH = 1024
"""Characters of a member's path, and of a link's target."""
NESTED_ZIP = 32 << 20
"""Bytes of a zip inside another archive: it has to be held in memory."""
ZIP_LIST = 8 << 20
"""Bytes of a zip's list of members."""


class StopReading(Exception):  # noqa: N818 - nothing is wrong with the program; reading ends here
    """Reading an archive ends here; its text is the sentence for the user."""


class Exhausted(StopReading):
    """The whole archive may cost no more."""


@dataclass
class Budget:
    """What one archive may still cost."""

    path: str
    members: int = 0
    size: int = 0

    def spend(self, size: int) -> None:
        """Count bytes after decompression."""
        self.size += size
        if self.size > TOTAL:
            reason = _(
                "`{path}` unpacks to more than {limit} bytes; the rest of it was not read. Give "
                "the members that matter on their own."
            )
            raise Exhausted(reason.format(path=self.path, limit=TOTAL))

    def count(self) -> None:
        """Count one member."""
        self.members += 1
        if self.members > MEMBERS:
            reason = _(
                "`{path}` has more than {limit} members; the rest were not read. Give the members "
                "that matter on their own."
            )
            raise Exhausted(reason.format(path=self.path, limit=MEMBERS))


class Metered:
    """A stream whose bytes are counted; ends with `StopReading` where they are too many."""

    def __init__(
        self, stream: ByteStream, budget: Budget, path: str, packed: int | None = None
    ) -> None:
        """``packed``: bytes that ``stream`` is made from; None where that is not known."""
        self._stream, self._budget, self._path, self._packed = stream, budget, path, packed
        self._size = 0

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; ``b""`` at the end."""
        found = self._stream.read(size)
        self._size += len(found)
        self._budget.spend(len(found))
        if self._packed is not None and self._size > max(RATIO_FROM, self._packed * RATIO):
            reason = _(
                "`{path}` unpacks to more than {ratio} times its size, as only a decompression "
                "bomb does; the rest of it was not read."
            )
            raise StopReading(reason.format(path=self._path, ratio=RATIO))
        return found
