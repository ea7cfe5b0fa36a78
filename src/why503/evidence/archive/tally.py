"""Members that are not read: counted by reason, one sentence each."""

from dataclasses import field
from enum import StrEnum

from why503.facts import Source, Unread
from why503.support.dataclass import dataclass
from why503.support.text import _


class Reason(StrEnum):
    """Why members are not read; the value is the sentence."""

    HIDDEN = _(
        "{count} hidden members of `{path}` were not read (first: {first}). Give them on their own."
    )
    DEVICE = _("{count} members of `{path}` are no files (first: {first}) and were not read.")
    SPARSE = _(
        "{count} members of `{path}` are sparse files (first: {first}) and were not read. Pack "
        "them again without --sparse."
    )
    ENCRYPTED = _(
        "{count} members of `{path}` are encrypted (first: {first}) and were not read. Unpack "
        "them with the password and give the folder."
    )
    METHOD = _(
        "{count} members of `{path}` are packed in a way that is not read (first: {first}). "
        "Unpack it and give the folder."
    )
    LONG_PATH = _("{count} members of `{path}` have a path that is too long (first: {first}).")
    LINK = _(
        "{count} links of `{path}` lead out of it (first: {first}) and were not followed. Give "
        "their targets."
    )
    DEEP = _(
        "{count} archives in `{path}` are nested too deeply (first: {first}) and were not read. "
        "Give them on their own."
    )
    TWICE = _("{count} members of `{path}` have a name of one before (first: {first}).")
    LAYERS = _("{count} members of `{path}` are compressed too many times (first: {first}).")


_SHOWN = 120


@dataclass
class Tally:
    """What is told of one archive (nested ones have their own); `sentences` at its end."""

    path: str
    said: list[Unread] = field(default_factory=list)
    _counts: dict[Reason, int] = field(default_factory=dict)
    _firsts: dict[Reason, str] = field(default_factory=dict)

    def count(self, reason: Reason, member: str) -> None:
        """One more member that is not read."""
        self._counts[reason] = self._counts.get(reason, 0) + 1
        self._firsts.setdefault(reason, member[:_SHOWN])

    def say(self, reason: str, path: str | None = None) -> None:
        """A whole sentence, about the archive or one member of it."""
        source = Source(path=self.path if path is None else path)
        self.said.append(Unread(source=source, reason=reason, count=0))

    def sentences(self) -> list[Unread]:
        """Everything, one sentence per reason."""
        counted = [
            Unread(
                source=Source(path=self.path),
                reason=reason.value.format(count=count, path=self.path, first=self._firsts[reason]),
                count=count,
            )
            for reason, count in self._counts.items()
        ]
        return [*self.said, *counted]
