"""Envoy's `/listeners?format=json`, as the same partial `ProxyListener` objects as its text."""

from why503.evidence.json_document import NameLines, cut, decoded
from why503.evidence.manifest_object import manifest_of
from why503.evidence.proto_json import get, message, messages, word
from why503.evidence.reader import Context, Reading
from why503.facts.reading import Unread
from why503.support.pattern import lazy_re
from why503.support.text import _

NAME = "listeners"

_HEAD = lazy_re(r'\s{0,100}\{\s{0,100}"listener_statuses"\s{0,4}:')


def bid(text: str) -> float:
    """0.97 for an object whose first field is `listener_statuses`."""
    return 0.97 if _HEAD.match(text[:1000].lstrip("\ufeff")) else 0.0


def read(text: str, context: Context) -> Reading:
    """One object per address that is listened on."""
    document = decoded(text)
    if document is None:
        reason = _("Cannot read `{path}`: fetch `/listeners?format=json` of the proxy again.")
        unread = Unread(source=context.source(), reason=reason.format(path=context.path))
        return Reading(unread=[unread])
    reading = Reading(unread=cut(document, context))
    lines = NameLines(text)
    for status in messages(document.value, "listener_statuses"):
        name = word(status, "name")
        line = lines.line(name)
        further = messages(status, "additional_local_addresses")
        for place in (message(status, "local_address"), *further):
            socket = message(place, "socket_address")
            if socket:
                data = {
                    "kind": "ProxyListener",
                    "metadata": {"name": name},
                    "address": word(socket, "address"),
                    "port": get(socket, "port_value"),
                }
                reading.facts.append(manifest_of(data, context, line=line, partial=True))
    return reading
