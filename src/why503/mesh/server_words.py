"""What the application behind a hop said in its own log around the failures."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from why503.facts import AppEvent, AppEventKind
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.teller import CALLERS, tellers_of
from why503.support.pattern import lazy_re

_DYING = lazy_re(
    r"^panic: |^fatal error: |FATAL ERROR: |[Hh]eap out of memory|Segmentation fault|core dumped|"
    r"^Killed$|exited with code [1-9]"
)
"""Words after which no process goes on; a caught exception is told in others."""
_TOO_OLD = lazy_re(
    r"(?:goaway|GOAWAY)\b.{0,120}?\bmax_(?:connection_)?age\b|\bmax_age\b.{0,80}?GOAWAY"
)
AROUND = 5.0
"""Seconds between a failure and a line that speaks of it."""


def server_said(
    hop: Hop, mesh: Mesh, kinds: AbstractSet[AppEventKind], around: float = AROUND
) -> tuple[AppEvent, ...]:
    """Lines of these kinds from the hop's application, near one of its failures.

    Lines without a time count always, and every line where no failure has a time.
    """
    tellers = tellers_of(mesh, hop.host)
    return tuple(
        event
        for event in mesh.facts(AppEvent)
        if event.kind in kinds
        and event.teller in tellers
        and event.program not in CALLERS
        and _is_near(event.time, hop.spans, around)
    )


def last_words(hop: Hop, mesh: Mesh) -> tuple[AppEvent, ...]:
    """Words with which the hop's application died at a time that nothing tells."""
    if all(failure.time is None for failure in hop.failures):
        return ()
    crashes = server_said(hop, mesh, frozenset({AppEventKind.CRASH}))
    return tuple(e for e in crashes if e.time is None and _DYING.search(e.text))


def sent_away_for_age(mesh: Mesh) -> tuple[AppEvent, ...]:
    """Failed calls over connections that a gRPC server had ended for their age."""
    return tuple(
        event
        for event in mesh.events(AppEvent, AppEventKind.CALL_FAILED)
        if _TOO_OLD.search(event.text)
    )


def _is_near(time: float | None, spans: Sequence[tuple[float, float]], around: float) -> bool:
    if time is None or not spans:
        return True
    return any(start - around <= time <= end + around for start, end in spans)
