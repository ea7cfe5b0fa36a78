"""Archives read as streams: their members become files of the evidence, nothing is unpacked.

Known by their bytes, bundles by the names of their members. Limits on number, size, ratio, depth
and path each give a sentence; no link is followed, no name reaches the file system.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from why503.evidence.archive.sniff import is_archive
from why503.evidence.archive.survey import Surveys

if TYPE_CHECKING:
    from why503.evidence.archive.walk import Member
    from why503.evidence.text_file import TextFile
    from why503.facts import Unread

__all__ = ["Surveys", "is_archive", "members"]


def members(file: "TextFile", unread: "list[Unread]") -> "Iterator[Member]":
    """Every file in the archive ``file``; adds what is not read to ``unread``. Never raises."""
    from why503.evidence.archive import walk

    return walk.members(file, unread)
