"""Comments in YAML that set a finding of lint aside: `# why503: ignore RULE -- reason`."""

from collections.abc import Iterator

from why503.evidence.reader import Context
from why503.facts.ignore import Ignore
from why503.support.pattern import lazy_re
from why503.support.secret import mask

_WORD = "why503:"
_COMMENT = lazy_re(
    r"^(?P<before>.{0,2000}?)(?<!\S)#[ \t]{0,4}why503:[ \t]{1,4}ignore[ \t]{1,4}"
    r"(?P<rule>[\w./*-]{1,120})[ \t]{0,8}(?:--?|\u2014)?[ \t]{0,8}(?P<reason>.{0,500})$"
)
_LONGEST = 3_000
"""Characters of a line in which a comment is looked for."""


def comments_of(text: str, context: Context) -> Iterator[Ignore]:
    """The comments in ``text``; one that stands alone speaks of the next line with content."""
    if _WORD not in text:
        return
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if _WORD not in line or len(line) > _LONGEST:
            continue
        found = _COMMENT.match(line.rstrip("\r"))
        if found is not None:
            at = number if found["before"].strip() else _next_line(lines, number)
            reason = mask(found["reason"].strip())
            yield Ignore(source=context.source(at), rule=found["rule"], reason=reason)


def _next_line(lines: list[str], number: int) -> int:
    """The first line below number ``number`` that is neither blank nor a comment."""
    for below in range(number, min(number + 50, len(lines))):
        word = lines[below].strip()
        if word and not word.startswith("#"):
            return below + 1
    return number
