"""Envoy's `/runtime`: the overrides in force, as one partial object of kind `ProxyRuntime`."""

from why503.evidence.json_document import cut, decoded
from why503.evidence.manifest_object import manifest_of
from why503.evidence.proto_json import message, word
from why503.evidence.reader import Context, Reading
from why503.facts.reading import Unread
from why503.support.pattern import lazy_re
from why503.support.text import _

NAME = "runtime"

_HEAD = lazy_re(r'\s{0,100}\{\s{0,100}"(?:entries|layers)"\s{0,4}:\s{0,4}[\[{]')


def bid(text: str) -> float:
    """0.95 where both `entries` and `layers` stand in the text."""
    if not _HEAD.match(text[:1000].lstrip("\ufeff")):
        return 0.0
    return 0.95 if '"entries"' in text and '"layers"' in text else 0.0


def read(text: str, context: Context) -> Reading:
    """Every key with the value that is in force."""
    document = decoded(text)
    if document is None or not isinstance(document.value, dict):
        reason = _("Cannot read `{path}`: fetch `/runtime` of the proxy again.")
        unread = Unread(source=context.source(), reason=reason.format(path=context.path))
        return Reading(unread=[unread])
    entries = message(document.value, "entries")
    data = {
        "kind": "ProxyRuntime",
        "metadata": {"name": context.teller},
        "entries": {
            name: word(entry, "final_value")
            for name, entry in entries.items()
            if isinstance(entry, dict)
        },
    }
    found = manifest_of(data, context, line=1, partial=True)
    return Reading(facts=[found], unread=cut(document, context))
