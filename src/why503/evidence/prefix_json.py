"""A log shipper's JSON object around a line: which field holds it, which fields name the pod."""

from collections.abc import Mapping
from typing import Any

from why503.evidence.reader import Origin
from why503.support.duration import moment_of
from why503.support.pattern import lazy_re

_CONTENT = (
    "log",
    "_msg",
    "line",
    "textPayload",
    "message",
    "msg",
    "_raw",
    "event.original",
    "body",
)
_OF_TRANSPORT = (
    "stream",
    "_stream",
    "kubernetes",
    "docker",
    "container",
    "container_name",
    "pod",
    "pod_name",
    "_source",
    "result",
    "agent",
    "labels",
    "resource",
    "logtag",
    "time",
    "_time",
    "_raw",
    "_msg",
)
_LEVEL = ("level", "severity", "lvl", "loglevel", "log.level")
_OF_ACCESS_LOG = frozenset(
    {
        "response_code",
        "response_flags",
        "response_code_details",
        "upstream_cluster",
        "upstream_host",
        "status_code",
        "responseCode",
        "responseFlags",
    }
)
_OF_TUNNEL = frozenset({"src.addr", "dst.addr"})
_WHOLE_LINE = lazy_re(r"\s{0,4}(?:\[?\d{4}[-/]\d\d[-/]\d\d|\{|\[[a-z0-9 ]|[IWEF]\d{4} )")
_POD = (
    "kubernetes.pod_name",
    "kubernetes.pod.name",
    "kubernetes_pod_name",
    "pod",
    "pod_name",
    "podName",
    "k8s.pod.name",
    "k8s_pod_name",
    "resource.labels.pod_name",
    "hostname",
)
_CONTAINER = (
    "kubernetes.container_name",
    "kubernetes.container.name",
    "kubernetes_container_name",
    "container",
    "container_name",
    "containerName",
    "k8s.container.name",
    "resource.labels.container_name",
)
_NAMESPACE = (
    "kubernetes.namespace_name",
    "kubernetes.namespace",
    "kubernetes_namespace_name",
    "namespace",
    "namespace_name",
    "k8s.namespace.name",
    "resource.labels.namespace_name",
)
_TIME = ("time", "_time", "@timestamp", "timestamp", "ts")


def unwrap(entry: Mapping[str, Any]) -> str | None:
    """The log line inside a shipper's object; None where the object is itself what was logged."""
    inner = entry.get("_source", entry.get("result"))
    if isinstance(inner, dict):
        entry = inner
    elif _OF_ACCESS_LOG.intersection(entry) or _OF_TUNNEL.intersection(entry):
        return None
    content = next((text for key in _CONTENT if isinstance(text := _at(entry, key), str)), None)
    if content is None or _OF_ACCESS_LOG.intersection(entry):
        return None
    if any(key in entry for key in _LEVEL) and not _WHOLE_LINE.match(content):
        return None
    if isinstance(inner, dict) or any(key in entry for key in _OF_TRANSPORT):
        return content
    return content if _WHOLE_LINE.match(content) else None


def origin_of(entry: Mapping[str, Any]) -> Origin:
    """Pod, container, namespace and time that a shipper's fields (or a stream's labels) name."""
    inner = entry.get("_source", entry.get("result"))
    if isinstance(inner, dict):
        entry = inner
    stamp = _first(entry, _TIME)
    return Origin(
        pod=_first(entry, _POD),
        container=_first(entry, _CONTAINER),
        namespace=_first(entry, _NAMESPACE),
        time=moment_of(stamp) if stamp else None,
    )


def _first(entry: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """First non-empty text among ``keys``; ``""`` where there is none."""
    for key in keys:
        found = _at(entry, key)
        if isinstance(found, str) and found:
            return found[:253]
    return ""


def _at(entry: Mapping[str, Any], key: str) -> Any:
    """Value of a dotted key, written flat or nested."""
    if key in entry:
        return entry[key]
    here: Any = entry
    for step in key.split("."):
        if not isinstance(here, Mapping) or step not in here:
            return None
        here = here[step]
    return here
