"""The answer as Markdown, for an issue or a chat; nothing of the evidence acts as Markdown."""

import re
from collections.abc import Iterable, Iterator

from why503.diagnosis.finding import Diagnosis
from why503.report.block import (
    Block,
    ClueRow,
    Clues,
    Code,
    Drawing,
    Heading,
    Item,
    Paragraph,
    Span,
    Table,
    Tone,
)
from why503.report.layout import one_line
from why503.report.outline import outline
from why503.support.pattern import lazy_re
from why503.support.text import _

_ACTIVE = lazy_re(r"[\\`*\[\]<|~#&$]|(?<![^\W_])_|_(?![^\W_])")
"""Signs that can begin markup; an underscore inside a word cannot."""
_LINE_START = lazy_re(r"^(\d{0,9})([-+=>.)])")
"""What makes a list, a quotation or an underline at the beginning of a line."""
_MENTION = lazy_re(r"@(?=\w)")
_ADDRESS = lazy_re(r"(?i)\b(https?|ftp)://|\bwww\.")


def render(diagnosis: Diagnosis, *, verbose: bool = False) -> str:
    """Headings, a table of clues, fenced commands and patches."""
    return render_blocks(outline(diagnosis, verbose=verbose))


def render_blocks(blocks: Iterable[Block]) -> str:
    """Blocks as Markdown."""
    return _joined(part for block in blocks for part in _part(block))


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    """Parts with a blank line between them, none between elements of a list."""
    text = ""
    before = ""
    for kind, part in parts:
        if text:
            text += "\n" if kind == before == "item" else "\n\n"
        text += part
        before = kind
    return text + "\n"


def _part(block: Block) -> Iterator[tuple[str, str]]:
    if isinstance(block, Heading):
        yield "heading", f"{'#' * (block.level + 1)} {_spans(block.spans, bold=False)}"
    elif isinstance(block, Paragraph):
        yield "paragraph", _spans(block.spans)
    elif isinstance(block, Item):
        yield "item", f"- {_spans(block.spans)}"
    elif isinstance(block, Clues):
        rows = [_clue(row) for row in block.rows]
        yield "table", _table(("", _("clue"), _("weight"), _("where")), rows)
    elif isinstance(block, Code):
        yield "code", _fenced(block.language, block.text)
    elif isinstance(block, Drawing):
        yield "code", _fenced("text", "".join(one_line(span.text) for span in block.spans))
    else:
        yield from _plain_table(block)


def _plain_table(table: Table) -> Iterator[tuple[str, str]]:
    yield "table", _table(table.head, [tuple(escaped(cell) for cell in row) for row in table.rows])


def _clue(row: ClueRow) -> tuple[str, ...]:
    places = ", ".join(code(place).replace("|", "\\|") for place in row.places)
    more = f" +{row.more}" if row.more else ""
    return (f"`{row.sign}`", escaped(row.text), escaped(row.weight), places + more)


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    names = tuple(head)
    lines = [names, tuple("---" for _name in names), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _spans(spans: Iterable[Span], *, bold: bool = True) -> str:
    words = []
    for span in spans:
        body = span.text.strip()
        before, _body, after = span.text.partition(body) if body else (span.text, "", "")
        if body and span.tone in {Tone.PLACE, Tone.CODE}:
            words.append(f"{one_line(before)}{code(body)}{one_line(after)}")
        elif body and bold and span.tone is Tone.STRONG:
            words.append(f"{one_line(before)}**{escaped(body)}**{one_line(after)}")
        else:
            words.append(escaped(span.text))
    return _LINE_START.sub(r"\1\\\2", "".join(words).strip())


def escaped(text: str) -> str:
    """``text`` on one line, in which nothing is markup, a link or a mention."""
    line = _ACTIVE.sub(r"\\\g<0>", one_line(text))
    line = _MENTION.sub("@\u200b", line)
    return _ADDRESS.sub(lambda found: found[0].replace(":", "\\:").replace(".", "\\."), line)


def code(text: str) -> str:
    """``text`` as a code span, whatever backticks it holds."""
    line = one_line(text)
    if not line.strip():
        return ""
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _fenced(language: str, text: str) -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
