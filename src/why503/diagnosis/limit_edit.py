"""Edits that raise limits: of a circuit breaker by what was refused, of a rate limit twofold."""

from collections import Counter
from collections.abc import Sequence

from why503.diagnosis.edit import Put
from why503.diagnosis.field_edit import put_at
from why503.mesh.ending import Ending
from why503.mesh.envoy_setting import envoy_settings
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting, whole_number
from why503.support.dataclass import dataclass
from why503.support.text import _

_KINDS = ("DestinationRule", "Sidecar")
_FILTERS = ("EnvoyFilter",)


@dataclass(frozen=True, kw_only=True)
class Raised:
    """Limits with new values, and how these follow."""

    edits: tuple[Put, ...] = ()
    derived: tuple[str, ...] = ()


def limits_raised(hop: Hop, mesh: Mesh, limits: Sequence[Setting[int]]) -> Raised:
    """Each limit raised by what was refused in the busiest second; nothing where none was."""
    refused = _busiest(hop)
    edits: list[Put] = []
    told: list[str] = []
    for limit in limits:
        name = limit.by.split(" ")[0].rpartition(".")[2]
        value = limit.value + refused
        found = put_at(mesh, limit.source, _KINDS, name, value) if refused else ()
        if found:
            sentence = _(
                "{name} is {limit}, and {refused} were refused in the busiest second: {limit} + "
                "{refused} = {value}."
            )
            told.append(sentence.format(name=name, limit=limit.value, refused=refused, value=value))
        edits += found
    return Raised(edits=tuple(edits), derived=tuple(told))


def buckets_doubled(mesh: Mesh) -> Raised:
    """Twice the tokens in every bucket of an EnvoyFilter."""
    edits: list[Put] = []
    told: list[str] = []
    for name in ("max_tokens", "tokens_per_fill"):
        for setting in envoy_settings(mesh, name):
            number = whole_number(setting.value)
            value = 2 * (number or 0)
            found = put_at(mesh, setting.source, _FILTERS, name, value) if number else ()
            if found:
                sentence = _(
                    "{name} is {limit}: × 2 = {value} as a first step, for each replica by itself."
                )
                told.append(sentence.format(name=name, limit=number, value=value))
            edits += found
    return Raised(edits=tuple(edits), derived=tuple(told))


def denial_off(mesh: Mesh) -> tuple[Put, ...]:
    """EnvoyFilters that deny while the rate limit service is away let pass instead."""
    return tuple(
        put
        for setting in envoy_settings(mesh, "failure_mode_deny")
        if setting.value is True
        for put in put_at(mesh, setting.source, _FILTERS, "failure_mode_deny", value=False)
    )


def _busiest(hop: Hop) -> int:
    """Requests that a limit refused within one second, at most."""
    times = [
        int(failure.teller.time)
        for failure in hop.having(Ending.OVERFLOW)
        if failure.teller.time is not None
        for _one in range(failure.teller.stands_for)
    ]
    return max(Counter(times).values(), default=0)
