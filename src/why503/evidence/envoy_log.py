"""The proxy container's own log: Envoy's lines in all their formats and pilot-agent's."""

from dataclasses import replace

from why503.evidence.envoy_event import event_of
from why503.evidence.envoy_line import EnvoyLine, parsed
from why503.evidence.envoy_stream import Streams
from why503.evidence.log_line import SCAN_LENGTH, TIME, envoy_body, teller_of, time_of
from why503.evidence.reader import Context, Line, Reading, share
from why503.facts import Fact, ProxyEvent, ProxyEventKind, Request, Source, Witness
from why503.support.pattern import lazy_re
from why503.support.secret import mask, raw

NAME = "envoy log"

_DUMP = lazy_re(r"\s{0,8}':?[\w.-]{1,200}', '")
_THREAD = lazy_re(r"\s{0,8}thread=\d{1,20}\s*$")
_BACKTRACE = lazy_re(
    r"\s{0,8}(?:Proxy-Wasm plugin in-VM backtrace:|\d{1,3}:\s{1,4}0x[0-9a-f]{1,16} - )"
)
_STORED = lazy_re(rf"^{TIME}\s{{1,4}}(?=')")
"""The time that a log store puts in front of a dumped header."""
_HEADER = lazy_re(r"completed header: key=(?P<key>[^\s=]{1,200}) value=")
_FRAMING = frozenset({"transfer-encoding", "content-length"})
_DIALS = lazy_re(r"connecting to (\S{3,80}:\d{1,5})$")
_WASM_STATUS = lazy_re(r"Response status code: (\d{3})")
_CONNECTIONS = 10_000


def bid(sample: list[Line]) -> float:
    """Share of lines that have the shape of the proxy container's log."""
    return share(sample, lambda line: parsed(line.text) is not None or _belongs(line.text))


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


