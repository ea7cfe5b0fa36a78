"""What would be written: files with their bytes before and after. Plain data."""

import hashlib

from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """One file."""

    path: str
    before: bytes | None
    """None for a file that is to be made."""
    after: bytes
    notes: tuple[str, ...] = ()
    """What the user should know of this file."""

    @property
    def is_new(self) -> bool:
        """True where the file does not exist yet."""
        return self.before is None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A change that is not in the set, and why."""

    path: str
    """The file that it was meant for; ``""`` where none was found."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    """All files that change together, by path."""

    files: tuple[FileChange, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def texts(self) -> dict[str, str]:
        """New texts by path."""
        return {one.path: one.after.decode() for one in self.files}


def digest(content: bytes) -> str:
    """Fingerprint of a file's content, SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
