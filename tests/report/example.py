"""A believable answer, made by hand, for the tests of every format."""

from dataclasses import replace
from typing import Any

from why503.diagnosis.finding import (
    SCHEMA,
    Answer,
    DataLoss,
    Diagnosis,
    Finding,
    FoundClue,
    FoundHop,
    FoundMissing,
    FoundPatch,
    FoundRemedy,
    NotRead,
    ReadInput,
    Spot,
    Traffic,
    Unexplained,
    Verdict,
)

PATCH = """\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: store
  namespace: shop
spec:
  host: store.shop.svc.cluster.local
  trafficPolicy:
    connectionPool:
      http:
        idleTimeout: 50s
"""


def spot(line: int, path: str = "server/access.log") -> Spot:
    return Spot(path=path, line=line)


def clue(text: str, *lines: int, speaks: str = "for", weight: str = "speaks for") -> FoundClue:
    spots = tuple(spot(line) for line in lines)
    return FoundClue(
        text=text, speaks=speaks, weight=weight, source=spots[0] if spots else None, more=spots[1:]
    )


def question(what: str = "the access log of the caller's proxy") -> FoundMissing:
    return FoundMissing(
        what=what,
        command="kubectl -n shop logs cart-0 -c istio-proxy --since=1h",
        decides=("keepalive-race", "upstream-crash"),
        gain=0.4,
    )


def remedy(kind: str, title: str, **given: Any) -> FoundRemedy:
    fields: dict[str, Any] = {
        "disposition": "safe",
        "patches": (),
        "commands": (),
        "risks": (),
        "verify": "",
        "undo": "",
    }
    return FoundRemedy(title=title, kind=kind, **(fields | given))


REMEDIES = (
    remedy(
        "stop-gap",
        "Let the caller's proxy try once more when the connection was reset",
        commands=("kubectl apply -f retry.yaml", "kubectl -n shop get virtualservice"),
        risks=("A request that is not idempotent can be done twice.",),
        disposition="needs-review",
    ),
    remedy(
        "fix",
        "Close idle connections in the proxy before the server does",
        patches=(FoundPatch(yaml=PATCH, path="shop.yaml", line=12),),
        verify="No more 503 UC in an hour.",
        undo="Delete the DestinationRule.",
    ),
    remedy("prevention", "Alert on 503 UC", disposition="outside-mesh"),
)


def finding(cause: str = "keepalive-race", **given: Any) -> Finding:
    fields: dict[str, Any] = {
        "title": "The server closed an idle connection as the proxy reused it",
        "confidence": 0.957,
        "verdict": Verdict.PROVEN,
        "hop": FoundHop(
            id="upstream-proxy->upstream-app",
            downstream="cart",
            upstream="store",
            destination="store.shop.svc.cluster.local:8080",
        ),
        "failures": 42,
        "requests": 700,
        "first": "2026-01-05T22:54:13.120Z",
        "last": "2026-01-05T22:55:02.480Z",
        "clues": (
            clue("The connection had been idle for 60 s, as long as the server waits.", 7, 19, 23),
            clue("The server closed before it answered (503 UC).", 7, weight="hints"),
            clue("One request failed on a new connection.", 31, speaks="against"),
        ),
        "missing": (question(),),
        "remedies": REMEDIES,
    }
    return Finding(cause=cause, **(fields | given))


def rival(cause: str = "upstream-crash", confidence: float = 0.1) -> Finding:
    """Another cause on the hop of `finding()`."""
    return finding(
        cause,
        title="The application died",
        confidence=confidence,
        verdict=Verdict.POSSIBLE,
        remedies=(),
    )


def elsewhere(destination: str = "items.shop.svc.cluster.local:9090") -> Finding:
    """A finding on another hop."""
    hop = FoundHop(id="downstream-proxy", downstream="", upstream="items", destination=destination)
    return finding(
        "no-healthy-endpoints",
        title="No endpoint was ready",
        confidence=0.7,
        verdict=Verdict.LIKELY,
        hop=hop,
        failures=3,
        requests=3,
    )


def diagnosis(*findings: Finding, **given: Any) -> Diagnosis:
    fields: dict[str, Any] = {
        "schema": SCHEMA,
        "answer": Answer.FINDINGS if findings else Answer.NO_FAILURE,
        "inputs": (
            ReadInput(
                path="server/access.log",
                kinds=("access log",),
                lines=701,
                facts=1,
                not_understood=1,
            ),
        ),
        "traffic": Traffic(
            requests=700,
            failures=sum(found.failures for found in findings),
            first="2026-01-05T22:00:00.000Z",
            last="2026-01-05T23:00:00.000Z",
            endings={"reset by the server": 42} if findings else {},
        ),
        "findings": findings,
        "data_loss": None,
        "unexplained": (),
        "next_checks": (),
        "unread": (),
    }
    return Diagnosis(**(fields | given))


def full() -> Diagnosis:
    """Something in every part."""
    return diagnosis(
        finding(),
        elsewhere(),
        rival(),
        data_loss=DataLoss(
            verdict="nothing-lost", text="Every failed write was repeated.", source=spot(3)
        ),
        unexplained=(
            Unexplained(
                hop="downstream-proxy->upstream-proxy",
                destination="pay.shop.svc.cluster.local:80",
                what="503 UF connection failure",
                failures=2,
                source=spot(40),
            ),
        ),
        next_checks=(question(),),
        unread=(NotRead(source=spot(9), reason="1 line was not understood.", lines=1),),
    )


def without_findings(answer: Answer, **given: Any) -> Diagnosis:
    return replace(diagnosis(), answer=answer, **given)
