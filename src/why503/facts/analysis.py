"""What `istioctl` says of the configuration by itself."""

from dataclasses import dataclass

from why503.facts.source import Source


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A message of `istioctl analyze`, or a row of `istioctl proxy-status` or `authn tls-check`."""

    source: Source
    code: str
    """`IST0101` and the like; `CONFLICT` for a row of `tls-check` that says so; `STALE` or
    `SYNCED` for a proxy in the table of `proxy-status`."""
    level: str = ""
    """`Error`, `Warning` or `Info`; ``""`` where it is not told."""
    object: str = ""
    """What it is about, as written: `VirtualService reviews.shop`; a row's host or proxy."""
    text: str = ""
    """The message; for a row what server and client speak, or what is stale."""
