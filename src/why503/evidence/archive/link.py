"""Links inside an archive: none is followed; one that leads to a member needs no word."""

from bisect import bisect_left
from pathlib import PurePosixPath

from why503.evidence.archive.limit import PATH

SEVERAL = 40
"""Steps after which a chain of links is a circle."""


class Links:
    """The links of one archive and the members that they may lead to."""

    def __init__(self) -> None:
        self._targets: dict[str, str | None] = {}
        self._members: list[str] = []

    def member(self, path: str) -> None:
        """A file or folder that is there; its folders are there with it."""
        self._members.append(normal(path))

    def link(self, path: str, target: str, *, from_root: bool) -> None:
        """A link; ``from_root`` for hard links, whose target is told from the archive's root."""
        base = "" if from_root else str(PurePosixPath(path).parent)
        outside = len(target) > PATH or (target.startswith("/") and not from_root)
        self._targets[normal(path)] = None if outside else _joined(base, target)

    def outside(self) -> list[str]:
        """Links that lead to no member, in the order in which they came."""
        self._members.sort()
        return [path for path in self._targets if not self._arrives(path)]

    def _arrives(self, path: str) -> bool:
        here: str | None = path
        for _step in range(SEVERAL):
            if here is None:
                return False
            if self._is_there(here):
                return True
            here = self._next(here)
        return False

    def _is_there(self, path: str) -> bool:
        """Whether a file has this path or lies below it."""
        for wanted in (path, f"{path}/"):
            at = bisect_left(self._members, wanted)
            found = self._members[at] if at < len(self._members) else ""
            if found == path or found.startswith(f"{path}/"):
                return True
        return False

    def _next(self, path: str) -> str | None:
        """Where the first link in ``path`` leads; None where none of its folders is one."""
        head, tail = path, ""
        while head:
            if head in self._targets:
                target = self._targets[head]
                return None if target is None else _joined(target, tail)
            head, _slash, last = head.rpartition("/")
            tail = f"{last}/{tail}" if tail else last
        return None


def normal(path: str) -> str:
    """``path`` without what changes nothing: `.`, doubled slashes, a slash at its ends."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _joined(base: str, target: str) -> str | None:
    """``target`` seen from the folder ``base``; None where it climbs out of the archive."""
    parts: list[str] = []
    for part in f"{base}/{target}".split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
