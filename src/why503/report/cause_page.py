"""The page of a cause as blocks for a terminal, and as Markdown for an issue and for the docs."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from why503.diagnosis.cause_page import CausePage
from why503.report.block import Block, Code, Heading, Item, Paragraph, Span, Tone
from why503.report.markdown import code, escaped, render_blocks
from why503.support.pattern import lazy_re
from why503.support.text import _

_LAST = "References"
"""Part of a cause's own text that ends the page."""
_TO_DO = "What to do"
"""Part that the remedies follow."""
_MARKED = lazy_re(r"`([^`]+)`|\*([^*\s](?:[^*]{0,200}[^*\s])?)\*")
"""A code span or an emphasis of a page."""
_SPAN = lazy_re(r"`([a-z0-9-]+)`")


def blocks(page: CausePage) -> Iterator[Block]:
    """The whole page, in the order of the questions of an engineer on call, for plain text."""
    return map(_quoted, _blocks(page))


def _quoted(block: Block) -> Block:
    """Names in backticks, for text has no other way to set them off."""
    if isinstance(block, Item | Paragraph):
        spans = tuple(
            Span(f"`{span.text}`", span.tone) if span.tone is Tone.CODE else span
            for span in block.spans
        )
        return replace(block, spans=spans)
    return block


def _blocks(page: CausePage) -> Iterator[Block]:
    yield Heading((Span(page.id, Tone.STRONG),), level=1)
    yield Paragraph((Span(page.title),))
    yield Paragraph(tuple(_spans(page.summary)))
    yield from _where(page)
    for part in page.parts:
        if part.heading == _LAST:
            for heading, known in _known(page):
                yield Heading((Span(heading),))
                yield from known
        yield Heading((Span(part.heading),))
        yield from _text(part.text)
        if part.heading == _TO_DO:
            yield from _remedies(page)


def render_markdown(page: CausePage, *, linked: Collection[str] = ()) -> str:
    """The page as Markdown; the causes in ``linked`` are links to files beside it."""
    whole = "\n\n".join(part for part in _markdown(page) if part) + "\n"
    return _SPAN.sub(
        lambda found: (
            f"[`{found[1]}`]({found[1]}.md)"
            if found[1] in linked and found[1] != page.id
            else found[0]
        ),
        whole,
    )


def _markdown(page: CausePage) -> Iterator[str]:
    """Headings and what stands below each; the cause's own text as it was written."""
    yield f"# {page.id}"
    yield f"**{escaped(page.title)}.**"
    yield page.summary
    yield render_blocks(_where(page)).strip()
    for part in page.parts:
        if part.heading == _LAST:
            for heading, known in _known(page):
                yield f"## {heading}"
                yield render_blocks(known).strip()
        yield f"## {part.heading}"
        yield part.text
        if part.heading == _TO_DO:
            yield render_blocks(_remedies(page)).strip()


def _where(page: CausePage) -> Iterator[Block]:
    yield Item((Span(_("Where it fails"), Tone.STRONG), Span(": "), Span(_place(page.at))))
    signs = [
        span
        for number, sign in enumerate(page.signs)
        for span in ((Span(", "),) if number else ()) + (Span(sign, Tone.CODE),)
    ]
    if signs:
        yield Item((Span(_("Usual signs"), Tone.STRONG), Span(": "), *signs))


def _place(at: str) -> str:
    return {
        "leg": _("on the connection between the proxy that tells of it and what is behind it"),
        "proxy": _("at the proxy that tells of it, which answered by itself"),
        "caller": _("at the caller's proxy"),
        "front": _("between the caller and the proxy that tells of it"),
        "app": _("at the application behind the proxy"),
        "control-plane": _("at the control plane, which sends the proxies their configuration"),
    }[at]


