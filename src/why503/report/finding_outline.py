"""One finding as blocks: verdict, hop, counts, clues, what to do."""

from collections.abc import Iterator, Sequence

from why503.diagnosis.finding import (
    DataLoss,
    Finding,
    FoundClue,
    FoundPatch,
    FoundRemedy,
    Spot,
    Verdict,
)
from why503.report.block import Block, ClueRow, Clues, Code, Heading, Item, Paragraph, Span, Tone
from why503.report.drawing import draw, where
from why503.report.times import period
from why503.support.text import _, ngettext

CLUES_FOR = 5
CLUES_AGAINST = 3
CLUES_FURTHER = 2
"""Clues of a finding that are shown unless all are asked for."""
PLACES = 3
"""Places of a clue that are shown."""
PATCH_LINES = 6
"""Lines of a patch that are shown of a finding after the first."""

_TONES = {Verdict.PROVEN: Tone.BAD, Verdict.LIKELY: Tone.WARN, Verdict.POSSIBLE: Tone.FAINT}
_LOSS_TONES = {"nothing-lost": Tone.GOOD, "lost": Tone.BAD, "evaluations-lost": Tone.BAD}


def chief(finding: Finding, loss: DataLoss | None, *, verbose: bool) -> Iterator[Block]:
    """The best finding in full."""
    yield Heading(verdict_line(finding), level=1)
    yield from _hop(finding)
    most = (None, None) if verbose else (CLUES_FOR, CLUES_AGAINST)
    yield Heading((Span(_("Why")),))
    yield from _clues(finding.clues, *most)
    if loss is not None:
        spans = [Span(_("Data: "), Tone.STRONG)]
        spans.append(Span(loss.text, _LOSS_TONES.get(loss.verdict, Tone.PLAIN)))
        if loss.source is not None:
            spans += [Span("  "), Span(place(loss.source), Tone.PLACE)]
        yield Paragraph(tuple(spans))
    if finding.remedies:
        yield Heading((Span(_("What to do")),))
        for remedy in finding.remedies:
            yield from _remedy(remedy, patch_lines=None, verbose=verbose)


def further(finding: Finding, *, verbose: bool) -> Iterator[Block]:
    """The best finding of another hop, shorter."""
    yield Heading(verdict_line(finding), level=1)
    yield from _hop(finding)
    most = (None, None) if verbose else (CLUES_FURTHER, 1)
    yield from _clues(finding.clues, *most)
    for remedy in finding.remedies:
        yield from _remedy(remedy, patch_lines=None if verbose else PATCH_LINES, verbose=verbose)


def rival(finding: Finding, *, elsewhere: bool = False) -> Item:
    """A finding in one line; ``elsewhere`` names its hop too."""
    place_of = f" ({finding.hop.id}, {finding.hop.destination})" if elsewhere else ""
    return Item((*verdict_line(finding), Span(place_of, Tone.FAINT)))


def verdict_line(finding: Finding) -> tuple[Span, ...]:
    """`cause, verdict (confidence): title`."""
    return (
        Span(finding.cause, Tone.STRONG),
        Span(", "),
        Span(_verdict(finding.verdict), _TONES[finding.verdict]),
        Span(f" ({finding.confidence:.2f}): "),
        Span(finding.title),
    )


def _verdict(verdict: Verdict) -> str:
    words = {
        Verdict.PROVEN: _("proven"),
        Verdict.LIKELY: _("likely"),
        Verdict.POSSIBLE: _("possible"),
    }
    return words[verdict]


def place(spot: Spot) -> str:
    """`path:line`, or the path alone where the whole file is meant."""
    path = spot.path.replace("\n", "\\n").replace("\t", "\\t")
    return f"{path}:{spot.line}" if spot.line else path


def _hop(finding: Finding) -> Iterator[Block]:
    drawing = draw(finding.hop)
    if drawing is not None:
        yield drawing
    yield Paragraph((Span(where(finding.hop.id)), Span(f" ({finding.hop.id})", Tone.FAINT)))
    yield Paragraph(_counts(finding))


