"""The diagnosis of one bundle: weigh every hop, rank, price what is missing, word the answer."""

from collections import Counter
from collections.abc import Iterable, Sequence

from why503.diagnosis.belief import named, rank
from why503.diagnosis.cause import Cause, Hit, Missing, Remedy
from why503.diagnosis.clocks import clocks_of
from why503.diagnosis.data_loss import data_loss
from why503.diagnosis.edit_text import patches_of
from why503.diagnosis.finding import (
    SCHEMA,
    Answer,
    Armed,
    Diagnosis,
    Finding,
    FoundClue,
    FoundHop,
    FoundMissing,
    FoundPatch,
    FoundRemedy,
    NotRead,
    Spot,
    Traffic,
    Unexplained,
    Verdict,
)
from why503.diagnosis.guarded import Guarded
from why503.diagnosis.inspection import inputs_of, unread_of
from why503.diagnosis.pricing import priced
from why503.diagnosis.weighing import Candidate, candidates
from why503.facts import Bundle, Source
from why503.mesh import Hop, Mesh
from why503.mesh.naming import caller_of, service_name
from why503.support.collector import uncollected
from why503.support.duration import clock

WELL_EXPLAINED = 0.4
"""Belief of the best cause below which a hop's failures also count as unexplained."""
LIKELY = 0.5
PROVEN = 0.8
ARMED = 20
"""Most hazards that are listed."""
QUESTIONS = 6
"""Most questions in `next_checks`."""


def diagnose(bundle: Bundle, catalogue: Sequence[Cause]) -> Diagnosis:
    """The answer for one bundle. Same bundle, same answer, to the byte."""
    with uncollected():
        return _diagnose(bundle, catalogue)


def _diagnose(bundle: Bundle, catalogue: Sequence[Cause]) -> Diagnosis:
    mesh = Mesh(bundle)
    faults: list[str] = []
    causes = [Guarded(cause, faults) for cause in catalogue]
    weighed = [(hop, candidates(hop, mesh, causes)) for hop in mesh.hops]
    findings = [finding for hop, found in weighed for finding in _findings(hop, found, mesh)]
    findings.sort(key=lambda f: rank(f.confidence, f.failures, f.cause, f.hop.destination))
    return Diagnosis(
        schema=SCHEMA,
        answer=_answer(bundle, mesh, findings),
        inputs=inputs_of(bundle),
        traffic=_traffic(mesh),
        findings=tuple(findings),
        data_loss=data_loss(mesh),
        armed=_armed(causes, findings, mesh),
        unexplained=tuple(
            _unexplained(hop) for hop, found in weighed if hop.count and not _explained(found)
        ),
        next_checks=_next_checks(weighed, mesh),
        unread=_unread(bundle, faults),
        clocks=clocks_of(mesh),
    )


def with_remedies(
    bundle: Bundle, catalogue: Sequence[Cause], istio: tuple[int, int] | None = None
) -> tuple[tuple[tuple[Finding, tuple[Remedy, ...]], ...], ...]:
    """Findings of each hop, best first, each with its remedies as the cause hands them out.

    ``istio`` is the version that the user names; None leaves it to the evidence.
    """
    with uncollected():
        mesh = Mesh(bundle, istio=istio)
        causes = {cause.ID: cause for cause in (Guarded(cause, []) for cause in catalogue)}
        weighed = [(hop, candidates(hop, mesh, list(causes.values()))) for hop in mesh.hops]
        return tuple(
            tuple(
                (finding, tuple(causes[finding.cause].remedies(hop, mesh)))
                for finding in _findings(hop, found, mesh)
            )
            for hop, found in weighed
        )


def _unread(bundle: Bundle, faults: Sequence[str]) -> tuple[NotRead, ...]:
    """What could not be read, and which causes could not be weighed."""
    nowhere = Spot(path="", line=0)
    told = dict.fromkeys(faults)
    return (*unread_of(bundle), *(NotRead(source=nowhere, reason=fault, lines=0) for fault in told))


def _armed(causes: Sequence[Cause], findings: Sequence[Finding], mesh: Mesh) -> tuple[Armed, ...]:
    """Hazards of causes that no finding names, at most `ARMED` of them."""
    found = {finding.cause for finding in findings}
    armed = {
        (cause.ID, hazard.text, hazard.source): None
        for cause in causes
        if cause.ID not in found
        for hazard in cause.hazards(mesh)
    }
    return tuple(
        Armed(cause=cause, text=text, source=_spot(source))
        for cause, text, source in list(armed)[:ARMED]
    )


def _answer(bundle: Bundle, mesh: Mesh, findings: Sequence[Finding]) -> Answer:
    if findings:
        return Answer.FINDINGS
    if not bundle.facts:
        return Answer.NOTHING_READ
    return Answer.CANNOT_TELL if mesh.hops else Answer.NO_FAILURE


