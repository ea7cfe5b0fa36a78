"""An access log line or a ztunnel line, field by field."""

from collections.abc import Mapping, Sequence
from typing import Any

from why503.diagnosis.cause import Cause
from why503.diagnosis.explained_word import explained
from why503.diagnosis.explanation import ExplainedField, Explanation, Topic
from why503.diagnosis.usual_cause import usual_causes
from why503.evidence import ztunnel_log
from why503.evidence.access_log.aggregate import tell
from why503.evidence.access_log.fields import milliseconds, told, whole
from why503.evidence.access_log.reader import AccessLogSession
from why503.evidence.prefix import Peeler
from why503.evidence.reader import Context, Line
from why503.facts import Request, Tunnel
from why503.mesh.account import destination_of, role_of
from why503.mesh.ending import Ending, Outcome, outcome_of
from why503.mesh.envoy_body import ending_words_of_length
from why503.mesh.failure import Role
from why503.mesh.glossary import (
    ALL_DETAILS,
    BODIES,
    CODES,
    EMPTY,
    FIELDS,
    RESETS,
    Entry,
    details_entries,
    flag_entries,
    phrase_entries,
    place_entries,
    ztunnel_entries,
)
from why503.mesh.glossary_endings import ENDING_WORDS
from why503.mesh.glossary_fields import ORDER
from why503.support.secret import mask, raw
from why503.support.text import _

_MOST_LINES = 200
_CONTEXT = Context(path="-", teller="-")
_NUMBERS = {"time", "code", "flags", "bytes_received", "bytes_sent", "duration"}
_TEXTS = tuple(name for name in ORDER if name not in {*_NUMBERS, "upstream_service_time"})
_PLACES = ("upstream_cluster", "upstream_host", "upstream_local", "server_name", "route")
_ROLES = {
    Role.DOWNSTREAM: _("The line was written on the caller's side (sidecar, gateway or waypoint)."),
    Role.UPSTREAM: _("The line was written by the server's own proxy."),
}
_ZTUNNEL_FIELDS = {
    "message": _(
        "`connection complete` at the end of a connection, `connection failed` at an early refusal."
    ),
    "direction": _("`outbound`: written at the caller's node; `inbound`: at the server's."),
    "source_address": _("Who called."),
    "source_workload": _("Pod that called."),
    "destination_address": _("What was dialled; port 15008 is the HBONE tunnel."),
    "target_address": _("The real target behind the tunnel."),
    "destination_service": _("Service that was called."),
    "destination_workload": _("Pod that was called."),
    "bytes_sent": _(
        "Bytes towards the destination; 0 beside an error: the connection never carried data."
    ),
    "bytes_received": _("Bytes from the destination."),
    "duration": _("Milliseconds that the connection lasted."),
    "error": _("Why it failed; empty where it went well."),
}


def _lines(text: str) -> list[Line]:
    peeler = Peeler()
    found: list[Line] = []
    for number, line in enumerate(text.splitlines()[:_MOST_LINES], 1):
        found.extend(peeler.peel(number, line))
    return found + peeler.flush()


def explained_line(text: str, catalogue: Sequence[Cause]) -> Explanation | None:
    """The first line of ``text`` that is an access log's; None where there is none."""
    session = AccessLogSession(_CONTEXT)
    for line in _lines(text):
        understood = session.read(line.text.rstrip())
        if understood is not None:
            values = tell(line, understood.fields, understood.time)
            fields = understood.fields
            texts: dict[str, Any] = {name: _text(told(fields, name)) for name in _TEXTS}
            request = Request(
                source=_CONTEXT.source(line.number),
                time=values.time,
                code=values.code,
                flags=values.flags,
                bytes_received=whole(fields.get("bytes_received")),
                bytes_sent=whole(fields.get("bytes_sent")),
                duration=values.duration,
                upstream_service_time=milliseconds(told(fields, "upstream_service_time")),
                **texts,
            )
            return _of_request(request, fields, line.text, catalogue)
    return None


def _text(value: str | None) -> str | None:
    return None if value is None else mask(value)


def _of_request(
    request: Request, fields: Mapping[str, str], text: str, catalogue: Sequence[Cause]
) -> Explanation:
    outcome = outcome_of(request)
    entries = _entries(request, outcome)
    failed = outcome.ending is not Ending.OK
    return Explanation(
        text=raw(text),
        topic=Topic.ACCESS_LOG_LINE,
        summary=_summary(request, outcome),
        fields=tuple(_field(name, fields[name], request) for name in ORDER if name in fields),
        words=explained(entries),
        causes=usual_causes(entries, catalogue) if failed else (),
    )


