"""Archives read as streams: their members become files of the evidence, nothing is unpacked.

Known by their bytes, bundles by the names of their members. Limits on number, size, ratio, depth
and path each give a sentence; no link is followed, no name reaches the file system.
"""

from why503.evidence.archive.sniff import is_archive
from why503.evidence.archive.survey import Surveys
from why503.evidence.archive.walk import Member, members

__all__ = ["Member", "Surveys", "is_archive", "members"]
