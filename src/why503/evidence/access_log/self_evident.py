"""Values that say themselves which field they are."""

import re

from why503.evidence.access_log.fields import Fields
from why503.evidence.access_log.words import (
    ADDRESS,
    CLUSTER,
    ELISION,
    NUMBER,
    SERVER_NAME,
    UUID,
    Word,
    agrees,
)
from why503.support.pattern import lazy_re

_TRANSPORT = lazy_re(
    r"(?:TLS[_ ]error|(?:delayed|immediate)[_ ]connect[_ ]error|failed[_ ]to[_ ]bind"
    r"|codec[_ ]error|connect_timeout|socket[_ ]creation[_ ]failure|CERTIFICATE_VERIFY_FAILED)"
)
_DETAILS = lazy_re(
    r"via_upstream|direct_response|no_healthy_upstream|cluster_not_found|route_not_found"
    r"|filter_chain_not_found|downstream_remote_disconnect|[a-z]\w{3,80}(?:timeout|_denied|_error|_limited)"
    r"|rbac_access_denied\S{0,300}|http[123]\.\S{1,80}|upstream_reset_\S{0,2000}|[a-z]\w{3,80}\{.{0,2000}",
    re.DOTALL,
)
_OTHER_CLUSTER = lazy_re(r"[\w.-]{0,80}cluster[\w.-]{0,80}|httproute/\S{1,200}", re.IGNORECASE)
_HOST_NAME = lazy_re(
    r"(?=[^\s]*[A-Za-z])[\w-]{1,63}(?:\.[\w-]{1,63}){1,12}(?::\d{1,5})?|[\w-]{1,63}:\d{1,5}"
)
_AGENT = lazy_re(r"[A-Za-z][\w .-]{1,60}/v?\d.{0,2000}", re.DOTALL)
_NUMBERS = ("bytes_received", "bytes_sent", "duration", "upstream_service_time")
_ADDRESSES = ("upstream_local", "downstream_local", "downstream_remote")
_FIRST_EPHEMERAL = 32_768


def _numbers(fields: Fields, words: list[Word]) -> list[Word]:
    """Assign the first run of numbers; the words that are left."""
    if any(name in fields for name in _NUMBERS):
        return words
    start = next(
        (i for i, word in enumerate(words) if word.text.isdecimal() and not word.quoted), None
    )
    if start is None:
        return words
    end = start
    while end < len(words) and not words[end].quoted and NUMBER.fullmatch(words[end].text):
        end += 1
    run = words[start:end]
    if len(run) >= len(_NUMBERS) - 1:
        fields.update(zip(_NUMBERS, (word.text for word in run), strict=False))
    return words[:start] + words[end:]


def _field_of(text: str, quoted: bool, fields: Fields) -> str | None:  # noqa: PLR0911
    if _TRANSPORT.match(text):
        return "transport_failure"
    if UUID.fullmatch(text):
        return "request_id"
    if SERVER_NAME.fullmatch(text) and "upstream_cluster" in fields:
        return "server_name"
    if CLUSTER.fullmatch(text):
        return "upstream_cluster"
    if ADDRESS.fullmatch(text):
        port = text.rpartition(":")[2]
        near = port.isdecimal() and int(port) >= _FIRST_EPHEMERAL
        return "downstream_remote" if near else "upstream_host"
    if _DETAILS.fullmatch(text):
        return "details"
    if _OTHER_CLUSTER.fullmatch(text):
        return "upstream_cluster"
    if quoted and _AGENT.fullmatch(text):
        return "user_agent"
    return "authority" if quoted and _HOST_NAME.fullmatch(text) else None


def _around_cluster(fields: Fields, words: list[Word]) -> list[Word]:
    """Assign the addresses that stand around a cluster as in Istio's lines; the words left."""
    for index, word in enumerate(words):
        after = words[index + 1 : index + 4]
        if not CLUSTER.fullmatch(word.text) or len(after) < len(_ADDRESSES):
            continue
        if any(one.quoted or not agrees("downstream_remote", one) for one in after):
            continue
        fields["upstream_cluster"] = word.text
        fields.update(zip(_ADDRESSES, (one.text for one in after), strict=True))
        head, tail = words[:index], words[index + 4 :]
        if head and head[-1].quoted and agrees("upstream_host", head[-1]):
            fields["upstream_host"] = head.pop().text
        return head + tail
    return words


def assign(fields: Fields, words: list[Word]) -> None:
    """Give each word that is self-evident to its field, where the field has none yet."""
    for word in _around_cluster(fields, _numbers(fields, words)):
        if word.cut or word.text == "-" or word.text in ELISION:
            continue
        text = word.text.rstrip(",;")
        field = _field_of(text, word.quoted, fields)
        if field is not None and fields.get(field, "-") in {"", "-"}:
            fields[field] = text
