"""The readers of this room, in the order in which equal bids are asked."""

from why503.evidence import (
    access_log,
    app_log,
    curl,
    dns_answer,
    envoy_log,
    istioctl_table,
    istiod_log,
    kubectl_describe,
    kubectl_table,
    manifest,
    manifest_block,
    socket_table,
    victoriametrics,
    ztunnel_log,
)
from why503.evidence.access_log import find_formats
from why503.evidence.reader import DocumentReader, LineReader

DOCUMENT_READERS: tuple[DocumentReader, ...] = (manifest,)

LINE_READERS: tuple[LineReader, ...] = (
    access_log,
    ztunnel_log,
    envoy_log,
    istiod_log,
    victoriametrics,
    kubectl_describe,
    kubectl_table,
    istioctl_table,
    socket_table,
    dns_answer,
    curl,
    manifest_block,
    app_log,
)

__all__ = ["DOCUMENT_READERS", "LINE_READERS", "find_formats"]
