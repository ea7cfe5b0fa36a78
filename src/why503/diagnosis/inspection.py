"""What was read, file by file, before anything is weighed. Published as JSON."""

from why503.diagnosis.clocks import clocks_of
from why503.diagnosis.finding import FoundClock, NotRead, ReadInput, Spot
from why503.facts import Bundle
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass
from why503.support.duration import clock

SCHEMA = "why503/inspection/v1"


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """The inputs of a bundle and what could not be read of them."""

    schema: str
    inputs: tuple[ReadInput, ...]
    clocks: tuple[FoundClock, ...]
    unread: tuple[NotRead, ...]


def inspect(bundle: Bundle) -> Inspection:
    """The inspection of one bundle."""
    return Inspection(
        schema=SCHEMA,
        inputs=inputs_of(bundle),
        clocks=clocks_of(Mesh(bundle)),
        unread=unread_of(bundle),
    )


def inputs_of(bundle: Bundle) -> tuple[ReadInput, ...]:
    """Every file that was read."""
    return tuple(
        ReadInput(
            path=item.path,
            kinds=item.kinds,
            lines=item.lines,
            facts=item.facts,
            not_understood=item.unread_lines,
            first="" if item.first is None else clock(item.first),
            last="" if item.last is None else clock(item.last),
            tellers=item.tellers,
        )
        for item in bundle.inputs
    )


def unread_of(bundle: Bundle) -> tuple[NotRead, ...]:
    """What could not be read, in the order of the evidence."""
    return tuple(
        NotRead(
            source=Spot(path=item.source.path, line=item.source.line),
            reason=item.reason,
            lines=item.count,
        )
        for item in bundle.unread
    )
