"""A cause that cannot be weighed is a result, not the end of the run."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from why503.diagnosis.cause import Cause, Hazard, Hit, Missing, Remedy
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.support.secret import mask
from why503.support.text import _

if TYPE_CHECKING:
    from why503.diagnosis.alert import Alert, Unseen

T = TypeVar("T")


class Guarded:
    """A cause of the catalogue whose own faults are told instead of raised."""

    def __init__(self, cause: Cause, faults: list[str]) -> None:
        """Stand in for ``cause``; a sentence for each of its faults goes to ``faults``."""
        self.__doc__ = cause.__doc__
        self.ID = cause.ID
        self.TITLE = cause.TITLE
        self.READS = cause.READS
        self.SIGNS = cause.SIGNS
        self.AT = cause.AT
        self.SCENARIO = cause.SCENARIO
        self._cause = cause
        self._faults = faults

    @property
    def ALERT(self) -> "Alert | Unseen":  # noqa: N802 - as the cause has it
        """Its alert."""
        return self._cause.ALERT

    def weigh(self, hop: Hop, mesh: Mesh) -> Iterator[Hit]:
        """Its clues; none where it failed."""
        return self._told(lambda: self._cause.weigh(hop, mesh))

    def missing(self, hop: Hop, mesh: Mesh) -> Iterator[Missing]:
        """Its questions; none where it failed."""
        return self._told(lambda: self._cause.missing(hop, mesh))

    def hazards(self, mesh: Mesh) -> Iterator[Hazard]:
        """Its hazards; none where it failed."""
        return self._told(lambda: self._cause.hazards(mesh))

    def remedies(self, hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
        """Its remedies; none where it failed."""
        return self._told(lambda: self._cause.remedies(hop, mesh))

    def _told(self, ask: Callable[[], Iterable[T]]) -> Iterator[T]:
        try:
            return iter(tuple(ask()))
        except Exception as fault:  # noqa: BLE001 - one cause's fault never takes the others' answer
            said = _("Internal error: the cause {cause} could not be weighed ({fault}).")
            told = f"{type(fault).__name__}: {mask(str(fault))[:120]}"
            self._faults.append(said.format(cause=self.ID, fault=told))
            return iter(())
