"""Front load balancer: what stands before the mesh made the error.

## What happens
A cloud load balancer, CDN or reverse proxy in front of the gateway has clocks, limits and error
pages of its own. It answers 502, 503 or 504 by itself when its timeout runs out, when its health
check has failed, or when it reuses an idle connection that the gateway is closing (the gateway's
idle timeout must be *longer* than the balancer's: ALB 60 s, Google 600 s). The gateway's log shows
at most `0 DC downstream_remote_disconnect`, often nothing.

## How to tell
* The error page and the `server:` header are not Envoy's: `awselb/2.0`, `CloudFront`, `nginx`,
  `Google Frontend`, `cloudflare`. Envoy answers with a short plain text and `server: istio-envoy`
  (or passes on the application's own).
* Codes that no mesh writes: 460, 463, 499, 520-527, 561.
* The gateway has no line of the request, or `0 DC` after exactly 60 s (ALB) or 350 s (NLB).

## What to do
Look into the balancer's own log (`elb_status_code` against `target_status_code`), and order the
clocks. Idle timeouts grow towards the inside: the gateway keeps connections longer than the
balancer. Request timeouts grow towards the outside: the balancer waits longer than the gateway.

## References
* AWS: Application Load Balancer troubleshooting (460, 463, 502, 504), idle timeout 60 s.
* Google Cloud: backend keep-alive timeout 600 s, gateways need more than that.
* nginx: 499, client closed request.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Unseen
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.diagnosis.hazard import Finder, Hazard, Rule, Severity, met
from why503.facts import Request, Witness
from why503.mesh.address import is_service_name
from why503.mesh.armed import balancer
from why503.mesh.cut_connection import cut_calls
from why503.mesh.ending import Ending
from why503.mesh.failure import Family, Role
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of
from why503.mesh.timing import FEW, bunched_at
from why503.support.duration import spell
from why503.support.text import _

ID = "front-lb"
TITLE = _("A load balancer or CDN in front of the mesh made the error itself")
READS = frozenset({"Request", "Service", "fragment"})
SIGNS = frozenset({"awselb", "CloudFront", "460", "499", "Google Frontend"})
AT = At.FRONT
ALERT = Unseen(
    reason=_("What stands in front of the mesh answers by itself, and no proxy counts it.")
)
# What stands in front of the mesh writes no log of Envoy's, and its failures are its own.
SCENARIO = None

ITS_SERVER = Clue(
    Weight.SPEAKS_FOR,
    _("The answer {code} names {server} as its server, which passes on what a backend answered."),
)
MAYBE_ITS_SERVER = Clue(
    Weight.HINTS, _("The answer {code} names {server} as its server; Envoy did not write it.")
)
ITS_LOG = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The log of {server} has {code} and no status of its target {target}: it gave the answer "
        "itself."
    ),
)
ITS_PAGE = Clue(Weight.SPEAKS_FOR, _("The error page is that of {server}, not Envoy's."))
ITS_CODE = Clue(
    Weight.SPEAKS_FOR,
    _("Code {code} is one that load balancers and CDNs write, no proxy in a mesh."),
)
CALL_CUT = Clue(
    Weight.HINTS,
    _(
        "The connection of {count:call was|calls were} reset under the caller, without an answer "
        "of any proxy: a load balancer that forgot an idle flow does so."
    ),
)
STANDS_THERE = Clue(
    Weight.HINTS,
    _("A load balancer of {maker} stands before the mesh; it forgets flows idle for {limit}."),
)
ITS_CLOCK = Clue(
    Weight.HINTS,
    _("The callers went away after {duration}, the idle limit of {server}."),
)
GAVE_UP = Clue(
    Weight.SPEAKS_FOR,
    _("Its client got {code} while the caller of this proxy went away, after {duration}."),
)
UNSEEN = Clue(
    Weight.HINTS, _("The access logs given have no failure of this code, so they passed it by.")
)
FROM_THE_MESH = Clue(Weight.SPEAKS_AGAINST, _("The answer carries Envoy's own words or headers."))

_SURE_SERVERS = {"awselb": "AWS ELB", "cloudfront": "CloudFront", "akamaighost": "Akamai"}
"""They name themselves only in answers of their own making."""
_USUAL_SERVERS = {
    "nginx": "nginx",
    "openresty": "nginx",
    "cloudflare": "Cloudflare",
    "google frontend": "Google Frontend",
    "1.1 google": "Google",
    "microsoft-azure-application-gateway": "Azure Application Gateway",
    "varnish": "Varnish",
    "haproxy": "HAProxy",
}
"""They name themselves in every answer, or may be the application."""
_PAGES = {
    "awselb/": "AWS ELB",
    "(CloudFront)": "CloudFront",
    "cloudfront": "CloudFront",
    "The server encountered a temporary error and could not complete your request": "Google",
    "Error: Server Error": "Google",
    "cf-error-details": "Cloudflare",
    "<center>nginx": "nginx",
    "Microsoft-Azure-Application-Gateway": "Azure Application Gateway",
}
_CODES = frozenset({460, 463, 499, 520, 521, 522, 523, 524, 525, 526, 527, 561})
_CLOCKS = {60.0: "AWS ALB", 350.0: "AWS NLB", 240.0: "Azure Load Balancer"}
_BALANCERS = {
    "kubernetes.io/aws-load-balancer-": ("AWS", "350s"),
    "kubernetes.io/azure-load-balancer-": ("Azure", "4m"),
    "networking.gke.io/load-balancer-type": ("Google", "10m"),
    "cloud.google.com/load-balancer-type": ("Google", "10m"),
}
"""Annotations of Services by which a cloud makes a load balancer, and when it forgets flows."""
_GATEWAY_CODES = frozenset({502, 503, 504})
_NEAR = 0.02


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Answers that something before the mesh wrote, and callers with its clock."""
    if hop.family is Family.CALLER and hop.role is not Role.UPSTREAM:
        yield from _clock(hop)
        yield from _gave_up(hop, mesh)
        return
    if (cut := cut_calls(hop)) and not is_service_name(hop.host):
        yield CALL_CUT.hit(*hop.sources(cut), count=len(cut))
        yield from _stands_there(mesh)
    if hop.family not in {Family.UNKNOWN, Family.ANSWER} or hop.role is not Role.CLIENT:
        return
    answers = [failure.teller for failure in hop.failures]
    found = [hit for answer in answers for hit in _written(answer)]
    if not found:
        return
    yield from found
    if any(_of_envoy(answer) for answer in answers):
        yield FROM_THE_MESH.hit(*hop.sources())
    if mesh.logs and not any(log.failures for log in mesh.logs):
        yield UNSEEN.hit(mesh.logs[0].source)


