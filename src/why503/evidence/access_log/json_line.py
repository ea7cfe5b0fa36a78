"""Access log lines in JSON: Istio's, Envoy Gateway's, and any with keys that can be recognised."""

import json
import re
from typing import Any

from why503.evidence.access_log.aliases import is_proxy_line, put
from why503.evidence.access_log.fields import Fields
from why503.support.pattern import lazy_re

ISTIO = "Istio JSON"
GATEWAY = "Envoy Gateway JSON"
OTHER = "JSON"

_LEFT_OUT = lazy_re(r"(?<=,)\s{0,8}(?:\.{3}|\u2026)\s{0,8}(?:,|(?=\}))")
"""`...` that somebody wrote in place of some members."""
_DEEPEST = 4
_MOST_KEYS = 400
_FOREIGN = frozenset({"kubernetes", "kube", "resource", "agent", "ecs", "stream", "tags"})
"""Objects in which log shippers tell of themselves and of the pod, not of the request."""


def _text(value: Any) -> str | None:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value) or "-"
    return None


def _collect(data: dict[str, Any], fields: Fields, depth: int) -> None:
    inner: list[dict[str, Any]] = []
    for key, value in list(data.items())[:_MOST_KEYS]:
        if isinstance(value, dict):
            if key.lower() not in _FOREIGN:
                inner.append(value)
        elif (text := _text(value)) is not None:
            put(fields, key, text)
    if depth < _DEEPEST:
        for part in inner:
            _collect(part, fields, depth + 1)


def _name(data: dict[str, Any]) -> str:
    if ":authority" in data or "x-envoy-origin-path" in data:
        return GATEWAY
    return ISTIO if "response_code" in data and "response_flags" in data else OTHER


def read_json(text: str) -> tuple[str, Fields] | None:
    """Format name and fields of a JSON access log line; None for any other text."""
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    if '"' in text and ("..." in text or "\u2026" in text):
        text = re.sub(r",\s{0,8}\}$", "}", _LEFT_OUT.sub("", text))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    fields: Fields = {}
    _collect(data, fields, 0)
    return (_name(data), fields) if is_proxy_line(fields) else None
