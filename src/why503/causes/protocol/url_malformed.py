"""Malformed URL: the proxy refuses the request target itself.

## What happens
Before it routes, the proxy checks the target of a request: characters that may not stand in a URL
(a blank, a control character), escapes that are cut or forbidden, a path that cannot be normalised.
It answers 400 by itself with details `http1.invalid_url` or `path_normalization_failed`, or 404
with `invalid_path`; no upstream is asked. A blank inside the URL splits the request line and ends
as `http1.codec_error`. Istio normalises paths by `meshConfig.pathNormalization` (`BASE` by default
since 1.9.5).

## How to tell
* 400 within the first millisecond, upstream host `-`; other paths of the same service go well.
* The caller builds the URL from parts: an environment variable with a line break or a blank at
  its end, a label that is put in without escaping.
* In the log of vmalert or vmagent the URL shows the blank. A pasted line can also have got it
  from a line break of the paste: compare with the flag itself.

## What to do
Mend the URL where it is made: quote and trim the value, escape what comes from outside. For legal
but unusual paths choose another `pathNormalization`.

## References
* Envoy `http1/codec_impl.cc`, `path_utility.cc`; response code details documentation.
* Istio API: `meshConfig.pathNormalization`; RFC 3986, section 2.
"""

from collections.abc import Iterator

from why503.diagnosis.alert_later import Unseen
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Rule,
    Severity,
    Weight,
)
from why503.diagnosis.scenario import Call, Cure, Knob, Load, Scenario
from why503.facts import AppEvent, Request, Witness
from why503.mesh.ending import Ending
from why503.mesh.failure import Family, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_namespace, caller_pod_to_debug
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "url-malformed"
TITLE = _("The proxy refuses the URL of the request itself")
READS = frozenset({"AppEvent", "Request"})
SIGNS = frozenset(
    {
        "http1.invalid_url",
        "path_normalization_failed",
        "invalid_path",
        "missing_path_rejected",
        "absolute_path_rejected",
        "http1.codec_error",
        "DPE",
    }
)
AT = At.LEG
ALERT = Unseen(
    reason=_(
        "It is counted as 400 DPE, as other protocol errors are; only the details name the URL."
    )
)
SCENARIO = Scenario(
    summary="A caller puts an escaped NUL into its path.",
    hop=Place.APP_TO_PROXY,
    load=Load(calls=(Call(), Call(path="{path}/%00", share=Knob(name="share", low=0.3, high=0.8)))),
    cure=Cure(load=Load()),
)

REFUSED_TARGET = Clue(
    Weight.PROVES,
    _("The proxy refused the target of {count:request|requests}: {detail}."),
)
UNREADABLE = Clue(
    Weight.HINTS,
    _("The proxy could not parse the request line (codec_error), as with a blank in the URL."),
)
BLANK_IN_URL = Clue(
    Weight.HINTS,
    _("The caller's log writes the URL with a blank inside: {url} (a line break of the paste?)."),
)
BLANK_SENT = Clue(
    Weight.SPEAKS_FOR,
    _("The client was told to ask for a URL with a blank inside, not written as %20: {url}"),
)
BLANK_REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _("A call with a blank inside its URL was answered with 400: {url}"),
)

RAW_SENT = Clue(
    Weight.SPEAKS_FOR,
    _("A call whose URL holds a letter outside ASCII, not written as %XX, got a 400: {url}"),
)

_TARGET = frozenset(
    {
        "http1.invalid_url",
        "path_normalization_failed",
        "invalid_path",
        "missing_path_rejected",
        "absolute_path_rejected",
    }
)
_CODEC = "http1.codec_error"
_BLANK = lazy_re(r"\S\s+\S")
_BAD_REQUEST = 400


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Details about the target; a blank in a URL that the caller logs."""
    refused = [
        failure
        for failure in hop.having(Ending.DOWNSTREAM_PROTOCOL_ERROR)
        if failure.outcome.detail in _TARGET
    ]
    if refused:
        detail = refused[0].outcome.detail
        yield REFUSED_TARGET.hit(*hop.sources(refused), count=len(refused), detail=detail)
    blank = [event for event in mesh.facts(AppEvent) if _BLANK.search(event.url)]
    unreadable = [f for f in hop.failures if f.outcome.detail == _CODEC]
    if unreadable and blank:
        yield UNREADABLE.hit(*hop.sources(unreadable))
    yield from _sent(hop, mesh)
    if not blank or (hop.role is not Role.CLIENT and hop.family is not Family.CALLER and hop.count):
        return
    answered = [event for event in blank if event.code == 400]
    event = (answered or blank)[0]
    clue = BLANK_REFUSED if answered else BLANK_IN_URL
    yield clue.hit(event.source, url=event.url[:200], observation="blank")


def _sent(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A client's command whose URL has a blank, beside requests that were refused unread."""
    refused = hop.having(Ending.DOWNSTREAM_PROTOCOL_ERROR)
    if not refused and (hop.family is not Family.UNKNOWN or hop.role is Role.UPSTREAM):
        return
    for request in mesh.facts(Request):
        path = request.path or ""
        if not hop.failures and request.code != _BAD_REQUEST:
            continue
        if request.witness is Witness.CLIENT and _BLANK.search(path):
            if any(failure.outcome.detail == _CODEC for failure in refused):
                yield UNREADABLE.hit(*hop.sources(refused))
            yield BLANK_SENT.hit(request.source, url=path[:200], observation="blank")
            return
        if request.witness is Witness.CLIENT and not path.isascii():
            yield RAW_SENT.hit(request.source, url=path[:200], observation="blank")
            return


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The URL as the program was given it."""
    if any(_BLANK.search(event.url) for event in mesh.facts(AppEvent)):
        yield Missing(
            what=_("the caller's -remoteWrite.url as it was started, every character shown"),
            command=f"kubectl -n {caller_namespace(hop, mesh)} get pod "
            f"{caller_pod_to_debug(hop, mesh)} "
            "-o jsonpath='{.spec.containers[*].args}' | cat -A",
            decides=(ID, "keepalive-race"),
        )


BLANK_INSIDE = Rule(
    "blank-inside",
    Severity.ERROR,
    _(
        "The URL has a blank inside: {url}. Take it out of the caller's setting, unless the line "
        "got it when it was copied."
    ),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """A blank inside a URL that the caller's log writes, or that its object sets."""
    seen: set[str] = set()
    for event in mesh.facts(AppEvent):
        if _BLANK.search(event.url) and event.url not in seen:
            seen.add(event.url)
            yield BLANK_INSIDE.at(event.source, url=event.url[:200])
    for alert in mesh.manifests("VMAlert"):
        url = alert.get("spec", "remoteWrite", "url")
        if isinstance(url, str) and _BLANK.search(url):
            yield BLANK_INSIDE.at(alert.where("spec", "remoteWrite", "url"), url=url[:200])


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Mend the URL where it is made."""
    if any(failure.outcome.detail == "path_normalization_failed" for failure in hop.failures):
        yield Remedy(
            title=_("Choose a milder meshConfig.pathNormalization, where the path is meant so"),
            kind=RemedyKind.STOP_GAP,
            disposition=Disposition.NEEDS_REVIEW,
            risks=(
                _(
                    "Authorization policies compare paths: a milder form can let requests past "
                    "them."
                ),
            ),
        )
    yield Remedy(
        title=_("Mend the URL where the caller makes it: trim, quote and escape its parts"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=(
            "kubectl -n <client-namespace> get deploy <client> -o yaml | cat -A | grep -i url",
        ),
        verify=_("The proxy logs the request with its path and no DPE."),
    )
