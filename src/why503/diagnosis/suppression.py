"""Findings that the user has set aside: by annotation, by comment, in the configuration."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.facts import Ignore, Manifest, Source
from why503.mesh.mesh import Mesh
from why503.mesh.setting import word_of
from why503.support.pattern import lazy_re
from why503.support.text import _

ANNOTATION = "why503.io/ignore"
"""`<rule> <reason>` on an object; several are parted by `;` or line ends."""
GROUP = "lint"
WITHOUT_REASON = Rule(
    "ignore-without-reason",
    Severity.WARNING,
    _("This sets {rule} aside without a reason, so it does not hold: say why behind the rule."),
)
_ENTRY = lazy_re(
    r"\s{0,100}(?P<rule>[\w./*-]{1,120})(?:\s{1,20}(?:--?\s)?(?P<reason>.*))?", re.DOTALL
)


class _Given(NamedTuple):
    rule: str
    reason: str


class Suppressions:
    """All that is set aside in one bundle."""

    def __init__(self, mesh: Mesh, everywhere: Mapping[str, str]) -> None:
        """Collect comments and annotations of ``mesh``; ``everywhere`` is the configuration's."""
        self._everywhere = [_Given(rule, reason) for rule, reason in everywhere.items()]
        self._lines: defaultdict[tuple[str, int], list[_Given]] = defaultdict(list)
        self._comments = mesh.facts(Ignore)
        self._annotated: list[tuple[Source, _Given]] = []
        for comment in self._comments:
            given = _Given(comment.rule, comment.reason)
            self._lines[comment.source.path, comment.source.line].append(given)

    def reason(self, rule: str, source: Source, manifest: Manifest | None) -> str:
        """Why the finding ``rule`` at ``source`` is set aside; ``""`` where it is not."""
        given = [*self._lines.get((source.path, source.line), ()), *self._everywhere]
        if manifest is not None:
            given += _annotations(manifest)
        return next((one.reason for one in given if one.reason and _means(one.rule, rule)), "")

    def without_reason(self, manifests: tuple[Manifest, ...]) -> Iterator[Hazard]:
        """Comments and annotations that give no reason."""
        for comment in self._comments:
            if not comment.reason:
                yield WITHOUT_REASON.at(comment.source, rule=comment.rule)
        for manifest in manifests:
            for one in _annotations(manifest):
                if not one.reason:
                    place = manifest.where("metadata", "annotations", ANNOTATION)
                    yield WITHOUT_REASON.at(place, rule=one.rule)


def _annotations(manifest: Manifest) -> list[_Given]:
    text = word_of(manifest.get("metadata", "annotations", ANNOTATION))
    found = []
    for entry in re.split(r"[;\n]", text[:2000]) if text else ():
        match = _ENTRY.fullmatch(entry.strip())
        if match is not None:
            found.append(_Given(match["rule"], (match["reason"] or "").strip()))
    return found


def _means(pattern: str, rule: str) -> bool:
    """Whether a rule as the user writes it (`a/b`, `a`, `a/*`) is this one."""
    return pattern in {rule, rule.partition("/")[0], rule.partition("/")[0] + "/*"}
