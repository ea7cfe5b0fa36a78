"""Access logs of Envoy and Istio in every format; this package is a `LineReader`."""

from why503.evidence.access_log.aggregate import FAILURES_KEPT
from why503.evidence.access_log.format import Format, compile_format
from why503.evidence.access_log.format_string import find_formats
from why503.evidence.access_log.reader import NAME, bid, start

__all__ = ["FAILURES_KEPT", "NAME", "Format", "bid", "compile_format", "find_formats", "start"]
