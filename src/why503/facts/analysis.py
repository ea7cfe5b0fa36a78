"""What `istioctl` says of the configuration by itself."""

from dataclasses import dataclass

from why503.facts.source import Source


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One message of `istioctl analyze`, or one row of the former `istioctl authn tls-check`."""

    source: Source
    code: str
    """`IST0101` and the like; `CONFLICT` for a row of `tls-check` that says so."""
    object: str = ""
    """The object it is about, as written: `VirtualService reviews.shop`; the host of a row."""
    text: str = ""
    """The message; for a row what server and client speak."""
