"""The answer as blocks, in the order in which it is read; text, terminal and Markdown show them."""

from collections.abc import Iterator, Sequence

from why503.diagnosis.finding import (
    Answer,
    Armed,
    Diagnosis,
    Finding,
    FoundMissing,
    NotRead,
    Traffic,
    Unexplained,
)
from why503.report.block import Block, Code, Heading, Item, Paragraph, Span, Tone
from why503.report.change_outline import changes
from why503.report.clean import cleaned
from why503.report.finding_outline import chief, further, place, rival
from why503.report.input_table import clock_items, input_table
from why503.report.times import period
from why503.support.text import _, ngettext

FURTHER = 3
"""Hops besides the first that get a part of their own."""
QUESTIONS = 3
UNREAD = 5
UNREAD_WHOLE = 2
"""Reasons up to which each is shown whole: the end of a reason says what to do."""
ARMED = 3
UNEXPLAINED = 5
"""Elements of a list that are shown unless all are asked for."""
REASON_WIDTH = 94
"""Characters of a reason that are shown unless all is asked for."""


def outline(diagnosis: Diagnosis, *, verbose: bool = False) -> tuple[Block, ...]:
    """All blocks of the answer; ``verbose`` leaves nothing out and begins with the inputs."""
    clean = cleaned(diagnosis)
    return tuple(_blocks(clean, verbose=verbose))


def _blocks(diagnosis: Diagnosis, *, verbose: bool) -> Iterator[Block]:
    if verbose and diagnosis.inputs:
        yield Heading((Span(_("Inputs")),))
        yield input_table(diagnosis.inputs)
    if diagnosis.answer is Answer.FINDINGS and diagnosis.findings:
        yield from _found(diagnosis, verbose=verbose)
    elif diagnosis.answer is Answer.NO_FAILURE:
        yield Heading((Span(_no_failure(diagnosis.traffic), Tone.GOOD),), level=1)
        yield from _data_loss(diagnosis)
    elif diagnosis.answer is Answer.NOTHING_READ:
        yield from _nothing_read(diagnosis)
    else:
        yield from _cannot_tell(diagnosis)
    yield from changes(diagnosis.comparison, verbose=verbose)
    yield from _unexplained(diagnosis.unexplained, verbose=verbose)
    yield from _armed(diagnosis.armed, verbose=verbose)
    yield from clock_items(diagnosis.clocks)
    yield from _next_checks(diagnosis.next_checks, verbose=verbose)
    few = len(diagnosis.unread) <= UNREAD_WHOLE
    whole = verbose or few or diagnosis.answer is Answer.NOTHING_READ
    yield from _unread(diagnosis.unread, verbose=verbose, whole=whole)


def _found(diagnosis: Diagnosis, *, verbose: bool) -> Iterator[Block]:
    groups = by_hop(diagnosis.findings)
    first = groups[0]
    yield from chief(first[0], diagnosis.data_loss, verbose=verbose)
    if len(first) > 1:
        yield Heading((Span(_("Also possible here")),))
        yield from (rival(finding) for finding in first[1:])
    shown = len(groups) if verbose else 1 + FURTHER
    for group in groups[1:shown]:
        yield from further(group[0], verbose=verbose)
        yield from (rival(finding) for finding in group[1:])
    if groups[shown:]:
        yield Heading((Span(_("On other hops")),))
        yield from (rival(group[0], elsewhere=True) for group in groups[shown:])


