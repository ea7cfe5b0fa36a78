"""`istioctl analyze -o json`: a list of messages."""

from typing import Any

from why503.evidence.json_document import cut, decoded
from why503.evidence.reader import Context, Reading
from why503.facts.analysis import Analysis
from why503.support.pattern import lazy_re
from why503.support.secret import raw

NAME = "istioctl analysis JSON"

_HEAD = lazy_re(r'\s{0,100}\[?\s{0,100}\{\s{0,100}"code"\s{0,4}:\s{0,4}"IST\d{4}"')
_PLACE = lazy_re(r'"code"\s{0,4}:\s{0,4}"IST\d{4}"')


def bid(text: str) -> float:
    """0.97 for a list of messages."""
    return 0.97 if _HEAD.match(text[:1000].lstrip("\ufeff")) else 0.0


def read(text: str, context: Context) -> Reading:
    """Every message."""
    document = decoded(text)
    if document is None:
        return Reading()
    reading = Reading(unread=cut(document, context))
    found = document.value if isinstance(document.value, list) else [document.value]
    places = [text.count("\n", 0, one.start()) + 1 for one in _PLACE.finditer(text[:1_000_000])]
    for number, message in enumerate(found):
        if isinstance(message, dict) and message.get("code"):
            line = places[number] if number < len(places) else 0
            reading.facts.append(_message(message, context, line))
    return reading


def _message(message: dict[str, Any], context: Context, line: int) -> Analysis:
    return Analysis(
        source=context.source(line),
        code=str(message["code"])[:20],
        level=str(message.get("level", ""))[:20],
        object=str(message.get("origin", ""))[:400],
        text=raw(str(message.get("message", ""))),
    )
