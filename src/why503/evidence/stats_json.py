"""Envoy's `/stats?format=json`; histograms are not kept."""

from why503.evidence.json_document import cut, decoded
from why503.evidence.proto_json import get, messages, word
from why503.evidence.reader import Context, Reading
from why503.evidence.stats import COUNTERS_LIMIT
from why503.facts.counter import Counter
from why503.facts.reading import Unread
from why503.support.pattern import lazy_re
from why503.support.text import _

NAME = "stats JSON"

_HEAD = lazy_re(r'\s{0,100}\{\s{0,100}"stats"\s{0,4}:\s{0,4}\[')


def bid(text: str) -> float:
    """0.97 for an object whose first field is the list `stats`."""
    return 0.97 if _HEAD.match(text[:1000].lstrip("\ufeff")) else 0.0


def read(text: str, context: Context) -> Reading:
    """Every counter and gauge, at most `COUNTERS_LIMIT`."""
    document = decoded(text)
    if document is None:
        reason = _("Cannot read `{path}`: fetch `/stats?format=json` of the proxy again.")
        unread = Unread(source=context.source(), reason=reason.format(path=context.path))
        return Reading(unread=[unread])
    reading = Reading(unread=cut(document, context))
    source = context.source()
    for stat in messages(document.value, "stats"):
        value = get(stat, "value")
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if len(reading.facts) >= COUNTERS_LIMIT:
            break
        reading.facts.append(
            Counter(
                source=source,
                teller=context.teller,
                name=word(stat, "name"),
                value=float(value),
            )
        )
    return reading
