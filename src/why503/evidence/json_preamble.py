"""Error text in front of a JSON document: written by collectors that join both outputs."""

import re

from why503.support.pattern import lazy_re

_LONGEST = 65_536
"""Characters in which the document has to begin."""
_BEGIN = lazy_re(r"^[{\[]", re.MULTILINE)


def without_preamble(text: str, path: str) -> tuple[str, str]:
    """``text`` with the lines before its JSON emptied, and those lines; ``""`` where none are.

    Line numbers stay. Only for files that are named as JSON: in others such lines are a paste.
    """
    if not path.endswith(".json") or text[:1] in ("{", "["):
        return text, ""
    found = _BEGIN.search(text[:_LONGEST])
    if found is None or not (before := text[: found.start()]).strip(" \t\r\n\ufeff"):
        return text, ""
    return "\n" * before.count("\n") + text[found.start() :], before