def _remedies(page: CausePage) -> Iterator[Block]:
    kinds = {"stop-gap": _("Stop-gap"), "fix": _("Fix"), "prevention": _("Prevention")}
    for remedy in page.remedies:
        yield Item((Span(kinds[remedy.kind], Tone.STRONG), Span(": "), *_spans(remedy.title)))
        for patch in remedy.patches:
            yield Code("yaml", patch)
        if remedy.commands:
            yield Code("sh", "\n".join(remedy.commands))
        for risk in remedy.risks:
            yield Paragraph((Span(_("Risk: ")), *_spans(risk)), below_item=True)
        if remedy.verify:
            yield Paragraph((Span(_("Verify: ")), *_spans(remedy.verify)), below_item=True)


def _known(page: CausePage) -> Iterator[tuple[str, tuple[Block, ...]]]:
    """What why503 itself looks for, asks for and knows beside the cause's own text."""
    yield _("Clues for it"), tuple(_clues(page, "+"))
    if against := tuple(_clues(page, "-")):
        yield _("Clues against it"), against
    if page.questions:
        yield _("What decides"), tuple(_questions(page))
    yield _("What arms it"), (Paragraph(tuple(_spans(page.hazards))), *_rules(page))
    if page.neighbours:
        yield _("Neighbours"), (Paragraph(tuple(_listed(page.neighbours))),)
    if page.scenario:
        spans = (Span(page.scenario, Tone.CODE), Span(": "), *_spans(page.scenario_summary))
        yield _("Proof"), (Paragraph(spans),)


def _rules(page: CausePage) -> Iterator[Block]:
    """Rules of `why503 lint`, each with the codes of others that find the same."""
    for name, severity, sentence, same in page.rules:
        told = f" ({severity}; {same}): " if same else f" ({severity}): "
        yield Item((Span(name, Tone.CODE), Span(told), *_spans(sentence)))


def _clues(page: CausePage, sign: str) -> Iterator[Block]:
    for clue in page.clues:
        if clue.sign == sign:
            weight = Span(clue.weight, Tone.STRONG)
            yield Item((weight, Span(": "), *_spans(clue.sentence)), mark=sign)


def _questions(page: CausePage) -> Iterator[Block]:
    for question in page.questions:
        yield Item((Span(question.what), *_told_from(question.decides)))
        yield Code("sh", question.command)


def _told_from(ids: tuple[str, ...]) -> Iterator[Span]:
    if ids:
        yield Span(_(" (tells it from "))
        yield from _listed(ids)
        yield Span(")")


def _listed(ids: tuple[str, ...]) -> Iterator[Span]:
    for number, name in enumerate(ids):
        if number:
            yield Span(", ")
        yield Span(name, Tone.CODE)


def _text(text: str) -> Iterator[Block]:
    """Paragraphs and lists of a page; a line that begins with `* ` begins an element."""
    for paragraph in re.split(r"\n{2,}", text):
        for number, piece in enumerate(re.split(r"(?:^|\n)[*-] ", paragraph)):
            words = " ".join(piece.split())
            if words and number:
                yield Item(tuple(_spans(words)))
            elif words:
                yield Paragraph(tuple(_spans(words)))


def _spans(text: str) -> Iterator[Span]:
    """Words of a page with their code spans and emphases."""
    end = 0
    for found in _MARKED.finditer(text):
        yield Span(text[end : found.start()])
        yield Span(found[1], Tone.CODE) if found[1] else Span(found[2], Tone.STRONG)
        end = found.end()
    yield Span(text[end:])


def render_index(pages: Collection[CausePage]) -> str:
    """The list of all pages with a link to each."""
    rows = "\n".join(
        f"| [{code(page.id)}]({page.id}.md) | {escaped(page.title)} | {escaped(_place(page.at))} |"
        for page in pages
    )
    head = _("cause"), _("what happens"), _("where it fails")
    return (
        f"# {_('Causes that why503 knows')}\n\n"
        + _("Written by `make docs` from the modules under `src/why503/causes/`; change those.")
        + f"\n\n| {' | '.join(head)} |\n| --- | --- | --- |\n{rows}\n"
    )
