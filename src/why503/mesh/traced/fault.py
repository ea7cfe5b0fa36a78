"""Faults that a route makes on purpose: who is turned away, and who has to wait."""

from collections.abc import Mapping
from typing import Any

from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traced.config import Route
from why503.support.text import _

WHOLE = 100.0


def abort_of(route: Route | None) -> tuple[float, int | None]:
    """Percent of requests that a fault aborts, and with which status."""
    abort = _block(route, "abort")
    return _share(abort), whole_number(abort.get("httpStatus"))


def delay_told(route: Route | None) -> str:
    """A sentence for the requests that have to wait; ``""`` where none has."""
    delay = _block(route, "delay")
    share, wait = _share(delay), word_of(delay.get("fixedDelay"))
    if not share or not wait:
        return ""
    text = _("The route lets {share} % of the requests wait {wait} on purpose (`fault.delay`).")
    return text.format(share=f"{share:g}", wait=wait)


def _block(route: Route | None, name: str) -> Mapping[str, Any]:
    if route is None or route.fault is None:
        return {}
    return mapping_of(route.fault.value.get(name))


def _share(told: Mapping[str, Any]) -> float:
    """Percent of requests; where none is written, Istio's API means nobody."""
    written = mapping_of(told.get("percentage")).get("value", told.get("percent"))
    share = float(written) if isinstance(written, int | float) else 0.0
    return max(0.0, min(WHOLE, share))
