"""Envoy's `/server_info`: version, state, uptime and the node that the proxy is."""

from why503.evidence.json_document import cut, decoded
from why503.evidence.proto_json import message, number, seconds, word
from why503.evidence.proxy_node import info_of, version_of
from why503.evidence.reader import Context, Reading
from why503.facts.reading import Unread
from why503.support.pattern import lazy_re
from why503.support.text import _

NAME = "server info"

_FIELDS = ("uptime_current_epoch", "hot_restart_version", "command_line_options", "state")
_HEAD = lazy_re(
    r'\s{0,100}\{\s{0,100}"(?:version|state|uptime_\w{1,20}|hot_restart_version|'
    r'command_line_options)"'
)


def bid(text: str) -> float:
    """0.97 where at least three of its fields stand in the head."""
    head = text[:6000].lstrip("\ufeff")
    if not _HEAD.match(head):
        return 0.0
    return 0.97 if sum(f'"{name}"' in head for name in _FIELDS) >= 3 else 0.0


def read(text: str, context: Context) -> Reading:
    """The proxy; where the document is cut, as much of it as is told."""
    document = decoded(text)
    value = document.value if document is not None else None
    if document is None or not isinstance(value, dict):
        reason = _("Cannot read `{path}`: fetch `/server_info` of the proxy again.")
        unread = Unread(source=context.source(), reason=reason.format(path=context.path))
        return Reading(unread=[unread])
    options = message(value, "command_line_options")
    info = info_of(
        message(value, "node"),
        context.source(),
        context.teller,
        envoy=version_of(word(value, "version")),
        state=word(value, "state"),
        uptime=seconds(value, "uptime_current_epoch"),
        concurrency=number(options, "concurrency"),
        restart_epoch=number(options, "restart_epoch"),
        drain_time=seconds(options, "drain_time"),
    )
    return Reading(facts=[info], unread=cut(document, context))
