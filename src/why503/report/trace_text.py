"""A trace as text: the end first, then every step with the object and line that made it."""

from collections.abc import Iterator, Sequence

from why503.diagnosis.trace import Trace, TraceBranch, TraceOutcome, TraceStep
from why503.report.block import Block, Heading, Item, Paragraph, Span, Tone
from why503.report.clean import cleaned
from why503.report.finding_outline import place
from why503.report.layout import WIDTH, lines
from why503.report.text import to_ascii
from why503.support.text import _


def render(trace: Trace, *, width: int = WIDTH, ascii_only: bool = False) -> str:
    """Lines without trailing blanks."""
    text = "".join(
        "".join(span.text for span in line).rstrip() + "\n"
        for line in lines(_blocks(cleaned(trace)), width)
    )
    return to_ascii(text) if ascii_only else text


def signs(outcome: TraceOutcome) -> str:
    """Status, flags and details on one line; ``""`` where there are none."""
    status = "" if outcome.status is None else str(outcome.status)
    return " ".join(part for part in (status, outcome.flag, outcome.details) if part)


def ending(outcome: TraceOutcome) -> str:
    """The signs, else a word or two for how it ends."""
    if told := signs(outcome):
        return told
    if outcome.id == "depends":
        return _("depends on the way it takes")
    if outcome.id == "unknown":
        return _("cannot be told")
    if not outcome.passes:
        return _("fails") if outcome.sure else _("fails, as far as this shows")
    return _("arrives") if outcome.sure else _("arrives, as far as this shows")


def question(trace: Trace) -> str:
    """`GET reviews:9080/x from deploy/web`."""
    asked = trace.request
    what = f"{asked.host}:{asked.port}"
    if asked.speech != "tcp":
        what = f"{asked.method} {what}{asked.path}"
    text = _("{what} from {source}") if asked.source else _("{what} from outside the mesh")
    return text.format(what=what, source=asked.source)


def step_names() -> dict[str, str]:
    """The kinds of steps in words."""
    return {
        "listener": _("listener"),
        "filter-chain": _("filter chain"),
        "virtual-host": _("virtual host"),
        "route": _("route"),
        "cluster": _("cluster"),
        "endpoint": _("endpoint"),
    }


def _blocks(trace: Trace) -> Iterator[Block]:
    well = Tone.GOOD if trace.outcome.sure else Tone.WARN
    tone = well if trace.outcome.passes else Tone.BAD
    end = Span(ending(trace.outcome), tone)
    yield Heading((Span(question(trace)), Span(": "), end), level=1)
    yield Paragraph(tuple(_end(trace.outcome)))
    if trace.configuration == "loaded":
        yield Paragraph((Span(_("Followed through what the first proxy has loaded.")),))
    for difference in trace.differences:
        places = tuple(Span(f"  {place(one)}", Tone.PLACE) for one in difference.sources)
        yield Item((Span(difference.text), *places), mark="×", tone=Tone.WARN)
    yield from _steps(trace.steps)
    several = len(trace.branches) > 1
    last = trace.steps[-1:] and _where(trace.steps[-1])
    for branch in trace.branches:
        yield from _branch(branch, several=several, before=last or "")
    for title, sentences in (
        (_("Taken for granted"), trace.assumed),
        (_("Not followed"), trace.not_modelled),
        (_("Not read"), tuple(one.reason for one in trace.unread)),
    ):
        if sentences:
            yield Heading((Span(title),))
            for sentence in sentences:
                yield Item((Span(sentence),))


def _end(outcome: TraceOutcome) -> Iterator[Span]:
    yield Span(outcome.text)
    if outcome.far:
        yield Span(" " + _("The server's proxy logs {far}.").format(far=outcome.far))
    if not outcome.sure:
        yield Span(" " + _("What was given does not show all that decides."))
    if outcome.source is not None:
        yield Span(f"  {place(outcome.source)}", Tone.PLACE)


def _where(step: TraceStep) -> str:
    return f"{step.proxy}, {step.way}"


def _branch(branch: TraceBranch, *, several: bool, before: str) -> Iterator[Block]:
    if several:
        text = _("{share} % of the requests: {end}")
        said = text.format(share=f"{branch.share:g}", end=ending(branch.outcome))
        yield Heading((Span(said),))
    yield from _steps(branch.steps, before=before)
    if several:
        mark, tone = ("→", Tone.GOOD) if branch.outcome.passes else ("✖", Tone.BAD)
        yield Item(tuple(_end(branch.outcome)), mark=mark, tone=tone)


def _steps(steps: Sequence[TraceStep], *, before: str = "") -> Iterator[Block]:
    """Steps, with a heading where another proxy than ``before`` begins."""
    names = step_names()
    for step in steps:
        if _where(step) != before:
            yield Heading((Span(_where(step)),))
        before = _where(step)
        spans = [Span(names.get(step.kind, step.kind))]
        if step.name:
            spans += [Span(" "), Span(step.name, Tone.CODE)]
        spans.append(Span(f": {step.text}"))
        if step.made_by:
            spans.append(Span(f" ({step.made_by})", Tone.FAINT))
        if step.source is not None:
            spans.append(Span(f"  {place(step.source)}", Tone.PLACE))
        yield Item(tuple(spans), mark="→")
        for one in step.applied:
            told = [Span(one.says), Span(f" ({one.object})", Tone.FAINT)]
            if one.source is not None:
                told.append(Span(f"  {place(one.source)}", Tone.PLACE))
            yield Paragraph(tuple(told), below_item=True)
