"""From findings to the answer of `why503 fix`: each remedy tried on the user's files, some chosen.

Of each finding the first remedy of kind `fix` that can be made is chosen. Stop-gaps, preventions,
alternatives, and what lets through what is shut out now, are made only where they are asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from why503.diagnosis.cause import Cause, Remedy, RemedyKind
from why503.diagnosis.diagnose import with_remedies
from why503.diagnosis.edit_text import object_text
from why503.diagnosis.finding import Finding, Verdict
from why503.facts import Bundle
from why503.repair.change import RefusedError
from why503.repair.change_set import ChangeSet
from why503.repair.diff import diff
from why503.repair.draft import read_file
from why503.repair.fixed import (
    SCHEMA,
    Fix,
    FixElsewhere,
    FixPlace,
    FixRemedy,
    Outcome,
    State,
)
from why503.repair.gate import Gate
from why503.repair.hidden import shown
from why503.repair.offer import Elsewhere, Offer, Wish, offered_at
from why503.repair.wishes import joined, wishes_of
from why503.support.dataclass import dataclass
from why503.support.text import _

_SURE = frozenset({Verdict.PROVEN, Verdict.LIKELY})
_MADE = frozenset({State.OFFERED, State.IN_PLACE, State.ELSEWHERE})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the user wants of the remedies."""

    cause: str = ""
    """Only this cause, however sure it is; ``""``: the best of each hop, if it is likely."""
    numbers: tuple[int, ...] = ()
    """Numbers of the remedies to make; empty leaves the choice to us."""
    istio: tuple[int, int] | None = None
    overriding: bool = False
    """See `patch.patched`."""


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """A remedy with what came of it."""

    finding: Finding
    remedy: Remedy
    wishes: tuple[Wish, ...]
    offer: Offer
    refused: tuple[str, ...]

    @property
    def state(self) -> State:
        if not self.remedy.edits:
            return State.BY_HAND
        if self.refused:
            return State.REFUSED
        if self.offer.changes.files:
            return State.OFFERED
        return State.ELSEWHERE if self.offer.elsewhere else State.IN_PLACE


def mended(
    bundle: Bundle,
    catalogue: Sequence[Cause],
    asked: Asked,
    read: Callable[[str], bytes | None] = read_file,
) -> tuple[Fix, ChangeSet]:
    """The answer for one bundle, and the changes that are chosen. Nothing is written."""
    gate = Gate(bundle, catalogue, asked.istio)

    def offer(wishes: Sequence[Wish]) -> Offer:
        return offered_at(gate, wishes, overriding=asked.overriding, read=read)

    found = with_remedies(bundle, catalogue, asked.istio)
    tried = [_tried(finding, one, offer) for finding, one in _wanted(found, asked.cause)]
    numbers = asked.numbers or tuple(_first_fixes(tried))
    chosen = [one for number, one in enumerate(tried, start=1) if number in numbers]
    changes, refused = _together([one for one in chosen if one.state in _MADE], offer)
    remedies = tuple(
        _shown(number, one, chosen=number in numbers) for number, one in enumerate(tried, start=1)
    )
    answer = Fix(
        schema=SCHEMA,
        outcome=_outcome(tried),
        remedies=remedies,
        diff=shown(diff(changes), changes),
        files=tuple(one.path for one in changes.files),
        refused=(*_unknown(asked.numbers, len(tried)), *refused),
    )
    return answer, changes


def _unknown(numbers: Sequence[int], count: int) -> Iterator[str]:
    for number in numbers:
        if not 0 < number <= count:
            said = _("There is no remedy {number}: they are numbered from 1 to {count}.")
            yield said.format(number=number, count=count)


