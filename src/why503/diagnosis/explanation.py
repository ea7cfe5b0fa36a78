"""The answer of `explain`: what a text is, what each part of it means, what usually causes it."""

from enum import StrEnum

from why503.diagnosis.cause_page import CausePage
from why503.support.dataclass import dataclass

SCHEMA = "why503/explanation/v1"


class Topic(StrEnum):
    """What the text was taken for."""

    CAUSE = "cause"
    ACCESS_LOG_LINE = "access log line"
    ZTUNNEL_LINE = "ztunnel line"
    WORDS = "words"
    """Flags, details, a reset reason, an error message, a name, an address, a number."""
    NOT_KNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class ExplainedField:
    """One field of a line."""

    name: str
    """As why503 calls it: `flags`, `upstream_host`, ..., or ztunnel's own name."""
    value: str
    """As written, secrets masked; `-` where it was empty."""
    meaning: str


@dataclass(frozen=True, kw_only=True)
class ExplainedWord:
    """One word of the mesh that the text holds."""

    kind: str
    """`response flag`, `response code details`, `reset reason`, `TLS error`, ..."""
    word: str
    title: str
    meaning: str
    writer: str
    """Who writes it; ``""`` where that is no question."""
    caused_by: str
    """Side that usually brings it about; ``""`` where the word does not tell."""
    code: str
    """HTTP status that usually comes with it, or ``""``."""
    since: str
    """Versions that write it, or ``""``."""
    look_at: tuple[str, ...]
    """What to look at next, best first."""


@dataclass(frozen=True, kw_only=True)
class UsualCause:
    """A cause of the catalogue that typically shows these words."""

    id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """All that is known of a text."""

    schema: str = SCHEMA
    text: str
    """What was asked, cut to 2,000 characters, secrets masked."""
    topic: Topic
    summary: str
    """One or a few sentences."""
    fields: tuple[ExplainedField, ...] = ()
    words: tuple[ExplainedWord, ...] = ()
    causes: tuple[UsualCause, ...] = ()
    """In the order of the catalogue."""
    page: str = ""
    """The page of a cause (Markdown), where the text is its id: the cause's own text."""
    cause: CausePage | None = None
    """The same page in parts, with clues, questions and remedies; None for any other text."""