def by_hop(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings of one hop together, hops and findings best first."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        hop = finding.hop
        key = (hop.downstream, hop.upstream, hop.destination, finding.failures, finding.requests)
        groups.setdefault((*key, finding.first, finding.last), []).append(finding)
    return list(groups.values())


def _no_failure(traffic: Traffic) -> str:
    if not traffic.requests:
        return _(
            "No failure seen: the evidence holds no failed request and nothing that fails one."
        )
    time = period(traffic.first, traffic.last)
    if time:
        said = ngettext(
            "No failure seen in {count} request, {time}.",
            "No failure seen in {count} requests, {time}.",
            traffic.requests,
        )
        return said.format(count=traffic.requests, time=time)
    said = ngettext(
        "No failure seen in {count} request.",
        "No failure seen in {count} requests.",
        traffic.requests,
    )
    return said.format(count=traffic.requests)


def _data_loss(diagnosis: Diagnosis) -> Iterator[Block]:
    if diagnosis.data_loss is not None:
        yield Paragraph((Span(_("Data: ")), Span(diagnosis.data_loss.text)))


def _nothing_read(diagnosis: Diagnosis) -> Iterator[Block]:
    count = len(diagnosis.inputs)
    if diagnosis.unread or any(one.lines for one in diagnosis.inputs):
        said = _("Nothing in the evidence was understood (inputs: {count}).").format(count=count)
    elif count:
        said = _(
            "The evidence is empty (inputs: {count}): nothing stands in it. See whether the "
            "command that fetched it went well."
        ).format(count=count)
    else:
        said = _("There is no file to read in what was given.")
    yield Heading((Span(said, Tone.BAD),), level=1)
    yield Heading((Span(_("What can be read")),))
    for kind in (
        _("access logs of Envoy and Istio (text, JSON, an own format), ztunnel's lines"),
        _("the proxies' own logs, istiod's log, application logs (vmalert, vmagent, any other)"),
        _("Kubernetes and Istio objects as YAML or JSON, meshConfig, Envoy configuration"),
        _("output of kubectl get and describe, istioctl proxy-config, curl -v, error bodies"),
    ):
        yield Item((Span(kind),))
    hint = _("An own access log format is given with --access-log-format '<Envoy format string>'.")
    yield Paragraph((Span(hint),))


def _cannot_tell(diagnosis: Diagnosis) -> Iterator[Block]:
    traffic = diagnosis.traffic
    if traffic.failures:
        said = _("Cannot tell yet: no known cause fits the failures well enough.")
    else:
        said = _("Cannot tell yet: no failed request was seen, and what was seen names no cause.")
    yield Heading((Span(said, Tone.WARN),), level=1)
    yield from _seen(traffic)
    yield from _data_loss(diagnosis)


def _seen(traffic: Traffic) -> Iterator[Block]:
    if traffic.failures:
        # Failures that only a client or a proxy's own log tells of are no counted requests.
        if traffic.requests >= traffic.failures:
            said = _("{failures} of {requests} requests failed")
        else:
            said = _("{failures} failures were seen")
        text = said.format(failures=traffic.failures, requests=traffic.requests)
        time = period(traffic.first, traffic.last)
        yield Paragraph((Span(text, Tone.STRONG), *([Span(f", {time}")] if time else [])))
    for ending, count in traffic.endings.items():
        yield Item((Span(f"{count} × {ending}"),))


def _unexplained(items: Sequence[Unexplained], *, verbose: bool) -> Iterator[Block]:
    if not items:
        return
    yield Heading((Span(_("Not explained")),))
    shown = items if verbose else items[:UNEXPLAINED]
    for item in shown:
        spans = [Span(f"{item.failures} × "), Span(item.what), Span(f" ({item.hop})", Tone.FAINT)]
        if item.destination:
            spans.insert(2, Span(f" → {item.destination}"))
        if item.source is not None:
            spans += [Span("  "), Span(place(item.source), Tone.PLACE)]
        yield Item(tuple(spans))
    yield from _more(len(items) - len(shown))


def _armed(items: Sequence[Armed], *, verbose: bool) -> Iterator[Block]:
    """Hazards of other causes, one line each."""
    if not items:
        return
    yield Heading((Span(_("Seen besides (nothing has failed by it here)")),))
    shown = items if verbose else items[:ARMED]
    for item in shown:
        at = (Span("  "), Span(place(item.source), Tone.PLACE))
        yield Item((Span(f"{item.cause}: ", Tone.STRONG), Span(item.text), *at))
    yield from _more(len(items) - len(shown))


def _next_checks(checks: Sequence[FoundMissing], *, verbose: bool) -> Iterator[Block]:
    if not checks:
        return
    yield Heading((Span(_("What would make it certain")),))
    shown = checks if verbose else checks[:QUESTIONS]
    for check in shown:
        spans = [Span(check.what)]
        if check.decides:
            told = _("decides {causes}").format(causes=" / ".join(check.decides))
            spans.append(Span(f" ({told})", Tone.FAINT))
        yield Item(tuple(spans), mark="?", tone=Tone.WARN)
        if check.command:
            yield Code("sh", check.command)
    yield from _more(len(checks) - len(shown))


def _unread(items: Sequence[NotRead], *, verbose: bool, whole: bool) -> Iterator[Block]:
    """What was not read; one line each unless the ``whole`` reason is wanted."""
    if not items:
        return
    yield Heading((Span(_("Not read")),))
    shown = items if verbose else items[:UNREAD]
    for item in shown:
        reason = item.reason
        if not whole and len(reason) > REASON_WIDTH:
            reason = f"{reason[: REASON_WIDTH - 1]}…"
        named = item.source.path in item.reason
        at = () if named else (Span(place(item.source), Tone.PLACE), Span("  "))
        yield Item((*at, Span(reason)))
    yield from _more(len(items) - len(shown))


def _more(count: int) -> Iterator[Block]:
    if count > 0:
        yield Item((Span(_("and {count} more (-v shows them)").format(count=count), Tone.FAINT),))
