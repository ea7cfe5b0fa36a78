"""Clocks that differ, worded."""

from why503.diagnosis.finding import FoundClock, Spot
from why503.mesh.clock import ClockDifference, clock_differences
from why503.mesh.mesh import Mesh
from why503.support.duration import spell
from why503.support.text import _, ngettext

_ZONE = 1800.0
"""Seconds; time zones are apart by whole half hours."""
_NEAR = 10.0
"""Seconds by which a difference may miss a time zone's."""


def clocks_of(mesh: Mesh) -> tuple[FoundClock, ...]:
    """What is known of the clocks, one sentence each."""
    return tuple(
        FoundClock(
            teller=one.teller,
            other=one.other,
            seconds=round(one.seconds, 3),
            least=round(one.least, 3),
            most=round(one.most, 3),
            requests=one.requests,
            text=_sentence(one),
            source=Spot(path=one.source.path, line=one.source.line),
        )
        for one in clock_differences(mesh)
    )


def _sentence(one: ClockDifference) -> str:
    ahead = one.seconds > 0
    said = (
        _("The clock of {teller} is about {time} ahead of that of {other}")
        if ahead
        else _("The clock of {teller} is about {time} behind that of {other}")
    ).format(teller=one.teller, other=one.other, time=spell(abs(one.seconds)))
    seen = ngettext(
        "told by {count} request that both saw",
        "told by {count} requests that both saw",
        one.requests,
    ).format(count=one.requests)
    off = abs(one.seconds) % _ZONE
    if abs(one.seconds) > _ZONE / 2 and min(off, _ZONE - off) < _NEAR:
        seen += _("; probably its times are local times without a zone")
    return f"{said} ({seen})."
