"""What could not be read of a capture, collected while its packets stream by."""

from why503.evidence.reader import Context
from why503.facts import Unread
from why503.support.text import _


class Complaint:
    """Sentences about one capture, each told once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._told: dict[str, Unread] = {}

    @property
    def unread(self) -> list[Unread]:
        """All that was told."""
        return list(self._told.values())

    def cut_off(self, number: int) -> None:
        """The file ends inside the packet after ``number``."""
        self._tell(
            "cut",
            number,
            _(
                "`{path}` ends in the middle of a packet; the {count} packets before it were "
                "read. Stop the capture with Ctrl-C (SIGINT) or copy the file again."
            ).format(path=self._context.path, count=number),
        )

    def damaged(self, number: int) -> None:
        """What follows the packet ``number`` is no packet."""
        self._tell(
            "damaged",
            number,
            _(
                "`{path}` is damaged after packet {count}; what comes behind it was not read. Copy "
                "the file again, in binary mode."
            ).format(path=self._context.path, count=number),
        )

    def unknown_link(self, link: int, number: int) -> None:
        """A packet of a kind of interface that is not read."""
        self._tell(
            f"link {link}",
            number,
            _(
                "Packets of link type {link} in `{path}` were not read. Capture on the pod's "
                "interface with `tcpdump -i any`."
            ).format(path=self._context.path, link=link),
        )

    def too_many(self, limit: int, number: int) -> None:
        """More connections than are followed."""
        self._tell(
            "many",
            number,
            _(
                "`{path}` has more than {limit} connections; those that began later were not "
                "followed. Cut it to the time of the failure (`editcap -A ... -B ...`)."
            ).format(path=self._context.path, limit=limit),
        )

    def nothing(self, count: int) -> None:
        """Not one TCP segment was found."""
        self._tell(
            "nothing",
            0,
            _(
                "`{path}` has {count} packets and none of them is TCP that could be followed. "
                "Capture with `tcpdump -i any -w FILE tcp` inside the pod's network namespace."
            ).format(path=self._context.path, count=count),
        )

    def _tell(self, kind: str, line: int, reason: str) -> None:
        if kind not in self._told and len(self._told) < _MOST:
            self._told[kind] = Unread(source=self._context.source(line), reason=reason)


_MOST = 20
