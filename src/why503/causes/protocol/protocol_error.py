"""Protocol error: a peer sent HTTP that the proxy's codec refuses.

## What happens
Envoy parses strictly. An answer of the upstream that it refuses ends as `502 UPE`,
`upstream_reset_before_response_started{protocol_error}` (Envoy before 1.18: `503 UC`): two
`Transfer-Encoding: chunked`, Content-Length beside chunked, a control character in a header, more
than 100 headers, a header block that is too large, bytes that are no HTTP. A request of the
caller that it refuses is answered by the proxy itself with `DPE`: 400, 426, 431 or 501, and the
details name what is wrong (`http1.headers_too_large`, `http1.invalid_characters`).

## How to tell
* Certain answers fail every time, others of the same server go well. If *all* fail, think of the
  wrong HTTP version (`h2-mismatch`).
* The reason stands in the proxy's debug log only (`protocol error: ...`, `invalid http2: ...`);
  set `http:debug,http2:debug,client:debug`.
* Counter `upstream_cx_protocol_error` of the cluster, `downstream_cx_protocol_error` of the HTTP
  connection manager.

## What to do
Mend the peer that sends it. A proxy in between that copies hop-by-hop headers of its backend
(`Transfer-Encoding`, `Content-Length`) is a classic. Limits for size and count can be raised with
an EnvoyFilter (`max_request_headers_kb`, `max_headers_count`, `max_response_headers_kb`).

## References
* Envoy `http1/codec_impl.cc`, `http2/codec_impl.cc`; response code details documentation.
* RFC 9112, sections 6.1 and 6.3.
* Measured on Envoy 1.40.0 for each kind of defect.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, flagged
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.diagnosis.scenario import Answer, Call, Cure, Deed, Knob, Load, Scenario, Server
from why503.facts import ProxyEvent, ProxyEventKind, Witness
from why503.mesh.captured import Shape, captured_on
from why503.mesh.cut_connection import work_of
from why503.mesh.ending import HEADERS_TOO_LARGE, Ending
from why503.mesh.failure import Failure, Family
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import service_name, telling_pod
from why503.mesh.timing import successes
from why503.support.duration import spell
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "protocol-error"
TITLE = _("A peer sent HTTP that the proxy's codec refuses")
READS = frozenset({"ProxyEvent", "TcpConnection"})
SIGNS = frozenset(
    {
        "UPE",
        "DPE",
        "protocol error",
        "http1.headers_too_large",
        "http1.too_many_headers",
        "http1.invalid_characters",
        "http1.content_length_and_chunked_not_allowed",
        "http1.invalid_transfer_encoding",
        "http1.codec_error",
        "http2.invalid.header.field",
        "http2.violation.of.messaging.rule",
        "low_version",
        "missing_host_header",
    }
)
AT = At.LEG
ALERT = flagged("UPE", "DPE", code="502", limits=Limits(most=0.95))
_DEED = Knob(name="deed", choices=(Deed.BAD_FRAMING, Deed.BAD_HEADER))
SCENARIO = Scenario(
    summary="Some answers of the application frame their body in two ways at once.",
    hop=Place.UPSTREAM_PROXY_TO_APP,
    servers=(
        Server(
            answers=(
                Answer(path="{path}/export", deed=_DEED),
                Answer(delay=0.01),
            )
        ),
    ),
    load=Load(calls=(Call(), Call(path="{path}/export"))),
    cure=Cure(servers=(Server(),)),
)

REFUSED_ANSWER = Clue(
    Weight.HINTS,
    _("{count:answer was|answers were} refused by the proxy's codec (protocol error)."),
)
REFUSED_AFTER_WORK = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:answer was|answers were} refused by the proxy's codec (protocol error), after "
        "{duration} of work: a peer of another HTTP version is refused at its first bytes."
    ),
)
REFUSED_REST = Clue(
    Weight.HINTS,
    _("{count:answer|answers} broke off in the middle (protocol error after the headers)."),
)
CODEC_SAYS = Clue(Weight.PROVES, _("The proxy's log says what its codec refused: {text}"))
CODEC_LOGGED = Clue(
    Weight.SPEAKS_FOR,
    _("A proxy's log shows that its codec refused a message: {text}"),
)
CAPTURED_ANSWER = Clue(
    Weight.PROVES,
    _("A packet capture shows an answer that is not HTTP/1 as the codec takes it: {text}"),
)
CAPTURED_REQUEST = Clue(
    Weight.PROVES, _("A packet capture shows a request that no codec takes: {text}")
)
TWICE = Clue(
    Weight.PROVES,
    _("A message carried the header {header} twice, which Envoy refuses."),
)
SOME_GO_WELL = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:other request|other requests} to {service} went well: only certain answers are "
        "refused."
    ),
)
REFUSED_REQUEST = Clue(
    Weight.PROVES,
    _("The proxy refused the caller's request as bad HTTP and names the defect: {detail}."),
)
UNREADABLE_REQUEST = Clue(
    Weight.HINTS,
    _("The proxy could not parse {count:request|requests} at all (DPE)."),
)
HEADERS = Clue(
    Weight.SPEAKS_FOR,
    _("{count:request was|requests were} answered 431: their headers were too large or too many."),
)
LOW_VERSION = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:request was|requests were} answered 426 by the proxy, as it answers HTTP/1.0 "
        "where that is not allowed."
    ),
)
REFUSED_UNNAMED = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy refused {count:request|requests} of the caller as bad HTTP (DPE)."),
)

WRONG_VERSION = lazy_re(
    r"does not support HTTP/2 properly|expected SETTINGS|HPE_INVALID_CONSTANT|PRI \* HTTP/2"
)
"""Complaints that mean the other HTTP version, not a bad message."""
_BROKEN_OFF = lazy_re(r"HPE_INVALID_EOF_STATE|EOF")
_LOW_VERSION = "low_version"
_OF_TARGET = frozenset(
    {
        "http1.invalid_url",
        "path_normalization_failed",
        "invalid_path",
        "missing_path_rejected",
        "absolute_path_rejected",
    }
)
"""Details about the request target; they belong to url-malformed."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Refused answers (UPE), refused requests (DPE), and the codec's own words."""
    if hop.family is Family.CALLER:
        yield from _requests(hop)
        for found in captured_on(hop, mesh, Shape.BAD_REQUEST)[:1]:
            yield CAPTURED_REQUEST.hit(*found.sources, text=found.detail)
        return
    before, after = _refused_answers(hop)
    if after:
        yield REFUSED_REST.hit(*hop.sources(after), count=len(after), observation="refused answers")
    if before:
        worked = work_of(hop, before)
        yield (REFUSED_ANSWER if worked is None else REFUSED_AFTER_WORK).hit(
            *hop.sources(before),
            count=len(before),
            duration=spell((worked or 0.0) / 1000),
            observation="refused answers",
        )
        good = successes(hop, mesh)
        if well := sum(group.count for group in good):
            lines = [line for group in good[:3] for line in group.exemplars[:1]]
            yield SOME_GO_WELL.hit(*lines, count=well, service=service_name(hop))
        for found in captured_on(hop, mesh, Shape.BAD_ANSWER)[:1]:
            yield CAPTURED_ANSWER.hit(*found.sources, text=found.detail, observation="codec")
    ended = before or hop.having(Ending.CONNECTION_TERMINATION)
    if ended or hop.family is Family.UNKNOWN:
        yield from _codec(mesh, proves=bool(before))


