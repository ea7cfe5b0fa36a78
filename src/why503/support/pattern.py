"""Regular expressions that are compiled when they are first asked.

Some hundreds stand in the modules of a run, and compiling them all takes longer than reading a
small log with the few that meet a line.
"""

import re
from typing import Any, AnyStr, cast


def lazy_re(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile`, later: for patterns that are asked themselves (`found = PATTERN.match(line)`).

    A wrong pattern is an error when it is first asked, so each needs a test that asks it.
    """
    return cast("re.Pattern[AnyStr]", _Lazy(text, flags))


class _Lazy:
    """Stands for a pattern; what it was asked once it answers as fast as the pattern."""

    def __init__(self, text: Any, flags: int) -> None:
        self._given = (text, flags)

    def __getattr__(self, name: str) -> Any:
        """What the pattern has of this name, compiled now and kept."""
        found = getattr(re.compile(*self._given), name)
        setattr(self, name, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as it was written."""
        return lazy_re, self._given

    def __repr__(self) -> str:
        """Shown as it would be used."""
        text, flags = self._given
        return f"lazy_re({text!r}, {flags!r})" if flags else f"lazy_re({text!r})"