class Session:
    """Reads one file's lines."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._facts: list[Fact] = []
        self._streams = Streams()
        self._headers = _Headers()
        self._replies: set[tuple[str, str, str]] = set()
        self._broken: ProxyEvent | None = None
        self._dialled: dict[tuple[str, str], str] = {}
        self._wrapped: Line | None = None

    def take(self, line: Line) -> bool:
        """Claim a line of Envoy, of the agent, or of a dump of headers."""
        line = self._joined(line)
        found = parsed(line.text)
        if found is None:
            return self._take_rest(line)
        self._close()
        if not found.text:
            self._wrapped = line
            return True
        source = self._context.source(line.number)
        teller = teller_of(self._context, line)
        moment = time_of(found.time) if found.time else None
        moment = line.origin.time if moment is None else moment
        self._streams.see(found, source, teller, moment, line.text)
        if header := self._headers.twice(found, teller):
            self._tell(
                ProxyEventKind.DUPLICATE_HEADER, header, found, (source, teller, moment, line.text)
            )
        elif (event := self._event_of(found, teller)) is not None:
            self._tell(*event, found, (source, teller, moment, line.text))
        if found.component == "wasm":
            self._client_of_wasm(found, (source, teller, moment, line.text))
        return True

    def finish(self) -> Reading:
        """All facts, in file order."""
        self._close()
        self._facts.extend(self._streams.finish())
        self._facts.sort(key=lambda fact: fact.source.line)
        return Reading(facts=self._facts)

    def _joined(self, line: Line) -> Line:
        """``line`` behind the head that a paste left on a line of its own, if one waits."""
        head, self._wrapped = self._wrapped, None
        if head is None or not line.text.strip() or line.text[:1] in "[{" or parsed(line.text):
            return line
        return replace(head, text=f"{head.text[:SCAN_LENGTH]} {line.text.strip()}")

    def _event_of(self, found: EnvoyLine, teller: str) -> tuple[ProxyEventKind, str] | None:
        """What a line tells; of a failed attempt also the address that its connection dials."""
        key = (teller, found.connection)
        if found.connection and (dialled := _DIALS.match(found.text)) is not None:
            if len(self._dialled) >= _CONNECTIONS:
                self._dialled.clear()
            self._dialled[key] = dialled[1]
            return None
        event = event_of(found.text, found.level)
        if event is not None and event[0] is ProxyEventKind.CONNECT_FAILED:
            return event[0], f"{self._dialled.get(key, '')} {event[1]}"
        return event

    def _take_rest(self, line: Line) -> bool:
        """Lines without a head: dumped headers, backtraces, the rest of a broken line."""
        text = _STORED.sub("", line.text[:SCAN_LENGTH], count=1)
        if not text.strip():
            return False
        if self._streams.dumped(text) or _belongs(text):
            return True
        if self._broken is not None:
            broken, self._broken = self._broken, None
            self._facts.append(_continued(broken, text))
            return True
        return False

    def _close(self) -> None:
        """Keep an event that waited for the rest of its line."""
        if self._broken is not None:
            self._facts.append(self._broken)
            self._broken = None

    def _tell(
        self,
        kind: ProxyEventKind,
        text: str,
        found: EnvoyLine,
        place: tuple[Source, str, float | None, str],
    ) -> None:
        source, teller, moment, line = place
        if kind is ProxyEventKind.LOCAL_REPLY and not found.stream:
            self._reply_of_no_stream(text, place)
        elif kind is ProxyEventKind.LOCAL_REPLY:
            if (key := (teller, found.stream, text)) in self._replies:
                return
            if len(self._replies) < _CONNECTIONS:
                self._replies.add(key)
        event = ProxyEvent(
            source=source,
            kind=kind,
            teller=teller,
            time=moment,
            connection=found.connection,
            stream=found.stream,
            text=raw(text),
            raw=raw(line),
        )
        if (
            (text.endswith(",") and kind is ProxyEventKind.CODEC_ERROR)
            or (text.endswith((":", "rejected")) and kind is ProxyEventKind.CONFIG_REJECTED)
        ):  # fmt: skip
            self._broken = event
        else:
            self._facts.append(event)

    def _reply_of_no_stream(
        self, details: str, place: tuple[Source, str, float | None, str]
    ) -> None:
        """A local reply whose line lost its stream in a paste is a request that failed."""
        source, teller, moment, line = place
        self._facts.append(
            Request(
                source=source,
                witness=Witness.PROXY_LOG,
                teller=teller,
                time=moment,
                details=mask(details),
                raw=raw(line),
            )
        )

    def _client_of_wasm(
        self, found: EnvoyLine, place: tuple[Source, str, float | None, str]
    ) -> None:
        """A call of a wasm plugin that failed is a request that the plugin saw as a client."""
        source, teller, moment, line = place
        code = _WASM_STATUS.search(found.text)
        if code is None:
            return
        self._facts.append(
            Request(
                source=source,
                witness=Witness.CLIENT,
                teller=teller,
                time=moment,
                code=int(code[1]),
                body=mask(envoy_body(found.text) or ""),
                raw=raw(line),
            )
        )


class _Headers:
    """Watches the HTTP/1 codec's trace lines for a framing header that comes twice."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], set[str]] = {}
        self._ending: dict[tuple[str, str], int] = {}

    def twice(self, line: EnvoyLine, teller: str) -> str:
        """The header that this line shows for the second time in its message; ``""`` for none.

        The last header of a message is completed after `onHeadersCompleteBase`, so one line
        after it still belongs to the message.
        """
        key = (teller, line.connection)
        text = line.text
        if text.startswith(("message begin", "message complete", "onMessageComplete")):
            self._forget(key)
        elif text.startswith(("onHeadersComplete", "headers complete")):
            self._ending[key] = 1
        elif (found := _HEADER.match(text)) is not None:
            if self._ending.get(key, 0) > 1:
                self._forget(key)
            if key in self._ending:
                self._ending[key] = 2
            return self._count(key, found["key"])
        return ""

    def _count(self, key: tuple[str, str], header: str) -> str:
        name = header.lower()
        if name not in _FRAMING:
            return ""
        if len(self._seen) >= _CONNECTIONS:
            self._seen.clear()
        seen = self._seen.setdefault(key, set())
        if name in seen:
            return header
        seen.add(name)
        return ""

    def _forget(self, key: tuple[str, str]) -> None:
        self._seen.pop(key, None)
        self._ending.pop(key, None)


def _belongs(text: str) -> bool:
    """Whether a line without a head is part of what Envoy wrote."""
    return bool(_DUMP.match(text) or _THREAD.match(text) or _BACKTRACE.match(text))


def _continued(event: ProxyEvent, text: str) -> ProxyEvent:
    """``event`` with the rest of its line, which a paste had broken."""
    return ProxyEvent(
        source=event.source,
        kind=event.kind,
        teller=event.teller,
        time=event.time,
        connection=event.connection,
        stream=event.stream,
        text=raw(f"{event.text} {text.strip()}"),
        raw=raw(f"{event.raw} {text.strip()}"),
    )
