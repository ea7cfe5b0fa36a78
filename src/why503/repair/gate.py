"""Whether a change set may be offered: the schemas accept it, and lint finds nothing new.

The evidence is judged twice, as it is and with the new texts in it. What stands before and after
is the user's own affair; what stands only after speaks against the change.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from why503.diagnosis.cause import Cause, Severity
from why503.diagnosis.lint import lint
from why503.diagnosis.lint_finding import LintFinding, LintReport
from why503.diagnosis.lint_options import LintOptions
from why503.evidence import manifest
from why503.evidence.reader import Context
from why503.facts import Bundle, Fact, Ignore, Manifest, Unread
from why503.mesh.mesh import Mesh
from why503.mesh.version import istio_version


class Gate:
    """Judges change sets for one bundle, which is linted once."""

    def __init__(
        self,
        bundle: Bundle,
        catalogue: Sequence[Cause],
        istio: tuple[int, int] | None = None,
        level: Severity = Severity.WARNING,
    ) -> None:
        """``istio`` is the version to hold against; None: what the evidence tells."""
        self.bundle = bundle
        self._catalogue = catalogue
        self._options = LintOptions(istio=istio, level=level)

    def objections(self, texts: Mapping[str, str]) -> tuple[LintFinding, ...]:
        """Findings of lint and of the schemas that only the new ``texts`` (by path) have.

        A finding whose words changed with a value and that stands at the same object by the same
        rule is not new.
        """
        if not texts:
            return ()
        after = lint(with_texts(self.bundle, texts), self._catalogue, self._options)
        return _fresh(self._before, after)

    @cached_property
    def istio(self) -> tuple[int, int] | None:
        """Minor version of Istio that the user or the evidence tells; None where nothing does."""
        told = istio_version(Mesh(self.bundle, istio=self._options.istio))
        return told.value if told is not None else None

    @cached_property
    def _before(self) -> LintReport:
        return lint(self.bundle, self._catalogue, self._options)


def with_texts(bundle: Bundle, texts: Mapping[str, str]) -> Bundle:
    """``bundle`` as it would be read with ``texts`` in place of the files at their paths."""
    facts: list[Fact] = [one for one in bundle.facts if not _is_of(one, texts)]
    unread: list[Unread] = [one for one in bundle.unread if one.source.path not in texts]
    for path in sorted(texts):
        reading = manifest.read(texts[path], Context(path=path, teller=path))
        facts += reading.facts
        unread += reading.unread
    return replace(bundle, facts=tuple(facts), unread=tuple(unread))


def _is_of(fact: Fact, texts: Mapping[str, str]) -> bool:
    return isinstance(fact, Manifest | Ignore) and fact.source.path in texts


def _fresh(before: LintReport, after: LintReport) -> tuple[LintFinding, ...]:
    known = Counter((one.rule, one.object, one.source.path) for one in before.findings)
    marks = {one.fingerprint for one in before.findings}
    grouped: defaultdict[tuple[str, str, str], list[LintFinding]] = defaultdict(list)
    for one in after.findings:
        grouped[one.rule, one.object, one.source.path].append(one)
    fresh: list[LintFinding] = []
    for key, found in grouped.items():
        more = len(found) - known[key]
        if more > 0:
            new_first = sorted(found, key=lambda one: one.fingerprint in marks)
            fresh += new_first[:more]
    return tuple(sorted(fresh, key=lambda one: (one.source.path, one.source.line, one.rule)))