def _counts(finding: Finding) -> tuple[Span, ...]:
    host = finding.hop.destination
    if not finding.failures:
        return (Span(_("no failed request was seen; this is read from the circumstances")),)
    if host:
        said = _("{failures} of {requests} requests to {host} failed")
    else:
        said = _("{failures} of {requests} requests failed")
    said = said.format(
        failures=finding.failures, requests=max(finding.requests, finding.failures), host=host
    )
    time = period(finding.first, finding.last)
    return (Span(said, Tone.STRONG), *([Span(f", {time}")] if time else []))


def _clues(clues: Sequence[FoundClue], pro: int | None, contra: int | None) -> Iterator[Block]:
    speaking_for = [clue for clue in clues if clue.speaks == "for"]
    against = [clue for clue in clues if clue.speaks != "for"]
    shown = [*speaking_for[:pro], *against[:contra]]
    if shown:
        yield Clues(tuple(_row(clue) for clue in shown))
    hidden = len(clues) - len(shown)
    if hidden:
        said = ngettext(
            "and {count} more clue (-v shows it)", "and {count} more clues (-v shows them)", hidden
        )
        yield Item((Span(said.format(count=hidden), Tone.FAINT),))


def _row(clue: FoundClue) -> ClueRow:
    spots = [*([clue.source] if clue.source else []), *clue.more]
    places: list[str] = []
    for number, spot in enumerate(spots[:PLACES]):
        same = number and spot.line and spot.path == spots[number - 1].path
        places.append(f":{spot.line}" if same else place(spot))
    return ClueRow(
        sign="+" if clue.speaks == "for" else "-",
        text=clue.text,
        places=tuple(places),
        weight=clue.weight,
        more=max(0, len(spots) - PLACES),
    )


def _remedy(remedy: FoundRemedy, *, patch_lines: int | None, verbose: bool) -> Iterator[Block]:
    spans = [Span(_kind(remedy.kind), Tone.STRONG), Span(": "), Span(remedy.title)]
    note = _disposition(remedy.disposition)
    if note:
        spans.append(Span(f" ({note})", Tone.FAINT))
    yield Item(tuple(spans))
    commands = remedy.commands if verbose else remedy.commands[:1]
    if commands:
        yield Code("sh", "\n".join(commands))
    for patch in remedy.patches:
        yield from _patch(patch, patch_lines)
    for sentence in remedy.derived:
        yield Paragraph((Span(_("Values: ")), Span(sentence)), below_item=True)
    risks = remedy.risks if verbose else remedy.risks[:1]
    for risk in risks:
        yield Paragraph((Span(_("Risk: "), Tone.WARN), Span(risk)), below_item=True)
    if verbose and remedy.verify:
        yield Paragraph((Span(_("To verify: ")), Span(remedy.verify)), below_item=True)
    if verbose and remedy.undo:
        yield Paragraph((Span(_("To undo: ")), Span(remedy.undo)), below_item=True)


def _patch(patch: FoundPatch, most: int | None) -> Iterator[Block]:
    lines = patch.yaml.strip("\n").split("\n")
    if most is not None and len(lines) > most:
        rest = _("{count} more lines: -v shows them").format(count=len(lines) - most)
        lines = [*lines[:most], f"# … {rest}"]
    if patch.path:
        lines.insert(0, f"# {place(Spot(path=patch.path, line=patch.line))}")
    yield Code("yaml", "\n".join(lines))


def _kind(kind: str) -> str:
    words = {"stop-gap": _("Stop-gap"), "fix": _("Fix"), "prevention": _("Prevention")}
    return words.get(kind, kind)


def _disposition(disposition: str) -> str:
    words = {
        "safe": "",
        "needs-review": _("needs review"),
        "outside-mesh": _("outside the mesh"),
    }
    return words.get(disposition, disposition)