def _traffic(mesh: Mesh) -> Traffic:
    endings: Counter[str] = Counter()
    for hop in mesh.hops:
        endings.update({ending.value: count for ending, count in hop.endings.items()})
    firsts = [log.first for log in mesh.logs if log.first is not None]
    lasts = [log.last for log in mesh.logs if log.last is not None]
    return Traffic(
        requests=sum(group.count for log in mesh.logs for group in log.groups),
        failures=sum(hop.count for hop in mesh.hops),
        first=clock(min(firsts)) if firsts else "",
        last=clock(max(lasts)) if lasts else "",
        endings=dict(sorted(endings.items(), key=lambda item: (-item[1], item[0]))),
    )


def _explained(found: Sequence[Candidate]) -> bool:
    return bool(found) and found[0].belief >= WELL_EXPLAINED


def _findings(hop: Hop, found: Sequence[Candidate], mesh: Mesh) -> Iterable[Finding]:
    belief = {candidate.cause.ID: candidate.belief for candidate in found}
    confidence = named(belief)
    for candidate in found:
        if candidate.cause.ID in confidence:
            yield _finding(hop, candidate, mesh, belief)


def _finding(hop: Hop, candidate: Candidate, mesh: Mesh, belief: dict[str, float]) -> Finding:
    cause = candidate.cause
    times = [begin for begin, _end in hop.spans]
    return Finding(
        cause=cause.ID,
        title=cause.TITLE,
        confidence=round(candidate.belief, 3),
        verdict=_verdict(candidate),
        hop=_hop(hop, cause),
        failures=hop.count,
        requests=hop.total,
        first=clock(min(times)) if times else "",
        last=clock(max(times)) if times else "",
        clues=tuple(_clue(hit) for hit in candidate.hits),
        missing=tuple(_missing(pair) for pair in priced(cause.missing(hop, mesh), belief)),
        remedies=tuple(_remedy(remedy, mesh) for remedy in cause.remedies(hop, mesh)),
    )


def _verdict(candidate: Candidate) -> Verdict:
    if candidate.proven and candidate.belief >= PROVEN:
        return Verdict.PROVEN
    return Verdict.LIKELY if candidate.belief >= LIKELY else Verdict.POSSIBLE


def _hop(hop: Hop, cause: Cause) -> FoundHop:
    return FoundHop(
        id=hop.place(cause.AT).value,
        downstream=caller_of(hop),
        upstream=service_name(hop) if hop.host else "",
        destination=hop.destination,
    )


def _spot(source: Source) -> Spot:
    return Spot(path=source.path, line=source.line)


def _clue(hit: Hit) -> FoundClue:
    spots = [_spot(source) for source in hit.sources]
    return FoundClue(
        text=hit.text,
        speaks="for" if hit.clue.weight.favours else "against",
        weight=hit.clue.weight.value,
        source=spots[0] if spots else None,
        more=tuple(spots[1:]),
    )


def _missing(pair: tuple[Missing, float]) -> FoundMissing:
    question, bits = pair
    return FoundMissing(
        what=question.what, command=question.command, decides=question.decides, gain=round(bits, 3)
    )


def _remedy(remedy: Remedy, mesh: Mesh) -> FoundRemedy:
    return FoundRemedy(
        title=remedy.title,
        kind=remedy.kind.value,
        disposition=remedy.disposition.value,
        patches=tuple(
            FoundPatch(yaml=patch.yaml, path=patch.path, line=patch.line)
            for patch in patches_of(remedy, mesh)
        ),
        commands=remedy.commands,
        risks=remedy.risks,
        verify=remedy.verify,
        undo=remedy.undo,
        derived=remedy.derived,
    )


def _unexplained(hop: Hop) -> Unexplained:
    teller = hop.failures[0].teller
    flags = ",".join(sorted(teller.flags or ())) or "-"
    code = "-" if teller.code is None else teller.code
    return Unexplained(
        hop=hop.leg.value,
        destination=hop.host,
        what=f"{code} {flags} {hop.failures[0].ending.value}",
        failures=hop.count,
        source=_spot(teller.source),
    )


def _next_checks(
    weighed: Sequence[tuple[Hop, tuple[Candidate, ...]]], mesh: Mesh
) -> tuple[FoundMissing, ...]:
    best: dict[str, tuple[Missing, float]] = {}
    for hop, found in weighed:
        belief = {candidate.cause.ID: candidate.belief for candidate in found}
        questions = [
            question for candidate in found for question in candidate.cause.missing(hop, mesh)
        ]
        for question, bits in priced(questions, belief):
            if bits > best.get(question.command, (question, 0.0))[1]:
                best[question.command] = (question, bits)
    ordered = sorted(best.values(), key=lambda pair: (-pair[1], pair[0].command))
    return tuple(_missing(pair) for pair in ordered[:QUESTIONS])
