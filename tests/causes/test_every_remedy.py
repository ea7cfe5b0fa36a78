"""Every remedy of every case is tried: applied to its files, read again, diagnosed again."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.causes.case_file import Case, all_cases
from why503.causes import CATALOGUE
from why503.diagnosis import schema_rule
from why503.diagnosis.cause import Remedy, RemedyKind
from why503.diagnosis.diagnose import with_remedies
from why503.diagnosis.edit import New, placeholders
from why503.diagnosis.edit_text import object_text
from why503.diagnosis.finding import Finding
from why503.evidence.manifest_object import read_text
from why503.evidence.read import read_paths
from why503.evidence.reader import Context, Options
from why503.facts import Bundle, Manifest
from why503.mesh.mesh import Mesh
from why503.repair.change import RefusedError
from why503.repair.gate import Gate, with_texts
from why503.repair.offer import Offer, offered_at
from why503.repair.wishes import wishes_of

CASES = all_cases()
NOT_OFFERED = {
    ("network-policy-blocked/near-miss-policy-admits", "connect-timeout"): "ejects-the-only-one",
    ("sidecar-egress-scope/code-and-scope-only", "sidecar-egress-scope"): "cannot be read",
}
"""Refusals that are right, with a word of the reason: no YAML file, or a new finding of lint."""


def before(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """What a case shows without what proxies had loaded, which a remedy makes stale."""
    case.write(folder)
    monkeypatch.chdir(folder)
    bundle = read_paths(["."], Options())
    facts = [fact for fact in bundle.facts if not type(fact).__module__.endswith(".loaded")]
    return replace(bundle, facts=tuple(facts))


def remedies(bundle: Bundle) -> list[tuple[Finding, Remedy]]:
    found = with_remedies(bundle, CATALOGUE)
    best = [pair for hop in found for pair in hop[:1]]
    return [(finding, one) for finding, given in best for one in given if one.edits]


def hazards(bundle: Bundle, cause: str) -> int:
    mesh = Mesh(bundle)
    return sum(1 for one in CATALOGUE if cause == one.ID for _hazard in one.hazards(mesh))


def configured(finding: Finding, bundle: Bundle) -> set[str]:
    """Sentences for the cause that rest on an object of the evidence."""
    paths = {fact.source.path for fact in bundle.facts if isinstance(fact, Manifest)}
    return {
        clue.text
        for clue in finding.clues
        if clue.speaks == "for"
        and any(spot is not None and spot.path in paths for spot in (clue.source, *clue.more))
    }


def tried(case: Case, finding: Finding, remedy: Remedy, gate: Gate) -> Offer | None:
    """What a remedy comes to; None where the evidence leaves a name open, or it is refused."""
    try:
        offer = offered_at(gate, wishes_of(remedy))
    except RefusedError:
        return None if placeholders(remedy.edits) else pytest.fail(f"{finding.cause} is refused")
    if offer.changes.refused:
        (reason,) = {one.reason for one in offer.changes.refused}
        assert NOT_OFFERED.get((case.id, finding.cause), "\n") in reason, reason
        return None
    return offer


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_remedy_takes_away_what_it_is_about_and_brings_nothing_new(case, tmp_path, monkeypatch):
    bundle = before(case, tmp_path, monkeypatch)
    gate = Gate(bundle, CATALOGUE)
    for finding, remedy in remedies(bundle):
        assert remedy.verify, (finding.cause, remedy.title)
        assert remedy.undo, (finding.cause, remedy.title)
        assert remedy.risks, (finding.cause, remedy.title)
        offer = tried(case, finding, remedy, gate)
        if offer is None or not offer.changes.files:
            continue
        after = with_texts(bundle, offer.changes.texts)
        assert gate.objections(offer.changes.texts) == ()
        assert len(after.unread) <= len(bundle.unread)
        if remedy.kind is not RemedyKind.FIX:
            continue
        again = [
            one
            for hop in with_remedies(after, CATALOGUE)
            for one, _remedies in hop
            if one.cause == finding.cause and one.hop.destination == finding.hop.destination
        ]
        rested = configured(finding, bundle)
        gone = rested - {text for one in again for text in configured(one, after)}
        fallen = max((one.confidence for one in again), default=0.0) < finding.confidence
        disarmed = hazards(after, finding.cause) < hazards(bundle, finding.cause)
        assert not rested or gone or fallen or disarmed, (finding.cause, remedy.title, rested)


def test_most_causes_have_a_remedy_that_changes_files(tmp_path, monkeypatch):
    """So that the test above does not pass because nothing is offered any more."""
    mended: set[str] = set()
    for number, case in enumerate(CASES):
        bundle = before(case, tmp_path / str(number), monkeypatch)
        gate = Gate(bundle, CATALOGUE)
        for finding, remedy in remedies(bundle):
            offer = tried(case, finding, remedy, gate) if finding.cause not in mended else None
            if offer is not None and offer.changes.files:
                mended.add(finding.cause)
    assert len(mended) >= 24, sorted(mended)


@pytest.mark.parametrize("istio", [(1, 20), (1, 24), (1, 28)], ids=["1.20", "1.24", "1.28"])
def test_new_objects_are_right_in_every_field_of_the_version(istio, tmp_path, monkeypatch):
    kinds: set[str] = set()
    for number, case in enumerate(CASES):
        bundle = before(case, tmp_path / str(number), monkeypatch)
        for hop in with_remedies(bundle, CATALOGUE, istio):
            for finding, given in hop[:1]:
                for new in (one for remedy in given for one in remedy.edits if type(one) is New):
                    text = re.sub(r"<[^<>\n]* [^<>\n]*>", "30s", object_text(new))
                    reading = read_text(text, Context(path="new", teller=""))
                    assert not reading.unread
                    objects = [fact for fact in reading.facts if isinstance(fact, Manifest)]
                    found = list(schema_rule.hazards(objects, istio))
                    assert [hazard.text for hazard in found] == [], (finding.cause, text)
                    kinds.add(str(new.data["kind"]))
    assert {"DestinationRule", "Sidecar", "VirtualService", "ServiceEntry"} <= kinds
