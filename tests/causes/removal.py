"""Takes lines out of a case's evidence, with the object that a line belongs to."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.causes.case_file import Case
from why503.causes import CATALOGUE
from why503.diagnosis.diagnose import diagnose
from why503.diagnosis.finding import Diagnosis
from why503.diagnosis.weighing import Candidate, candidates
from why503.evidence import read_paths
from why503.evidence.reader import Options
from why503.facts import AccessLog, Bundle, Fact, Manifest, Source, Witness
from why503.mesh import Hop, Mesh
from why503.mesh.failure import Role

Spot = tuple[str, int]
"""A file of the case and a line of it, from 1; line 0 is the whole file."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A case's files as they were laid out, read and diagnosed."""

    folder: Path
    files: Mapping[str, str]
    bundle: Bundle
    mesh: Mesh
    diagnosis: Diagnosis

    def spots(self, sources: Iterable[Source]) -> frozenset[Spot]:
        """Sources as places in the case's files."""
        return frozenset((self.name(source.path), source.line) for source in sources)

    def name(self, path: str) -> str:
        """A fact's path as the case calls it."""
        return str(Path(path).relative_to(self.folder)) if path else ""

    def failing(self) -> frozenset[Spot]:
        """Lines of the accounts that decide of failures: what a user comes with."""
        return self.spots(f.teller.source for hop in self.mesh.hops for f in hop.failures)

    def told(self) -> frozenset[Spot]:
        """Lines of all accounts of the failures, packet captures left out."""
        accounts = (account for hop in self.mesh.hops for account in hop.accounts())
        return self.spots(a.source for a in accounts if a.witness is not Witness.CAPTURE)

    def best(self) -> tuple[Hop, Candidate] | None:
        """The first finding with its hits."""
        if not self.diagnosis.findings:
            return None
        first = self.diagnosis.findings[0]
        hops = self.mesh.hops
        found = [(hop, one) for hop in hops for one in candidates(hop, self.mesh, CATALOGUE)]
        return next(
            (hop, candidate)
            for hop, candidate in found
            if (candidate.cause.ID, round(candidate.belief, 3)) == (first.cause, first.confidence)
        )


def answered(files: Mapping[str, str], folder: Path) -> Answered:
    """Lay files out below a new ``folder``, read and diagnose them."""
    folder.mkdir()
    Case(folder, dict(files), {}).write(folder)
    bundle = read_paths([str(folder)], Options())
    return Answered(
        folder=folder,
        files=files,
        bundle=bundle,
        mesh=Mesh(bundle),
        diagnosis=diagnose(bundle, CATALOGUE),
    )


def without(before: Answered, spots: Iterable[Spot]) -> dict[str, str]:
    """The files without these lines: a manifest's line takes its object along, a line of a JSON
    document its file."""
    files = {name: text.split("\n") for name, text in before.files.items()}
    for name, line in whole(before, spots):
        if line and line <= len(files[name]):
            files[name][line - 1] = ""
        elif not line:
            files[name] = []
    return {name: "\n".join(lines) for name, lines in files.items()}


def only(before: Answered, spots: Iterable[Spot]) -> dict[str, str]:
    """The files with these lines alone; the others are blank, or gone where nothing is left."""
    kept = frozenset(spots)
    files = {}
    for name, text in before.files.items():
        lines = [
            line if (name, number) in kept else ""
            for number, line in enumerate(text.split("\n"), start=1)
        ]
        if any(lines):
            files[name] = "\n".join(lines)
    return files


def whole(before: Answered, spots: Iterable[Spot]) -> frozenset[Spot]:
    """The lines with all that has to go with them."""
    found: set[Spot] = set()
    for name, line in spots:
        text = before.files.get(name)
        if text is None:
            continue
        if not line or _is_json(text):
            found.add((name, 0))
        else:
            found.update((name, one) for one in _object(before, name, line))
    return frozenset(found)


def manifest_at(before: Answered, name: str, line: int) -> Manifest | None:
    """The object that is written out at this line."""
    spans = [
        (fact.source.line, fact)
        for fact in before.bundle.facts
        if isinstance(fact, Manifest)
        and before.name(fact.source.path) == name
        and fact.source.line <= line <= _last(before.files[name], fact)
    ]
    return min(spans, key=lambda span: span[0])[1] if spans else None


def _last(text: str, manifest: Manifest) -> int:
    """Last line of a manifest: of its last field, or where the next document begins."""
    told = max((line for line, _column in manifest.lines.values()), default=manifest.source.line)
    lines = text.split("\n")
    while told < len(lines) and lines[told].startswith((" ", "- ")) and not manifest.partial:
        told += 1
    return told


def _object(before: Answered, name: str, line: int) -> range:
    manifest = manifest_at(before, name, line)
    if manifest is None or len(manifest.lines) <= 1:
        return range(line, line + 1)
    return range(manifest.source.line, _last(before.files[name], manifest) + 1)


def _is_json(text: str) -> bool:
    """True for one JSON document over several lines; lines of JSON are lines."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return "\n" in text.strip()


def kinds_at(before: Answered, spots: Iterable[Spot]) -> frozenset[tuple[str, str]]:
    """File and kind of the evidence at these places: a manifest's kind or a fact class's name.

    The access log of a server's proxy is `AccessLog of the server`.
    """
    return frozenset(
        (name, kind)
        for name, line in spots
        for kind in (kinds_in(before, name) if not line else (_kind(before, name, line),))
    )


def kinds_in(before: Answered, name: str) -> frozenset[str]:
    """Kinds of evidence that a file holds."""
    log = "AccessLog of the server" if name in _of_servers(before) else "AccessLog"
    return frozenset(
        log if isinstance(fact, AccessLog) else _named(fact)
        for fact in before.bundle.facts
        if before.name(fact.source.path) == name
    )


def _named(fact: Fact) -> str:
    if isinstance(fact, Manifest):
        return fact.kind or "fragment"
    return type(fact).__name__


def _kind(before: Answered, name: str, line: int) -> str:
    found = manifest_at(before, name, line)
    here = [
        fact
        for fact in before.bundle.facts
        if fact.source.line == line and before.name(fact.source.path) == name
    ]
    told = [fact for fact in (found, *here) if fact is not None and not isinstance(fact, AccessLog)]
    if told:
        return _named(told[0])
    kinds = kinds_in(before, name)
    logs = {kind for kind in kinds if kind.startswith("AccessLog")}
    return min(logs or kinds, default="")


def _of_servers(before: Answered) -> set[str]:
    """Files in which servers' proxies tell of a failure."""
    failures = [failure for hop in before.mesh.hops for failure in hop.failures]
    return {
        before.name(account.source.path)
        for failure in failures
        for account in (failure.teller, *failure.upstream)
        if failure.role is Role.UPSTREAM or account is not failure.teller
    }
