"""Draws a hop as a line of boxes with the broken leg or party marked."""

from why503.diagnosis.finding import FoundHop
from why503.report.block import Drawing, Span, Tone
from why503.support.text import _

NAME_WIDTH = 28
"""Characters of a name in a box; longer ones lose their middle."""

CROSS = "✖"
_LEG = "──"

_PATHS: dict[str, tuple[tuple[str, ...], int, bool]] = {
    "downstream-app->downstream-proxy": (("caller", "proxy", "proxy", "server"), 0, True),
    "downstream-proxy": (("caller", "proxy", "proxy", "server"), 1, False),
    "downstream-proxy->upstream-proxy": (("caller", "proxy", "proxy", "server"), 1, True),
    "downstream-proxy->upstream-app": (("caller", "proxy", "server"), 1, True),
    "downstream-proxy->external": (("caller", "proxy", "server"), 1, True),
    "upstream-proxy": (("caller", "proxy", "proxy", "server"), 2, False),
    "upstream-proxy->upstream-app": (("caller", "proxy", "proxy", "server"), 2, True),
    "upstream-app": (("caller", "proxy", "proxy", "server"), 3, False),
    "control-plane": (("control", "caller", "proxy", "proxy", "server"), 0, False),
}
"""Of a place: the parties, the one that broke or begins the broken leg, whether it is a leg."""


def draw(hop: FoundHop) -> Drawing | None:
    """The way of the request; None for a place that is not known."""
    if hop.id not in _PATHS:
        return None
    parties, broken, is_leg = _PATHS[hop.id]
    spans: list[Span] = []
    for number, party in enumerate(parties):
        if number:
            spans.extend(_leg(cut=is_leg and number == broken + 1))
        name = _name(party, hop)
        if number == broken and not is_leg:
            spans.append(Span(f"[{CROSS} {name}]", Tone.BAD))
        else:
            spans.append(Span(f"[{name}]"))
    return Drawing(tuple(spans))


def _leg(*, cut: bool) -> list[Span]:
    if not cut:
        return [Span(_LEG, Tone.FAINT)]
    return [Span(_LEG, Tone.FAINT), Span(CROSS, Tone.BAD), Span(_LEG, Tone.FAINT)]


def _name(party: str, hop: FoundHop) -> str:
    if party == "control":
        return _("control plane")
    if party == "proxy":
        return _("proxy")
    if party == "caller":
        return shortened(hop.downstream or _("caller"))
    return shortened(hop.upstream or hop.destination or _("server"))


def shortened(name: str, width: int = NAME_WIDTH) -> str:
    """``name`` on one line, its middle left out where it is longer than ``width``."""
    line = " ".join(name.split())
    if len(line) <= width:
        return line
    tail = (width - 1) // 2
    return f"{line[: width - 1 - tail]}…{line[-tail:]}"


def where(place: str) -> str:
    """A place in words; the id itself where it is not known."""
    words = {
        "downstream-app->downstream-proxy": _("between the calling application and its proxy"),
        "downstream-proxy": _("at the proxy of the caller (or a gateway), which decided alone"),
        "downstream-proxy->upstream-proxy": _("between the two proxies"),
        "downstream-proxy->upstream-app": _("between the proxy of the caller and the server"),
        "downstream-proxy->external": _("between the proxy of the caller and the external server"),
        "upstream-proxy": _("at the proxy of the server, which decided alone"),
        "upstream-proxy->upstream-app": _("between the proxy of the server and its application"),
        "upstream-app": _("in the application of the server"),
        "control-plane": _("in what the control plane told the proxies"),
    }
    return words.get(place, place)
