"""Where a fact was seen."""

from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Source:
    """A place in the evidence that a reader of the report can open."""

    path: str
    """Path as the user gave it, or the path of a member below it."""
    line: int = 0
    """Line, counted from 1; 0 where the whole file is meant."""
    column: int = 0
    """Column, counted from 1; 0 where the whole line is meant."""

    def __str__(self) -> str:
        """`path:line`, or the path alone where no line is known."""
        return f"{self.path}:{self.line}" if self.line else self.path
