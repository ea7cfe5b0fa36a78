"""Failures that only metrics tell of: what a counted response flag says for the causes it signs.

Requests are not known one by one then, so nothing else can be weighed of them; a cause is named
because the flag is among its signs, the weaker the more causes share it.
"""

from collections.abc import Iterator, Sequence

from why503.diagnosis.cause import At, Cause, Clue, Hit, Weight
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.metrics import FlagCount, Side, flag_counts
from why503.support.text import _

COUNTED = Clue(
    Weight.SPEAKS_FOR,
    _("istio_requests_total counts {amount:request|requests} with {flag}{side}."),
)
COUNTED_OF_MANY = Clue(
    Weight.HINTS,
    _(
        "istio_requests_total counts {amount:request|requests} with {flag}{side}; several causes "
        "do that."
    ),
)
_FEW = 2
"""Causes that may share a flag for it to speak for each."""


class Counts:
    """The response flags that metrics count, for one hop."""

    def __init__(self, hop: Hop, mesh: Mesh, catalogue: Sequence[Cause]) -> None:
        """Nothing where requests are known one by one."""
        self._counts = () if hop.failures else flag_counts(mesh, hop.host)
        self._sharing = {
            count.flag: sum(count.flag in cause.SIGNS for cause in catalogue)
            for count in self._counts
        }

    def hits(self, cause: Cause) -> Iterator[Hit]:
        """The flags among a cause's signs."""
        for count in self._counts:
            if count.flag in cause.SIGNS and not _elsewhere(cause, count):
                few = self._sharing[count.flag] <= _FEW
                yield (COUNTED if few else COUNTED_OF_MANY).hit(
                    *count.sources,
                    amount=_("some") if count.amount is None else f"{count.amount:.0f}",
                    flag=count.flag,
                    side=_side(count),
                    observation="response flag",
                )


def _elsewhere(cause: Cause, count: FlagCount) -> bool:
    """An application's failure is counted by the proxy beside it, too."""
    return cause.AT is At.APP and count.side is Side.CALLER


def _side(count: FlagCount) -> str:
    if count.side is Side.CALLER:
        return _(" at the callers' proxies only, so they broke between the proxies")
    if count.side is Side.BOTH:
        return _(" at the servers' proxies too, so they broke behind those")
    return ""