def _refused_answers(hop: Hop) -> tuple[list[Failure], list[Failure]]:
    """Failures with a protocol error, before and after the answer had begun."""
    failures = hop.having(Ending.PROTOCOL_ERROR)
    before = [failure for failure in failures if not failure.outcome.after_headers]
    return before, [failure for failure in failures if failure.outcome.after_headers]


def _codec(mesh: Mesh, *, proves: bool) -> Iterator[Hit]:
    said = [
        event
        for event in mesh.events(ProxyEvent, ProxyEventKind.CODEC_ERROR)
        if not WRONG_VERSION.search(event.text) and not _BROKEN_OFF.search(event.text)
    ]
    twice = mesh.events(ProxyEvent, ProxyEventKind.DUPLICATE_HEADER)
    if twice:
        yield TWICE.hit(
            *(event.source for event in twice[:3]), header=twice[0].text, observation="codec"
        )
    elif said:
        clue = CODEC_SAYS if proves else CODEC_LOGGED
        yield clue.hit(
            *(event.source for event in said[:3]), text=said[0].text[:200], observation="codec"
        )


def _requests(hop: Hop) -> Iterator[Hit]:
    """Requests that the proxy refused to its caller."""
    refused = hop.having(Ending.DOWNSTREAM_PROTOCOL_ERROR)
    large = [f for f in refused if f.outcome.detail == HEADERS_TOO_LARGE]
    named = [f for f in refused if _is_named(f)]
    old = [f for f in refused if f.outcome.surmised and f.outcome.detail == _LOW_VERSION]
    unreadable = [f for f in refused if f.outcome.detail == "http1.codec_error" or _bare(f)]
    unnamed = [f for f in refused if not f.outcome.detail and not _bare(f)]
    if named:
        detail = named[0].outcome.detail
        yield REFUSED_REQUEST.hit(*hop.sources(named), detail=detail, observation="request")
    elif large:
        yield HEADERS.hit(*hop.sources(large), count=len(large), observation="request")
    elif old:
        yield LOW_VERSION.hit(*hop.sources(old), count=len(old), observation="request")
    elif unreadable:
        yield UNREADABLE_REQUEST.hit(
            *hop.sources(unreadable), count=len(unreadable), observation="request"
        )
    elif unnamed:
        yield REFUSED_UNNAMED.hit(*hop.sources(unnamed), count=len(unnamed), observation="request")


