"""The readers of this room, in the order in which equal bids are asked.

Most files are wholly understood by one reader, and importing all of them takes longer than reading
a small log; so the readers are named here and imported when they are asked.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from why503.evidence.reader import BinaryReader, DocumentReader, LineReader

_DOCUMENTS = (
    "config_dump",
    "clusters_json",
    "listeners_json",
    "stats_json",
    "metrics_json",
    "analyze_json",
    "certs",
    "server_info",
    "runtime",
    "manifest",
)

_BINARIES = ("capture",)

_LINES = (
    "access_log",
    "ztunnel_log",
    "envoy_log",
    "istiod_log",
    "victoriametrics",
    "kubectl_describe",
    "kubectl_table",
    "event_line",
    "kubectl_top",
    "kubectl_rollout",
    "istioctl_analyze",
    "istioctl_status",
    "istioctl_describe",
    "istioctl_table",
    "stats",
    "metrics",
    "ready",
    "socket_table",
    "hubble",
    "balancer_log",
    "capture_text",
    "dns_answer",
    "connection_probe",
    "server_setting",
    "curl",
    "status_note",
    "manifest_block",
    "app_log",
    "quoted_words",
)


@cache
def document_readers() -> tuple[DocumentReader, ...]:
    """Every document reader."""
    return tuple(_module(name) for name in _DOCUMENTS)


@cache
def binary_readers() -> tuple[BinaryReader, ...]:
    """Every reader of files that are no text."""
    return tuple(_module(name) for name in _BINARIES)


@cache
def first_line_reader() -> LineReader:
    """The reader of the kind of text that is given most: access logs."""
    found: LineReader = _module(_LINES[0])
    return found


def line_readers() -> Iterator[LineReader]:
    """Every line reader, the first one first, each imported when its turn comes."""
    return map(_module, _LINES)


def _module(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - its shape is the caller's
    return import_module(f"why503.evidence.{name}")
