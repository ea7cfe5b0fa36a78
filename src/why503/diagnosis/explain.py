"""Explains a text: a cause, a log line, a flag, details, an error message, a name, a number."""

import inspect
from collections.abc import Sequence

from why503.diagnosis.cause import Cause
from why503.diagnosis.cause_page import cause_page
from why503.diagnosis.explained_line import explained_line, explained_tunnel
from why503.diagnosis.explained_word import entries_of, explained
from why503.diagnosis.explanation import Explanation, Topic, UsualCause
from why503.diagnosis.usual_cause import usual_causes
from why503.support.secret import raw
from why503.support.text import _

_LONGEST = 200_000
"""Characters of a text that are looked at."""


def explain(text: str, catalogue: Sequence[Cause]) -> Explanation:
    """What ``text`` means; `Topic.NOT_KNOWN` where nothing in it is known. Never raises."""
    wanted = text[:_LONGEST].strip()
    return (
        _cause(wanted, catalogue)
        or explained_line(wanted, catalogue)
        or explained_tunnel(wanted, catalogue)
        or _words(wanted, catalogue)
    )


def _cause(text: str, catalogue: Sequence[Cause]) -> Explanation | None:
    wanted = text.casefold().replace("_", "-")
    for cause in catalogue:
        if wanted == cause.ID:
            return Explanation(
                text=raw(text),
                topic=Topic.CAUSE,
                summary=cause.TITLE,
                page=inspect.cleandoc(cause.__doc__ or "") + "\n",
                cause=cause_page(cause, catalogue),
            )
    return None


def _words(text: str, catalogue: Sequence[Cause]) -> Explanation:
    entries = entries_of(text)
    causes = usual_causes(entries, catalogue, text) if text else ()
    topic = Topic.WORDS if entries or causes else Topic.NOT_KNOWN
    return Explanation(
        text=raw(text),
        topic=topic,
        summary=_summary([entry.title for entry in entries], causes),
        words=explained(entries),
        causes=causes,
    )


def _summary(titles: Sequence[str], causes: Sequence[UsualCause]) -> str:
    if titles:
        return "; ".join(titles)
    if causes:
        return _("No word of the glossary; it is a sign of these causes.")
    return _(
        "Not known. `explain` knows access log lines of Envoy and Istio, ztunnel lines, response "
        "flags (UC), response code details, reset reasons, transport failures and TLS "
        "errors, errno numbers, gRPC statuses, bodies that Envoy writes, cluster names, Istio's "
        "ports and addresses, and the ids of causes."
    )