def _bare(failure: Failure) -> bool:
    """True where not even the request line could be read, and nothing says why."""
    told = failure.teller
    proxy = told.witness is Witness.ACCESS_LOG
    return proxy and not failure.outcome.detail and not told.method and not told.path


def _is_named(failure: Failure) -> bool:
    detail = failure.outcome.detail
    if failure.outcome.surmised and detail == _LOW_VERSION:
        return False
    unnamed = {"http1.codec_error", HEADERS_TOO_LARGE}
    return bool(detail) and detail not in _OF_TARGET | unnamed


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The codec's own words, and the message itself."""
    space, pod = telling_pod(hop, mesh)
    yield Missing(
        what=_("what the proxy's codec says, in its debug log"),
        command=f"istioctl proxy-config log {pod} -n {space} --level http:debug,http2:debug,"
        f"client:debug; kubectl -n {space} logs {pod} -c istio-proxy --since=5m",
        decides=(ID, "h2-mismatch", "protocol-selection"),
    )
    if hop.family is not Family.CALLER:
        yield from question.given(question.service(hop, mesh, ID, "h2-mismatch"))


def hazards(_mesh: Mesh) -> Iterator[Hazard]:
    """None: nothing in the configuration tells what a peer will send."""
    yield from ()


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Mend the sender; raise a limit where size or count is the defect."""
    details = {failure.outcome.detail for failure in hop.failures}
    sender = _("the caller") if hop.family is Family.CALLER else service_name(hop)
    if any("large" in detail or "too_many" in detail for detail in details):
        yield Remedy(
            title=_("Raise max_request_headers_kb or max_headers_count with an EnvoyFilter"),
            kind=RemedyKind.STOP_GAP,
            disposition=Disposition.NEEDS_REVIEW,
            risks=(
                _(
                    "Larger headers cost memory in every proxy on the way, and each must allow "
                    "them."
                ),
            ),
        )
    yield Remedy(
        title=_("Mend the messages that {sender} sends").format(sender=sender),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=("curl -sv --raw http://<pod-ip>:<port>/<path> -o /dev/null",),
        verify=_("upstream_cx_protocol_error and downstream_cx_protocol_error stop growing."),
    )
