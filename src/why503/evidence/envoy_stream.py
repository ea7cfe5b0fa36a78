"""Requests as a proxy's debug log tells them, gathered stream by stream."""

from why503.evidence.envoy_line import EnvoyLine
from why503.facts import Request, Source, Witness
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask, raw

STREAMS_LIMIT = 10_000
"""Streams that are followed at one time; the oldest is given out when one more begins."""

_CLUSTER = lazy_re(r"cluster '([^']{0,400})' match for URL '([^']{0,4000})'")
_RESET = lazy_re(
    r"upstream reset: reset reason:? ?([^,]{0,200})(?:, transport failure reason: ?(.*))?"
)
_DETAILS = lazy_re(
    r"(?:Sending|Preparing) local reply with details (\S.*)|Resetting stream due to (\S+?)\.? "
    r"Prior headers|^stream reset: reset reason:? ?[^,]{0,200}, response details: (downstream_\S+)"
)
_DUMP = lazy_re(r"\s{0,8}'(?P<key>[^']{1,200})', '(?P<value>.{0,4000}?)'\s*(?:thread=\d+)?\s*$")
_ANSWERED = "upstream headers complete"
_WANTED = {
    ":authority": "authority",
    ":path": "path",
    ":method": "method",
    "x-request-id": "request_id",
}

_CONTROL_PLANE = ("/envoy.service.", "/istio.v1.auth.")

HTTP_ERROR = 500
_OF_REQUEST, _OF_ANSWER = 1, 2


@dataclass
class _Stream:
    """What was told of one stream so far."""

    source: Source
    teller: str
    raw: str
    time: float | None
    fields: dict[str, str]
    reset: str | None = None
    transport_failure: str | None = None
    details: str | None = None
    code: int | None = None
    answered: bool = False
    """The upstream's headers came in since the last reset."""


class Streams:
    """Follows the streams of one log."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, str, str], _Stream] = {}
        self._dump: _Stream | None = None
        self._dump_of = 0
        self._done: list[Request] = []

    def see(
        self, line: EnvoyLine, source: Source, teller: str, time: float | None, text: str
    ) -> None:
        """Take in a line that has a stream id; any other line ends a dump of headers."""
        self._close_dump()
        if not line.stream:
            return
        key = (teller, line.connection, line.stream)
        stream = self._streams.get(key)
        if stream is None:
            if len(self._streams) >= STREAMS_LIMIT:
                self._give(self._streams.pop(next(iter(self._streams))))
            stream = _Stream(source=source, teller=teller, raw="", time=time, fields={})
            self._streams[key] = stream
        self._note(stream, line.text, source, text)
        if line.text.startswith(("request headers complete", "router decoding headers")):
            self._dump, self._dump_of = stream, _OF_REQUEST
        elif line.text.startswith("encoding headers"):
            self._dump, self._dump_of = stream, _OF_ANSWER
        elif line.text.startswith("Codec completed encoding"):
            self._give(self._streams.pop(key))

    def dumped(self, text: str) -> bool:
        """Take in a line of a dump of headers, as in `':status', '503'`; False where it is none."""
        found = _DUMP.match(text)
        if found is None:
            return False
        stream, key, value = self._dump, found["key"], found["value"]
        if stream is None:
            return True
        if self._dump_of == _OF_REQUEST and key in _WANTED:
            stream.fields[_WANTED[key]] = mask(value)
        elif (
            self._dump_of == _OF_ANSWER and key == ":status" and value.isascii() and value.isdigit()
        ):
            stream.code = int(value[:4])
        return True

    def finish(self) -> list[Request]:
        """Every request that failed, in the order in which they ended."""
        for stream in self._streams.values():
            self._give(stream)
        self._streams.clear()
        return self._done

    def _close_dump(self) -> None:
        self._dump = None

    @staticmethod
    def _note(stream: _Stream, text: str, source: Source, line: str) -> None:
        """Keep what a text tells of its stream."""
        if text.startswith(_ANSWERED):
            stream.answered = True
            if not stream.raw:
                stream.source, stream.raw = source, raw(line)
            return
        if (reset := _RESET.search(text)) is not None:
            stream.reset, stream.answered = reset[1].strip(), False
            stream.transport_failure = mask((reset[2] or "").strip())
        elif (details := _DETAILS.search(text)) is not None:
            stream.details = mask((details[1] or details[2] or details[3]).strip())
        elif (cluster := _CLUSTER.search(text)) is not None:
            stream.fields["upstream_cluster"] = cluster[1]
            stream.fields.setdefault("path", mask(cluster[2]))
            return
        else:
            return
        stream.source = source
        stream.raw = raw(line)

    def _give(self, stream: _Stream) -> None:
        """Give out a stream that failed; one that went well, also after a retry, is forgotten."""
        answered = stream.code is not None and stream.code < HTTP_ERROR
        failed = stream.code is not None and stream.code >= HTTP_ERROR
        if not (failed or stream.details or (stream.reset is not None and not answered)):
            return
        if stream.fields.get("path", "").startswith(_CONTROL_PLANE):
            return
        details = stream.details
        if details is None and stream.reset is not None:
            details = f"upstream_reset_before_response_started{{{stream.reset}}}"
        elif details is None and stream.answered:
            details = "via_upstream"
        self._done.append(
            Request(
                source=stream.source,
                witness=Witness.PROXY_LOG,
                teller=stream.teller,
                time=stream.time,
                code=stream.code,
                details=details,
                transport_failure=stream.transport_failure,
                method=stream.fields.get("method"),
                path=stream.fields.get("path"),
                authority=stream.fields.get("authority"),
                request_id=stream.fields.get("request_id"),
                upstream_cluster=stream.fields.get("upstream_cluster"),
                raw=stream.raw,
            )
        )
