"""Findings of lint as lines of text that an editor can follow: `path:line:column: severity`."""

from collections import Counter
from collections.abc import Iterator

from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint_finding import LintReport, LintSpot
from why503.report.clean import printable
from why503.support.text import _, filled


def render(report: LintReport) -> str:
    """One line a finding, then a summary; ends with a line end."""
    return "".join(f"{line}\n" for line in _lines(report))


def place(spot: LintSpot) -> str:
    """`path:line:column`, as far as known."""
    numbers = [str(number) for number in (spot.line, spot.column) if number]
    return ":".join([spot.path, *numbers])


def _lines(report: LintReport) -> Iterator[str]:
    for one in report.findings:
        yield printable(f"{place(one.source)}: {one.severity.value}: {one.text} [{one.rule}]")
        for spot in one.related:
            yield printable(_("    see {place}").format(place=place(spot)))
    if report.findings:
        yield ""
    counts = Counter(one.severity for one in report.findings)
    told = [
        filled(forms, [("count", str(counts[severity]))])
        for severity, forms in (
            (Severity.ERROR, _("{count:error|errors}")),
            (Severity.WARNING, _("{count:warning|warnings}")),
            (Severity.NOTE, _("{count:note|notes}")),
        )
        if counts[severity]
    ]
    objects = filled(_("{count:object|objects}"), [("count", str(report.objects))])
    found = ", ".join(told) or _("nothing found")
    yield _("{found} in {objects}, held against Istio {istio}").format(
        found=found, objects=objects, istio=report.istio
    )
    yield from _set_aside(report)
    causes = sorted({rule.cause for rule in report.rules if rule.cause})
    if causes:
        yield _("What a finding means: why503 explain {cause}").format(cause=causes[0])


def _set_aside(report: LintReport) -> Iterator[str]:
    if report.hidden:
        words = _("{count:finding|findings} below the level; --level note shows all")
        yield filled(words, [("count", str(report.hidden))])
    if report.known:
        yield filled(_("{count:finding|findings} in the baseline"), [("count", str(report.known))])
    if report.ignored:
        words = _("{count:finding|findings} set aside with a reason")
        yield filled(words, [("count", str(len(report.ignored)))])
