"""Lint: every rule that is met in the configuration, from all causes, schemas and advice."""

import hashlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from posixpath import normpath
from typing import NamedTuple

from why503.diagnosis import advice, schema_rule
from why503.diagnosis.cause import Cause
from why503.diagnosis.guarded import Guarded
from why503.diagnosis.hazard import Hazard, Rule, rules_in
from why503.diagnosis.kustomize_patch import patch_files
from why503.diagnosis.lint_finding import (
    SCHEMA,
    LintFinding,
    LintIgnored,
    LintReport,
    LintRule,
    LintSpot,
    LintUnread,
)
from why503.diagnosis.lint_options import LintOptions
from why503.diagnosis.suppression import GROUP, WITHOUT_REASON, Suppressions
from why503.facts import Bundle, Manifest, Source
from why503.mesh.crd.schema import NEWEST
from why503.mesh.mesh import Mesh
from why503.mesh.version import istio_version
from why503.support.text import form_for_many

_INNER = frozenset({"MeshConfig", "proxy.istio.io/config"})
"""Kinds that stand inside another object."""


class _Met(NamedTuple):
    """A hazard under the id of its rule."""

    rule: str
    hazard: Hazard


def lint(
    bundle: Bundle, catalogue: Sequence[Cause], options: LintOptions | None = None
) -> LintReport:
    """What is armed in ``bundle``. Same bundle, same answer, to the byte."""
    asked = options or LintOptions()
    found = istio_version(Mesh(bundle, istio=asked.istio))
    version = found.value if found is not None else NEWEST
    mesh = Mesh(bundle, istio=version)
    faults: list[str] = []
    objects = _Objects(mesh)
    aside = Suppressions(mesh, asked.ignore)
    met = {
        (one.hazard.source, one.rule, one.hazard.text): one
        for one in _all_met(mesh, catalogue, version, faults, aside, objects.all)
        if not asked.about or one.hazard.source.path in asked.about
    }
    findings, ignored = _told([met[key] for key in sorted(met)], objects, aside)
    fresh = [one for one in findings if one.fingerprint not in asked.baseline]
    shown = tuple(one for one in fresh if one.severity.rank <= asked.level.rank)
    named = {one.rule for one in shown}
    return LintReport(
        schema=SCHEMA,
        istio=f"{version[0]}.{version[1]}",
        objects=len(objects.all),
        findings=shown,
        hidden=len(fresh) - len(shown),
        known=len(findings) - len(fresh),
        ignored=ignored,
        rules=tuple(rule for rule in rules_of(catalogue) if rule.id in named),
        unread=_unread(bundle, faults),
    )


def rules_of(catalogue: Sequence[Cause]) -> tuple[LintRule, ...]:
    """All rules: those of the causes in the order of the catalogue, then schema, advice, lint."""
    own = [
        _lint_rule(cause.ID, rule, cause=cause.ID, title=cause.TITLE)
        for cause in catalogue
        for rule in rules_in(cause)
    ]
    others = [
        _lint_rule(group, rule)
        for group, rules in (
            (schema_rule.GROUP, schema_rule.RULES),
            (advice.GROUP, advice.RULES),
            (GROUP, (WITHOUT_REASON,)),
        )
        for rule in rules
    ]
    return (*own, *others)


def _lint_rule(group: str, rule: Rule, cause: str = "", title: str = "") -> LintRule:
    return LintRule(
        id=f"{group}/{rule.name}",
        severity=rule.severity,
        summary=form_for_many(rule.sentence),
        cause=cause,
        title=title,
        same_as=rule.same_as,
    )


def _all_met(
    mesh: Mesh,
    catalogue: Sequence[Cause],
    version: tuple[int, int],
    faults: list[str],
    aside: Suppressions,
    manifests: tuple[Manifest, ...],
) -> Iterator[_Met]:
    for cause in catalogue:
        for hazard in Guarded(cause, faults).hazards(mesh):
            yield _Met(f"{cause.ID}/{hazard.rule.name}", hazard)
    advised = list(advice.hazards(mesh, version))
    yield from (_Met(f"{advice.GROUP}/{hazard.rule.name}", hazard) for hazard in advised)
    places = {hazard.source for hazard in advised}
    patches = patch_files(mesh)
    whole = tuple(one for one in manifests if normpath(one.source.path) not in patches)
    for hazard in schema_rule.hazards(whole, version):
        group = advice.GROUP if hazard.rule in advice.RULES else schema_rule.GROUP
        if hazard.source not in places:  # advice says the same in better words
            yield _Met(f"{group}/{hazard.rule.name}", hazard)
    for hazard in aside.without_reason(manifests):
        yield _Met(f"{GROUP}/{hazard.rule.name}", hazard)


class _Objects:
    """Which object stands around a place."""

    def __init__(self, mesh: Mesh) -> None:
        self.all = tuple(
            fact
            for fact in mesh.bundle.facts
            if isinstance(fact, Manifest) and fact.kind not in _INNER
        )
        by_path: defaultdict[str, list[Manifest]] = defaultdict(list)
        for manifest in self.all:
            by_path[manifest.source.path].append(manifest)
        self._by_path = {
            path: sorted(found, key=lambda one: one.source.line) for path, found in by_path.items()
        }
        self._lines = {
            path: [one.source.line for one in found] for path, found in self._by_path.items()
        }

    def at(self, source: Source) -> Manifest | None:
        """The object whose lines hold ``source``; None outside of any."""
        place = bisect_right(self._lines.get(source.path, []), source.line)
        return self._by_path[source.path][place - 1] if place else None


def _told(
    met: Iterable[_Met], objects: _Objects, aside: Suppressions
) -> tuple[list[LintFinding], tuple[LintIgnored, ...]]:
    """Findings, and those that are set aside."""
    findings: list[LintFinding] = []
    ignored: list[LintIgnored] = []
    seen: Counter[str] = Counter()
    for rule, hazard in met:
        manifest = objects.at(hazard.source)
        spot = _spot(hazard.source)
        if reason := aside.reason(rule, hazard.source, manifest):
            ignored.append(LintIgnored(rule=rule, text=hazard.text, source=spot, reason=reason))
            continue
        name = manifest.full_name if manifest is not None else ""
        mark = _fingerprint(rule, spot.path, name, hazard.text)
        seen[mark] += 1
        findings.append(
            LintFinding(
                rule=rule,
                severity=hazard.rule.severity,
                text=hazard.text,
                object=name,
                source=spot,
                fingerprint=mark if seen[mark] == 1 else f"{mark}-{seen[mark]}",
                related=tuple(_spot(one) for one in hazard.others),
            )
        )
    return findings, tuple(ignored)


def _fingerprint(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "backslashreplace")).hexdigest()[:24]


def _spot(source: Source) -> LintSpot:
    return LintSpot(path=source.path, line=source.line, column=source.column)


def _unread(bundle: Bundle, faults: Sequence[str]) -> tuple[LintUnread, ...]:
    nowhere = LintSpot(path="", line=0, column=0)
    return (
        *(LintUnread(source=_spot(one.source), reason=one.reason) for one in bundle.unread),
        *(LintUnread(source=nowhere, reason=fault) for fault in dict.fromkeys(faults)),
    )