def _wanted(
    found: Sequence[Sequence[tuple[Finding, tuple[Remedy, ...]]]], cause: str
) -> Iterator[tuple[Finding, Remedy]]:
    """Remedies of the findings that count, the surest first; each edit set of a cause once."""
    best = [
        pair
        for hop in found
        for pair in (hop[:1] if not cause else hop)
        if (pair[0].cause == cause if cause else pair[0].verdict in _SURE)
    ]
    seen: list[tuple[str, Remedy]] = []
    for finding, remedies in sorted(best, key=lambda pair: -pair[0].confidence):
        for remedy in remedies:
            bare = replace(remedy, risks=(), derived=(), verify="")
            if (finding.cause, bare) not in seen:
                seen.append((finding.cause, bare))
                yield finding, remedy


def _tried(finding: Finding, remedy: Remedy, offer: Callable[[Sequence[Wish]], Offer]) -> _Tried:
    try:
        wishes = wishes_of(remedy)
    except RefusedError as refused:
        none = Offer(changes=ChangeSet())
        return _Tried(
            finding=finding, remedy=remedy, wishes=(), offer=none, refused=(str(refused),)
        )
    made = offer(wishes) if wishes else Offer(changes=ChangeSet())
    reasons = tuple(dict.fromkeys(one.reason for one in made.changes.refused))
    return _Tried(finding=finding, remedy=remedy, wishes=wishes, offer=made, refused=reasons)


def _first_fixes(tried: Sequence[_Tried]) -> Iterator[int]:
    done: set[tuple[str, str]] = set()
    for number, one in enumerate(tried, start=1):
        place = (one.finding.cause, one.finding.hop.destination)
        is_fix = one.remedy.kind is RemedyKind.FIX and not one.remedy.opens
        if is_fix and one.state in _MADE and place not in done:
            done.add(place)
            yield number


def _together(
    chosen: Sequence[_Tried], offer: Callable[[Sequence[Wish]], Offer]
) -> tuple[ChangeSet, tuple[str, ...]]:
    try:
        wishes = joined([wish for one in chosen for wish in one.wishes])
    except RefusedError as refused:
        return ChangeSet(), (str(refused),)
    made = offer(wishes) if wishes else Offer(changes=ChangeSet())
    reasons = tuple(dict.fromkeys(one.reason for one in made.changes.refused))
    return made.changes, reasons


def _outcome(tried: Sequence[_Tried]) -> Outcome:
    if not tried:
        return Outcome.NO_FINDING
    states = {one.state for one in tried}
    is_there = states & {State.OFFERED, State.ELSEWHERE}
    return Outcome.CHANGES if is_there else Outcome.NO_CHANGE


def _shown(number: int, one: _Tried, *, chosen: bool) -> FixRemedy:
    finding, remedy, changes = one.finding, one.remedy, one.offer.changes
    is_offered = one.state is State.OFFERED
    notes = [note for file in changes.files for note in file.notes]
    notes += [origin.advice for origin in one.offer.origins]
    hop = finding.hop
    return FixRemedy(
        number=number,
        cause=finding.cause,
        cause_title=finding.title,
        confidence=finding.confidence,
        verdict=finding.verdict.value,
        hop=FixPlace(id=hop.id, upstream=hop.upstream, destination=hop.destination),
        kind=remedy.kind.value,
        disposition=remedy.disposition.value,
        title=remedy.title,
        derived=remedy.derived,
        risks=remedy.risks,
        verify=remedy.verify,
        undo=remedy.undo,
        commands=remedy.commands,
        opens=remedy.opens,
        state=one.state,
        chosen=chosen and one.state in _MADE,
        diff=shown(diff(changes), changes) if is_offered else "",
        files=tuple(file.path for file in changes.files) if is_offered else (),
        elsewhere=tuple(map(_elsewhere, one.offer.elsewhere)),
        refused=one.refused,
        notes=tuple(dict.fromkeys(notes)) if is_offered else (),
    )


def _elsewhere(one: Elsewhere) -> FixElsewhere:
    operations: tuple[Mapping[str, object], ...] = one.operations
    return FixElsewhere(
        path=one.path,
        object=one.target.words,
        maker=one.origin.maker.value,
        advice=one.origin.advice,
        operations=operations,
        patch=object_text(one.new) if one.new is not None else "",
        values=one.values,
    )
