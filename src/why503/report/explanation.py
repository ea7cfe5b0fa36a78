"""An explanation as text, Markdown or JSON."""

import re
from collections.abc import Iterator

import msgspec

from why503.diagnosis.explanation import ExplainedWord, Explanation, Topic
from why503.report import cause_page
from why503.report.block import Block, Heading, Item, Paragraph, Span, Tone
from why503.report.clean import cleaned, escaped
from why503.report.layout import WIDTH, lines
from why503.report.markdown import code
from why503.report.markdown import escaped as markdown_escaped
from why503.report.text import to_ascii
from why503.support.text import _


def render_text(explanation: Explanation, *, width: int = WIDTH, ascii_only: bool = False) -> str:
    """Plain text, wrapped at ``width`` columns."""
    answer = cleaned(explanation)
    text = "".join(
        "".join(span.text for span in line).rstrip() + "\n"
        for line in lines(
            cause_page.blocks(answer.cause) if answer.cause else _blocks(answer), width
        )
    )
    return to_ascii(text) if ascii_only else text


def render_json(explanation: Explanation) -> str:
    """One JSON document; keys in the order of the dataclass, ends with a line end."""
    return escaped(msgspec.json.format(_encoded(explanation), indent=2).decode()) + "\n"


def _encoded(explanation: Explanation) -> bytes:
    try:
        return msgspec.json.encode(explanation)
    except UnicodeEncodeError:
        return msgspec.json.encode(cleaned(explanation))


def render_markdown(explanation: Explanation) -> str:
    """Markdown in which nothing of the asked text is markup; the page of a cause."""
    if explanation.cause is not None:
        return cause_page.render_markdown(explanation.cause)
    parts: list[str] = []
    for block in _blocks(cleaned(explanation)):
        spans: tuple[Span, ...] = getattr(block, "spans", ())
        if isinstance(block, Heading):
            title = markdown_escaped("".join(span.text for span in spans))
            parts.append(f"\n\n{'#' * (block.level + 1)} {title}\n\n")
        elif isinstance(block, Item):
            parts.append("- " + "".join(_marked(span) for span in spans).strip() + "\n")
        else:
            parts.append("\n" + "".join(_marked(span) for span in spans).strip() + "\n\n")
    return re.sub(r"\n{3,}", "\n\n", "".join(parts)).strip() + "\n"


def _marked(span: Span) -> str:
    if span.tone is Tone.CODE:
        return code(span.text)
    return f"**{markdown_escaped(span.text)}**" if span.tone is Tone.STRONG else _prose(span.text)


def _prose(text: str) -> str:
    """Our own sentences hold code spans; what stands between them is escaped."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return markdown_escaped(text)
    return "".join(
        code(piece) if number % 2 else markdown_escaped(piece)
        for number, piece in enumerate(pieces)
    )


def _blocks(explanation: Explanation) -> Iterator[Block]:
    heading = _headline(explanation)
    yield Heading((Span(heading, Tone.STRONG),), level=1)
    if explanation.topic is not Topic.WORDS or not explanation.words:
        yield Paragraph((Span(explanation.summary),))
    if explanation.fields:
        yield Heading((Span(_("Field by field")),))
        for field in explanation.fields:
            yield Item(
                (
                    Span(field.name, Tone.STRONG),
                    Span(" "),
                    Span(field.value, Tone.CODE),
                    Span("  "),
                    Span(field.meaning),
                )
            )
    for word in explanation.words:
        yield from _word(word)
    if explanation.causes:
        yield Heading((Span(_("What usually causes it")),))
        for cause in explanation.causes:
            yield Item((Span(cause.id, Tone.CODE), Span("  "), Span(cause.title)))
        yield Paragraph((Span(_("`why503 explain CAUSE` shows the page of a cause.")),))


def _headline(explanation: Explanation) -> str:
    if explanation.topic is Topic.NOT_KNOWN:
        return _("Not known")
    if explanation.topic is Topic.ACCESS_LOG_LINE:
        return _("An access log line of Envoy")
    if explanation.topic is Topic.ZTUNNEL_LINE:
        return _("A line of ztunnel")
    text = " ".join(explanation.text.split())
    return text if len(text) <= 200 else text[:200] + "…"


def _word(word: ExplainedWord) -> Iterator[Block]:
    title = "" if word.title == word.word.replace("_", " ") else f"  {word.title}"
    yield Heading((Span(f"{word.word}{title}  ({word.kind})"),))
    yield Paragraph((Span(word.meaning),))
    for name, value in (
        (_("Written by"), word.writer),
        (_("Usual status"), word.code),
        (_("Caused by"), word.caused_by),
        (_("Written"), word.since),
    ):
        if value:
            yield Item((Span(name, Tone.STRONG), Span(": "), Span(value)))
    for step in word.look_at:
        yield Item((Span(_("Look at"), Tone.STRONG), Span(": "), Span(step)), mark="→")
