"""The order of a release as text: the verdict, each order with what it loses, what to wait for."""

from collections.abc import Iterator, Sequence

from why503.repair.rollout.answer import (
    RolloutAnswer,
    RolloutChange,
    RolloutController,
    RolloutDanger,
    RolloutHazard,
    RolloutOrder,
    RolloutStep,
)
from why503.report.block import Block, Code, Heading, Item, Paragraph, Span, Tone
from why503.report.clean import cleaned
from why503.report.finding_outline import place
from why503.report.layout import WIDTH, lines
from why503.report.text import to_ascii
from why503.support.text import _

_MOST = 6
"""Names that a sentence lists."""


def render(answer: RolloutAnswer, *, width: int = WIDTH, ascii_only: bool = False) -> str:
    """Lines without trailing blanks."""
    text = "".join(
        "".join(span.text for span in line).rstrip() + "\n"
        for line in lines(_blocks(cleaned(answer)), width)
    )
    return to_ascii(text) if ascii_only else text


def signs(danger: RolloutDanger) -> str:
    """Status, flag and details on one line."""
    status = "" if danger.status is None else str(danger.status)
    return " ".join(part for part in (status, danger.flag, danger.details) if part)


def _blocks(answer: RolloutAnswer) -> Iterator[Block]:
    yield Heading((Span(_verdict(answer), _tone(answer.verdict)),), level=1)
    if answer.callers:
        text = _("Followed for {hosts}, called by {callers}.")
        told = text.format(hosts=_few(answer.hosts), callers=_few(answer.callers))
        yield Paragraph((Span(told),))
    if answer.already:
        yield Heading((Span(_("Lost already, before the first step")),))
        for danger in answer.already:
            yield from _danger(danger)
    well = any(one.id == "given" and one.safe for one in answer.orders)
    for order in answer.orders:
        if order.id != "plan" or not well:
            yield from _order(order)
    for controller in answer.controllers:
        yield from _controller(controller)
    yield from _hazards(answer.hazards)
    yield from _notes(answer)


def _notes(answer: RolloutAnswer) -> Iterator[Block]:
    for title, sentences in (
        (_("Taken for granted"), answer.assumed),
        (_("Not understood"), answer.not_understood),
        (_("Not read"), tuple(one.reason for one in answer.unread)),
    ):
        if sentences:
            yield Heading((Span(title),))
            for sentence in sentences:
                yield Item((Span(sentence),))


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST]) + (", ..." if len(names) > _MOST else "")


def _tone(verdict: str) -> Tone:
    return {"safe": Tone.GOOD, "unsafe": Tone.BAD}.get(verdict, Tone.PLAIN)


def _verdict(answer: RolloutAnswer) -> str:
    given = next((one for one in answer.orders if one.id == "given"), None)
    bad = next((one for one in answer.orders if one.first_unsafe and one.id != "at-once"), None)
    if answer.verdict == "nothing-to-do":
        return _("nothing to do: nothing that is followed here changes")
    if answer.verdict == "safe":
        return _("safe: no step loses a request") if given else _("safe: there is a safe order")
    if bad is not None and bad.id == "plan":
        return _("unsafe: no order of these changes is safe")
    if bad is not None:
        text = _("unsafe: step {number} loses requests ({title})")
        step = bad.steps[bad.first_unsafe - 1]
        return text.format(number=bad.first_unsafe, title=step.title)
    unsafe = next((one for one in answer.controllers if not one.safe), None)
    if unsafe is not None:
        return _("unsafe: {by} loses requests as it walks {object}").format(
            by=unsafe.by, object=unsafe.object
        )
    if any(one.severity == "error" for one in answer.hazards):
        return _("unsafe: a setting loses requests")
    return _("unsafe: requests are lost now")


def _order(order: RolloutOrder) -> Iterator[Block]:
    mark = _("{title}: safe") if order.safe else _("{title}: unsafe at step {number}")
    title = mark.format(title=order.title, number=order.first_unsafe)
    if order.id == "plan":
        title = order.title
    yield Heading((Span(title),))
    for note in order.notes:
        yield Paragraph((Span(note),))
    for step in order.steps:
        yield from _step(step)


def _controller(controller: RolloutController) -> Iterator[Block]:
    text = _("{by} walks {object}: safe") if controller.safe else _("{by} walks {object}: unsafe")
    yield Heading((Span(text.format(by=controller.by, object=controller.object)),))
    for step in controller.steps:
        yield from _step(step, changes=False)


def _step(step: RolloutStep, *, changes: bool = True) -> Iterator[Block]:
    spans = [Span(f"{step.number}. {step.title}", Tone.STRONG)]
    if step.source is not None:
        spans.append(Span(f"  {place(step.source)}", Tone.PLACE))
    good = not step.dangers
    yield Item(tuple(spans), mark="→" if good else "✖", tone=Tone.GOOD if good else Tone.BAD)
    if changes and step.changes:
        yield Paragraph(tuple(_changes(step.changes)), below_item=True)
    for command in step.commands:
        yield Code("sh", command)
    if step.yaml:
        name = f"step-{step.number}.yaml"
        yield Paragraph((Span(_("{name} is:").format(name=name)),), below_item=True)
        yield Code("yaml", step.yaml.rstrip("\n"))
    for danger in step.dangers:
        yield from _danger(danger)
    for wait in step.waits:
        text = _("Then wait until {text}:").format(text=wait.text)
        yield Paragraph((Span(text),), below_item=True)
        yield Code("sh", wait.command)


def _changes(changes: Sequence[RolloutChange]) -> Iterator[Span]:
    words = {
        "create": _("create {object}"),
        "change": _("change {object}"),
        "delete": _("delete {object}"),
        "scale-down": _("scale down {object}"),
        "widen": _("add the new subsets to {object}, beside the old ones"),
        "narrow": _("take the old subsets out of {object}"),
    }
    for number, one in enumerate(changes):
        text = words.get(one.action, one.action).format(object=one.object)
        yield Span(f"{', ' if number else ''}{text}")
        if one.source is not None:
            yield Span(f"  {place(one.source)}", Tone.PLACE)


def _danger(danger: RolloutDanger) -> Iterator[Block]:
    spans = [Span(signs(danger) or danger.id, Tone.BAD)]
    text = _("for requests to {request} from {callers}. {when} {text}")
    told = text.format(
        request=_few(danger.requests),
        callers=_few(danger.callers),
        when=danger.when,
        text=danger.text,
    )
    spans.append(Span(f" {told}"))
    if not danger.sure:
        spans.append(Span(" " + _("What was given does not show all that decides.")))
    spans += [Span(f"  {place(one)}", Tone.PLACE) for one in danger.sources]
    yield Paragraph(tuple(spans), below_item=True)


def _hazards(hazards: Sequence[RolloutHazard]) -> Iterator[Block]:
    if hazards:
        yield Heading((Span(_("Settings that are dangerous")),))
    for hazard in hazards:
        yield from _hazard(hazard)


def _hazard(hazard: RolloutHazard) -> Iterator[Block]:
    words = {"error": _("error"), "warning": _("warning"), "note": _("note")}
    tone = Tone.BAD if hazard.severity == "error" else Tone.WARN
    spans = [Span(f"{words.get(hazard.severity, hazard.severity)}: ", tone)]
    spans.append(Span(f"{hazard.text} {hazard.remedy}"))
    if hazard.source is not None:
        spans.append(Span(f"  {place(hazard.source)}", Tone.PLACE))
    yield Item(tuple(spans))
