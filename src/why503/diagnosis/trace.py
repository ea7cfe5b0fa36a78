"""What would happen to one request, step by step. Published as JSON, `why503/trace/v1`."""

from collections.abc import Iterable
from dataclasses import replace

from why503.diagnosis.finding import NotRead, Spot
from why503.diagnosis.inspection import unread_of
from why503.facts import Bundle, Source
from why503.mesh.mesh import Mesh
from why503.mesh.traced.asked import Asked, NotAskedError, asked_of
from why503.mesh.traced.beyond import left_out
from why503.mesh.traced.difference import differences
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.push import Push
from why503.mesh.traced.serving import Compared
from why503.mesh.traced.step import Applied, Branch, Outcome, Step
from why503.mesh.traced.tracing import overall, start, trace
from why503.mesh.traced.view import view_of
from why503.support.dataclass import dataclass

__all__ = ["Asked", "NotAskedError", "Trace", "asked_of", "traced"]

SCHEMA = "why503/trace/v1"


@dataclass(frozen=True, kw_only=True)
class TracedRequest:
    """What was asked."""

    method: str
    host: str
    port: int
    path: str
    speech: str
    """`http`, `http2` or `tcp`."""
    tls: bool
    """Whether the client itself speaks TLS."""
    source: str
    """Workload or gateway where it starts; `""` for a client without a proxy."""


@dataclass(frozen=True, kw_only=True)
class TraceSetting:
    """A setting or policy that holds at a step."""

    object: str
    """Who says so: `DestinationRule shop/orders`."""
    says: str
    source: Spot | None


@dataclass(frozen=True, kw_only=True)
class TraceStep:
    """One decision on the way."""

    proxy: str
    way: str
    """`outbound`, `inbound` or `gateway`."""
    kind: str
    """`listener`, `filter-chain`, `virtual-host`, `route`, `cluster` or `endpoint`."""
    name: str
    """Envoy's name of the thing."""
    text: str
    made_by: str
    """The object that made it; `""` where it does not exist."""
    source: Spot | None
    """The line that made it; null for what Istio makes by itself."""
    applied: tuple[TraceSetting, ...]


@dataclass(frozen=True, kw_only=True)
class TraceOutcome:
    """How the request ends."""

    id: str
    """`passes`, `depends` (on the branch), or the error class: `no-listener`, `no-filter-chain`,
    `several-filter-chains`, `protocol-error`, `tls-error`, `mtls-error`, `no-virtual-host`,
    `no-route`, `tls-redirect`, `redirect`, `direct-response`, `black-hole`, `no-cluster`,
    `no-endpoint`, `fault-abort`, `denied`, `no-name` (nothing given has the name), `no-port`
    (nothing answers there); `unknown` where it leaves what the evidence shows."""
    text: str
    status: int | None
    """As the client gets it; null where the application decides, and for TCP."""
    flag: str
    """Response flags in the first proxy's access log."""
    details: str
    """Response code details there."""
    far: str
    """What the server's proxy logs, where it ends there."""
    passes: bool
    sure: bool
    """False where the evidence does not show all that decides."""
    source: Spot | None


@dataclass(frozen=True, kw_only=True)
class TraceBranch:
    """One of the ways that it may go: weighted routes, several kinds of endpoints, faults."""

    share: float
    """Percent of the requests."""
    steps: tuple[TraceStep, ...]
    outcome: TraceOutcome


@dataclass(frozen=True, kw_only=True)
class TraceDifference:
    """Where the proxy has loaded something else than YAML asks for."""

    text: str
    loaded: str
    asked: str
    why: str
    """`rejected`, `stale` or `unknown`."""
    sources: tuple[Spot, ...]


@dataclass(frozen=True, kw_only=True)
class Trace:
    """The answer of `why503 trace`."""

    schema: str
    request: TracedRequest
    configuration: str
    """`loaded`: of the first proxy's own dump; `yaml`: as istiod would make it of YAML."""
    outcome: TraceOutcome
    steps: tuple[TraceStep, ...]
    """Common to all branches."""
    branches: tuple[TraceBranch, ...]
    differences: tuple[TraceDifference, ...]
    assumed: tuple[str, ...]
    """What the evidence does not tell and was taken for granted."""
    not_modelled: tuple[str, ...]
    """What the evidence has and the trace leaves out."""
    unread: tuple[NotRead, ...]


def traced(bundle: Bundle, asked: Asked, *, namespace: str = "default") -> Trace:
    """The trace of one request; ``namespace``: of objects and names that do not say theirs."""
    push = Push(Mesh(bundle), namespace)
    proxy = start(push, asked)
    view = view_of(push, proxy)
    compared: list[Compared] = []
    found = trace(push, proxy, asked, view, compared)
    whole = overall(found.branches)
    if found.remark:
        whole = replace(whole, text=f"{whole.text} {found.remark}")
    return Trace(
        schema=SCHEMA,
        request=TracedRequest(
            method=asked.method,
            host=asked.host,
            port=asked.port,
            path=asked.path,
            speech=asked.speech.value,
            tls=asked.tls.value != "none",
            source=asked.source,
        ),
        configuration="loaded" if isinstance(view, Dump) else "yaml",
        outcome=_outcome(whole),
        steps=_steps(found.steps),
        branches=tuple(map(_branch, found.branches)),
        differences=tuple(
            TraceDifference(
                text=one.text,
                loaded=one.loaded,
                asked=one.asked,
                why=one.why,
                sources=tuple(_place(source) for source in one.sources),
            )
            for one in differences(push, proxy, asked, compared)
        ),
        assumed=found.assumed,
        not_modelled=left_out(push),
        unread=unread_of(bundle),
    )


def _steps(steps: Iterable[Step]) -> tuple[TraceStep, ...]:
    return tuple(
        TraceStep(
            proxy=one.proxy,
            way=one.way,
            kind=one.kind.value,
            name=one.name,
            text=one.text,
            made_by=one.made.by,
            source=_spot(one.made.source),
            applied=tuple(map(_setting, one.applied)),
        )
        for one in steps
    )


def _setting(one: Applied) -> TraceSetting:
    return TraceSetting(object=one.object, says=one.says, source=_spot(one.source))


def _branch(one: Branch) -> TraceBranch:
    return TraceBranch(
        share=round(one.share, 2), steps=_steps(one.steps), outcome=_outcome(one.outcome)
    )


def _outcome(one: Outcome) -> TraceOutcome:
    return TraceOutcome(
        id=one.id,
        text=one.text,
        status=one.status,
        flag=one.flag,
        details=one.details,
        far=one.far,
        passes=one.passes,
        sure=one.sure,
        source=_spot(one.source),
    )


def _spot(source: Source | None) -> Spot | None:
    return None if source is None else _place(source)


def _place(source: Source) -> Spot:
    return Spot(path=source.path, line=source.line)
