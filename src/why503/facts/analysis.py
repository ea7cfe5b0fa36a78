"""What `istioctl` says of the configuration by itself."""

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A message of `istioctl analyze` or `describe`, or a row of the former `authn tls-check`."""

    source: Source
    code: str
    """`IST0101` and the like; `CONFLICT` for a row of `tls-check` that says so; `WARNING` for
    one of `istioctl x describe`."""
    level: str = ""
    """`Error`, `Warning` or `Info`; ``""`` where it is not told."""
    object: str = ""
    """What it is about, as written: `VirtualService reviews.shop`; a row's host or proxy."""
    text: str = ""
    """The message; for a row what server and client speak."""