def _stands_there(mesh: Mesh) -> Iterator[Hit]:
    """A Service, or a part of one, whose annotations ask a cloud for a load balancer."""
    for manifest in (*mesh.manifests("Service"), *mesh.manifests("")):
        for place in (("metadata", "annotations"), ("annotations",), ()):
            for key in mapping_of(manifest.get(*place)):
                found = next((told for word, told in _BALANCERS.items() if word in key), None)
                if found is not None:
                    yield STANDS_THERE.hit(manifest.source, maker=found[0], limit=found[1])
                    return


def _written(answer: Request) -> Iterator[Hit]:
    server = (answer.server or "").lower()
    for names, clue in ((_SURE_SERVERS, ITS_SERVER), (_USUAL_SERVERS, MAYBE_ITS_SERVER)):
        if name := next((label for word, label in names.items() if word in server), ""):
            target = answer.upstream_host
            if target is not None:
                yield ITS_LOG.hit(
                    answer.source,
                    code=answer.code,
                    server=name,
                    target=target or "-",
                    observation="server",
                )
                continue
            yield clue.hit(answer.source, code=answer.code, server=name, observation="server")
    body = answer.body or ""
    if name := next((label for words, label in _PAGES.items() if words in body), ""):
        yield ITS_PAGE.hit(answer.source, server=name, observation="page")
    if answer.code in _CODES:
        yield ITS_CODE.hit(answer.source, code=answer.code)


def _of_envoy(answer: Request) -> bool:
    return "envoy" in (answer.server or "") or answer.upstream_service_time is not None


def _clock(hop: Hop) -> Iterator[Hit]:
    failures = hop.having(Ending.CLIENT_GONE)
    times = [f.teller.duration / 1000 for f in failures if f.teller.duration is not None]
    waited = bunched_at(times, _NEAR) if len(times) >= FEW else None
    for limit, server in _CLOCKS.items():
        if waited is not None and abs(waited - limit) <= _NEAR * limit:
            yield ITS_CLOCK.hit(*hop.sources(failures), duration=spell(limit), server=server)


def _gave_up(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A client got the balancer's own answer, and its connection to the mesh ended just so."""
    failures = hop.having(Ending.CLIENT_GONE)
    times = [f.teller.duration / 1000 for f in failures if f.teller.duration is not None]
    answers = [
        request
        for request in mesh.facts(Request)
        if request.witness is Witness.CLIENT
        and request.code in _GATEWAY_CODES
        and any(word in (request.server or "").lower() for word in _SURE_SERVERS)
    ]
    waited = bunched_at(times, _NEAR)
    if not answers or waited is None:
        return
    hit = next((hit for hit in _written(answers[0])), None)
    if hit is not None:
        yield hit
    yield GAVE_UP.hit(
        answers[0].source, *hop.sources(failures), code=answers[0].code, duration=spell(waited)
    )


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The gateway's log of the same moment: is the request in it."""
    yield from question.given(
        question.caller_proxy_log(hop, mesh, ID, "client-disconnect", "upstream-returned-5xx")
    )


ARMED: dict[Finder, Rule] = {
    balancer.gateways_closing_first: Rule(
        "gateway-idle-below-balancer",
        Severity.WARNING,
        _(
            "{gateway} closes idle connections after {idle} ({by}), {balancer} before it reuses "
            "them up to {limit} ({told}): a request that meets the close gets its 502."
        ),
    ),
    balancer.routes_above_balancer: Rule(
        "route-timeout-above-balancer",
        Severity.WARNING,
        _(
            "{route} waits {timeout} for an answer, {balancer} before {gateway} only {limit} "
            "({told}): it says 504 while the mesh still works on the request."
        ),
    ),
    balancer.balancers_forgetting_first: Rule(
        "balancer-idle-below-gateway",
        Severity.NOTE,
        _(
            "{balancer} before {gateway} forgets connections idle for {limit} ({told}), the "
            "gateway keeps them for {idle} ({by}): a client that goes on with one is reset."
        ),
    ),
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Idle times of the balancer and of the gateway behind it that do not fit each other."""
    return met(ARMED, mesh)


def remedies(_hop: Hop, _mesh: Mesh) -> Iterator[Remedy]:
    """The balancer's own log, and clocks that fit."""
    yield Remedy(
        title=_("Read the balancer's own log: did it answer itself, and why"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        verify=_("The balancer's log shows the status that its target gave."),
    )
    yield Remedy(
        title=_("Let the gateway keep idle connections longer than the balancer does"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
        risks=(_("The gateway holds more idle connections."),),
    )