def _entries(request: Request, outcome: Outcome) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    if request.flags is not None:
        entries += flag_entries(",".join(sorted(request.flags, key=_companion_last)) or "-")
    if request.details:
        entries += details_entries(request.details)
    if request.transport_failure:
        entries += phrase_entries(request.transport_failure)
    if not request.details and (reset := RESETS.get(str(outcome.ending))) is not None:
        entries.append(reset)
    if outcome.behind is not None:
        words = str(outcome.behind)
        entries += [e for e in (RESETS.get(words), BODIES.get(words)) if e is not None]
    if request.flags is None and not request.details and request.code in CODES:
        entries.append(CODES[request.code])
    return tuple(dict.fromkeys(entries))


def _companion_last(flag: str) -> tuple[bool, str]:
    return flag in {"URX", "DI"}, flag


def _summary(request: Request, outcome: Outcome) -> str:
    sentences = [ENDING_WORDS[outcome.ending]]
    if outcome.behind is not None:
        sentences.append(
            _("The length of its body betrays what the proxy behind wrote: {ending}").format(
                ending=ENDING_WORDS[outcome.behind]
            )
        )
    if outcome.after_headers:
        sentences.append(_("The answer had begun, so its status says nothing about the end."))
    if outcome.retried:
        sentences.append(_("The proxy had tried again, and its retries were used up."))
    if outcome.surmised:
        sentences.append(_("This is surmised from the status and the length alone."))
    role = role_of(request)
    if role in _ROLES:
        sentences.append(_ROLES[role])
    host, port = destination_of(request)
    if host:
        sentences.append(
            _("Destination: {destination}.").format(destination=f"{host}:{port}" if port else host)
        )
    return " ".join(sentences)


def _field(name: str, value: str, request: Request) -> ExplainedField:
    entry = FIELDS[name]
    empty = value in {"", "-"}
    meaning = EMPTY[name] if empty and EMPTY[name] else entry.meaning
    if not empty:
        meaning = _special(name, value, request) or meaning
    return ExplainedField(name=name, value="-" if empty else mask(value), meaning=meaning)


def _special(name: str, value: str, request: Request) -> str:
    """Meaning of this very value; ``""`` where only the field's own meaning is known."""
    if name in _PLACES:
        return " ".join(entry.meaning for entry in place_entries(value))
    if name == "code" and request.code in CODES:
        return CODES[request.code].title
    if name == "flags":
        return ", ".join(entry.title for entry in flag_entries(value))
    if name == "bytes_sent" and request.bytes_sent and request.code:
        words = ending_words_of_length(request.bytes_sent, request.code)
        sentence = _("Exactly the length of the body that Envoy itself writes for: {ending}.")
        return sentence.format(ending=words) if words else ""
    if name == "details" and value == "via_upstream":
        return ALL_DETAILS[value].meaning
    return ""


def explained_tunnel(text: str, catalogue: Sequence[Cause]) -> Explanation | None:
    """The first line of ``text`` that ztunnel wrote of a connection; None where there is none."""
    for line in _lines(text):
        session = ztunnel_log.start(_CONTEXT)
        if not session.take(line):
            continue
        for fact in session.finish().facts:
            if isinstance(fact, Tunnel):
                return _of_tunnel(fact, line.text, catalogue)
    return None


def _of_tunnel(tunnel: Tunnel, text: str, catalogue: Sequence[Cause]) -> Explanation:
    entries = ztunnel_entries(tunnel.error) or phrase_entries(tunnel.error)
    summary = _("The connection through the ambient mesh went well.")
    if tunnel.error:
        summary = _("The connection through the ambient mesh failed: {error}").format(
            error=tunnel.error
        )
    return Explanation(
        text=raw(text),
        topic=Topic.ZTUNNEL_LINE,
        summary=summary,
        fields=tuple(
            ExplainedField(name=name, value=str(value), meaning=meaning)
            for name, meaning in _ZTUNNEL_FIELDS.items()
            if (value := getattr(tunnel, name)) not in {"", None}
        ),
        words=explained(entries),
        causes=usual_causes(entries, catalogue, tunnel.error) if tunnel.error else (),
    )
