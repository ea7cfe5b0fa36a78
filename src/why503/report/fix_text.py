"""The answer of `why503 fix` as text: each remedy with its reasons and its diff."""

import json
from collections.abc import Iterator
from itertools import groupby

from why503.repair.fixed import Fix, FixElsewhere, FixRemedy, Outcome, State
from why503.report.block import Block, Code, Heading, Item, Paragraph, Span, Tone
from why503.report.clean import cleaned
from why503.report.layout import WIDTH, lines
from why503.report.text import to_ascii
from why503.support.text import _, ngettext


def render(answer: Fix, *, width: int = WIDTH, ascii_only: bool = False) -> str:
    """Lines without trailing blanks; diffs keep their width."""
    text = "".join(
        "".join(span.text for span in line).rstrip() + "\n"
        for line in lines(_blocks(cleaned(answer)), width)
    )
    return to_ascii(text) if ascii_only else text


def _blocks(answer: Fix) -> Iterator[Block]:
    if answer.outcome is Outcome.NO_FINDING:
        said = _(
            "Nothing to mend: no failure was found whose cause is likely. `why503 diagnose` says "
            "what is missing, `why503 lint` what is armed, and --cause asks for one cause."
        )
        yield Paragraph((Span(said),))
    shown = [one for one in answer.remedies if answer.written is None or one.chosen]
    for (_cause, _place), group in groupby(shown, key=_finding):
        remedies = list(group)
        yield Heading(_verdict(remedies[0]), level=1)
        for remedy in remedies:
            yield from _remedy(remedy)
    yield from _end(answer)


def _finding(remedy: FixRemedy) -> tuple[str, str]:
    return remedy.cause, remedy.hop.destination


def _verdict(remedy: FixRemedy) -> tuple[Span, ...]:
    words = {"proven": _("proven"), "likely": _("likely"), "possible": _("possible")}
    where = f" [{remedy.hop.destination}]" if remedy.hop.destination else ""
    return (
        Span(remedy.cause, Tone.STRONG),
        Span(f", {words.get(remedy.verdict, remedy.verdict)} ({remedy.confidence:.2f}){where}: "),
        Span(remedy.cause_title),
    )


def _remedy(remedy: FixRemedy) -> Iterator[Block]:
    kinds = {"stop-gap": _("Stop-gap"), "fix": _("Fix"), "prevention": _("Prevention")}
    yield Heading((Span(f"{remedy.number}. {kinds[remedy.kind]}: {remedy.title}"),))
    yield Paragraph((Span(_state(remedy), Tone.FAINT),))
    for sentence in remedy.derived:
        yield _told(_("Values"), sentence)
    for sentence in remedy.risks:
        yield _told(_("Risk"), sentence)
    for sentence in remedy.refused:
        yield _told(_("Why not"), sentence)
    if remedy.verify:
        yield _told(_("Verify"), remedy.verify)
    if remedy.undo:
        yield _told(_("Roll back"), remedy.undo)
    for sentence in remedy.notes:
        yield _told(_("Note"), sentence)
    for one in remedy.elsewhere:
        yield from _elsewhere(one)
    if remedy.diff:
        yield Code("diff", remedy.diff.rstrip("\n"))
    elif remedy.commands and remedy.state is not State.IN_PLACE:
        yield Code("sh", "\n".join(remedy.commands))


def _told(head: str, sentence: str) -> Paragraph:
    return Paragraph((Span(f"{head}: ", Tone.STRONG), Span(sentence)))


def _state(remedy: FixRemedy) -> str:
    if remedy.state is State.OFFERED:
        if remedy.chosen:
            return _("Chosen: --write makes it.")
        if remedy.opens:
            said = _("Not chosen: it lets through what is shut out now. --remedy {number} does.")
            return said.format(number=remedy.number)
        return _("Not chosen: --remedy {number} chooses it.").format(number=remedy.number)
    return {
        State.IN_PLACE: _("The files have it already."),
        State.ELSEWHERE: _("To be made in what makes the file, not in the file."),
        State.REFUSED: _("Not offered."),
        State.BY_HAND: _("By hand: the files that were given do not hold what it changes."),
    }[remedy.state]


def _elsewhere(one: FixElsewhere) -> Iterator[Block]:
    head = f"{one.object} ({one.path})"
    yield Paragraph((Span(f"{head}: ", Tone.STRONG), Span(one.advice)))
    if one.values:
        told = ", ".join(f"{name} = {value}" for name, value in one.values.items())
        yield _told(_("Set in values.yaml"), told)
    elif one.operations:
        yield Code("json", json.dumps(list(one.operations), ensure_ascii=False))
    if one.patch:
        yield Code("yaml", one.patch.rstrip("\n"))


def _end(answer: Fix) -> Iterator[Block]:
    for sentence in answer.refused:
        yield Item((Span(sentence),), mark="×", tone=Tone.BAD)
    if answer.written is not None:
        yield Heading((Span(_("Written"), Tone.GOOD),))
        for path in answer.written.files:
            yield Item((Span(path, Tone.PLACE),))
        if answer.written.backup:
            said = _("`why503 fix --revert` takes it back; the old content is kept in {folder}.")
            yield Paragraph((Span(said.format(folder=answer.written.backup)),))
    elif answer.files:
        count = len(answer.files)
        said = ngettext(
            "Nothing is written. --write changes {count} file, --diff shows it alone.",
            "Nothing is written. --write changes {count} files, --diff shows them alone.",
            count,
        )
        yield Heading((Span(said.format(count=count)),))
    elif answer.outcome is Outcome.CHANGES and not any(one.chosen for one in answer.remedies):
        yield Heading((Span(_("Nothing is chosen by itself: --remedy NUMBER chooses.")),))
