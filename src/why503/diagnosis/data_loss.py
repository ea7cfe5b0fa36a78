"""Whether failed remote writes of vmalert or vmagent lost data, and which evaluations were lost.

vmalert keeps its queue in memory and gives a batch up after its retries; how long it retries
depends on its version, and a line's own words (`retriable: true`) go before the version. vmagent
keeps refused blocks on disk. A rule's query is never repeated.
"""

from collections.abc import Sequence
from enum import StrEnum

from why503.diagnosis.finding import DataLoss, Spot
from why503.facts import AppEvent, AppEventKind, Source
from why503.mesh.mesh import Mesh
from why503.mesh.metrics import nothing_dropped, remote_write_drops
from why503.mesh.server_default import image_name
from why503.mesh.workload import WORKLOAD_KINDS, containers_of
from why503.support.dataclass import dataclass
from why503.support.duration import seconds_of, spell
from why503.support.pattern import lazy_re
from why503.support.text import _

_WRITES = frozenset(
    {AppEventKind.WRITE_FAILED, AppEventKind.WRITE_DROPPED, AppEventKind.QUEUE_FULL}
)
_VERSION = lazy_re(r"\bv?(?P<major>\d{1,3})\.(?P<minor>\d{1,4})\.(?P<patch>\d{1,4})\b")
_FIVE = 5
_RETRY_PAUSE = 1.0
"""Seconds before the first repeated attempt, in every version."""
_RETRY_MAX = 30.0
"""Seconds of `-remoteWrite.retryMaxTime`, its default."""
_SEND = 30.0
"""Seconds of `-remoteWrite.sendTimeout`, its default: how long an attempt may hang."""
_MARGIN = 1.0
"""Seconds that an attempt takes which is refused at once, generously."""

_Version = tuple[int, int, int]


class LossVerdict(StrEnum):
    """What became of the data, worst first."""

    LOST = "lost"
    EVALUATIONS_LOST = "evaluations-lost"
    UNKNOWN = "unknown"
    RETRYING = "retrying"
    NOTHING_LOST = "nothing-lost"


class Rule(StrEnum):
    """How vmalert repeats a failed remote write."""

    FIVE = "five attempts, whatever the error"
    """Up to 1.90."""
    FIVE_ON_5XX = "five attempts, on 5xx only"
    """1.91.0 to 1.91.2."""
    BACK_OFF = "growing pauses until retryMaxTime"
    """From 1.91.3; every error but 4xx other than 429."""


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """What became of one program's data."""

    verdict: LossVerdict
    text: str
    source: Source


def data_loss(mesh: Mesh) -> DataLoss | None:
    """What became of the data; None where no remote write and no rule's query failed."""
    by_teller: dict[str, list[AppEvent]] = {}
    for event in mesh.facts(AppEvent):
        by_teller.setdefault(event.teller, []).append(event)
    outcomes = [
        outcome
        for teller, events in by_teller.items()
        for outcome in (_writes(mesh, teller, events), _queries(events))
        if outcome is not None
    ]
    outcomes += [outcome for outcome in (_counted(mesh),) if outcome is not None]
    if not outcomes:
        return None
    order = list(LossVerdict)
    outcomes.sort(key=lambda outcome: order.index(outcome.verdict))
    worst = outcomes[0]
    return DataLoss(
        verdict=worst.verdict.value,
        text=" ".join(dict.fromkeys(outcome.text for outcome in outcomes)),
        source=Spot(path=worst.source.path, line=worst.source.line),
    )


def _counted(mesh: Mesh) -> _Outcome | None:
    """What the programs' own counters say of data that was given up."""
    drops = remote_write_drops(mesh)
    if drops:
        first = drops[0]
        if first.since_start:
            text = _(
                "{metric} stands at {amount}: so much was given up since the program started; it "
                "is lost."
            )
        else:
            text = _("{metric} grew by {amount}: so much was given up; it is lost.")
        said = text.format(metric=first.series.metric, amount=f"{first.amount:.0f}")
        return _Outcome(verdict=LossVerdict.LOST, text=said, source=first.series.source)
    pair = nothing_dropped(mesh)
    if pair is None:
        return None
    text = _(
        "{errors} counts failed remote writes, and {drops} stayed 0 all the time: what failed was "
        "repeated until it was accepted."
    )
    said = text.format(errors=pair[0].metric, drops=pair[1].metric)
    return _Outcome(verdict=LossVerdict.NOTHING_LOST, text=said, source=pair[1].source)


def _queries(events: Sequence[AppEvent]) -> _Outcome | None:
    """Queries of rules that failed: those evaluations are not repeated."""
    failed = [event for event in events if event.kind is AppEventKind.QUERY_FAILED]
    if not failed:
        return None
    text = _(
        "Evaluations of rules lost with their failed query: {count}. vmalert does not "
        "repeat a query, so these points in time are missing in what the rules record and "
        "alert on."
    ).format(count=len(failed))
    return _Outcome(verdict=LossVerdict.EVALUATIONS_LOST, text=text, source=failed[0].source)


def _writes(mesh: Mesh, teller: str, events: Sequence[AppEvent]) -> _Outcome | None:
    """Remote writes of one program."""
    writes = [event for event in events if event.kind in _WRITES]
    if not writes:
        return None
    if any(event.program == "vmagent" for event in writes):
        return _of_vmagent(writes)
    dropped = [event for event in writes if event.kind is not AppEventKind.WRITE_FAILED]
    if dropped:
        return _dropped(dropped)
    rule = _rule(mesh, writes, events)
    refused = [event for event in writes if not _is_repeated(event, rule)]
    if refused:
        return _refused(refused)
    return _of_attempts(writes, rule, events, _end(mesh, teller, events))


def _of_vmagent(writes: Sequence[AppEvent]) -> _Outcome:
    rejected = [event for event in writes if event.kind is AppEventKind.WRITE_DROPPED]
    if rejected:
        text = _(
            "Blocks that vmagent gave up because the receiver rejected them: {count}; they are "
            "lost."
        )
        return _Outcome(
            verdict=LossVerdict.LOST,
            text=text.format(count=len(rejected)),
            source=rejected[0].source,
        )
    text = _(
        "Failed attempts: {count}, and nothing was given up: vmagent keeps what was not "
        "accepted in its queue on disk and repeats it, so nothing is lost as long as the "
        "disk has room."
    )
    return _Outcome(
        verdict=LossVerdict.NOTHING_LOST,
        text=text.format(count=len(writes)),
        source=writes[0].source,
    )


def _dropped(dropped: Sequence[AppEvent]) -> _Outcome:
    """Batches that were given up, and series that did not fit into the queue."""
    given_up = [event for event in dropped if event.kind is AppEventKind.WRITE_DROPPED]
    full = [event for event in dropped if event.kind is AppEventKind.QUEUE_FULL]
    words = []
    if given_up:
        text = _(
            "Batches that vmalert gave up: {batches}, with {series} time series in all; they "
            "are lost."
        )
        series = sum(event.amount or 0 for event in given_up)
        words.append(text.format(batches=len(given_up), series=series))
    if full:
        text = _("Times its queue was full: {count}; what came then was dropped at once.")
        words.append(text.format(count=len(full)))
    return _Outcome(verdict=LossVerdict.LOST, text=" ".join(words), source=dropped[0].source)


def _refused(refused: Sequence[AppEvent]) -> _Outcome:
    """Failures that this version does not repeat."""
    first = refused[0]
    if first.retriable is False:
        text = _(
            "Writes that failed in a way that vmalert does not repeat: {count} (its line says "
            "retriable: false); their data is lost."
        )
    else:
        text = _(
            "Writes that failed in a way that this version of vmalert does not repeat: {count} "
            "(code {code}); their data is lost."
        )
    return _Outcome(
        verdict=LossVerdict.LOST,
        text=text.format(count=len(refused), code=first.code or "-"),
        source=first.source,
    )


def _of_attempts(
    writes: Sequence[AppEvent], rule: Rule, events: Sequence[AppEvent], end: float | None
) -> _Outcome:
    """Attempts that are repeated and of which none was given up in the evidence."""
    last = max(writes, key=lambda event: event.time or 0.0)
    exhausted = [event for event in writes if (event.attempt or 0) >= _FIVE]
    if rule is not Rule.BACK_OFF and exhausted:
        text = _(
            "Batches that failed in all five attempts that this version of vmalert makes: "
            "{count}; they are lost."
        )
        return _Outcome(
            verdict=LossVerdict.LOST,
            text=text.format(count=len(exhausted)),
            source=exhausted[0].source,
        )
    count = len(writes)
    if last.time is None or end is None:
        text = _(
            "Failed attempts: {count}; without times in the log it cannot be told how they ended."
        )
        return _Outcome(
            verdict=LossVerdict.UNKNOWN, text=text.format(count=count), source=last.source
        )
    if (stop := _stop_amid_retries(events, last.time)) is not None:
        text = _(
            "Failed attempts: {count}; vmalert was stopped while it waited to try again; whether "
            "that batch was lost cannot be told."
        )
        return _Outcome(
            verdict=LossVerdict.UNKNOWN, text=text.format(count=count), source=stop.source
        )
    return _by_the_end(writes, rule, events, end)


def _stop_amid_retries(events: Sequence[AppEvent], since: float) -> AppEvent | None:
    """The line of a stop that cut the retries off."""
    return next(
        (
            event
            for event in events
            if event.kind is AppEventKind.SHUTDOWN
            and "interrupting retry" in event.text
            and (event.time or 0.0) >= since
        ),
        None,
    )


def _by_the_end(
    writes: Sequence[AppEvent], rule: Rule, events: Sequence[AppEvent], end: float
) -> _Outcome:
    """Whether the evidence goes on long enough to show that the next attempt went well."""
    last = max(writes, key=lambda event: event.time or 0.0)
    gap = end - (last.time or 0.0)
    limit = _retry_max(events)
    if gap <= 0:
        text = _(
            "Failed attempts: {count}; the evidence ends with the last of them, before it could "
            "show how the next attempt went. {rule}"
        )
        verdict = LossVerdict.RETRYING
    elif gap < _next_line_within(last, rule, limit):
        text = _(
            "Failed attempts: {count}; the evidence ends {gap} after the last of them, before "
            "it could show how the next attempt went. {rule}"
        )
        verdict = LossVerdict.RETRYING
    else:
        text = _(
            "Failed attempts: {count}, and no data was given up: the log goes on for {gap} "
            "after the last of them and names no further failure, so the repeated attempts "
            "went well. {rule}"
        )
        verdict = LossVerdict.NOTHING_LOST
    said = text.format(count=len(writes), gap=spell(max(0.0, gap)), rule=_rule_text(rule, limit))
    return _Outcome(verdict=verdict, text=said, source=last.source)


def _next_line_within(last: AppEvent, rule: Rule, limit: float) -> float:
    """Seconds within which the next attempt would have logged its own failure.

    An attempt that got an answer fails at once again; one that got none may hang.
    """
    number = max(1, last.attempt or 1)
    pause = _RETRY_PAUSE
    if rule is Rule.BACK_OFF:
        pause = min(_RETRY_PAUSE * 2.0 ** min(number - 1, 10), limit)
    return pause + (_MARGIN if last.code is not None else _SEND)


def _rule_text(rule: Rule, limit: float) -> str:
    if rule is Rule.BACK_OFF:
        return _(
            "This version of vmalert repeats a write with growing pauses for {limit} and drops "
            "the batch after that."
        ).format(limit=spell(limit))
    return _(
        "This version of vmalert makes {count} attempts, 1 s apart, and drops the batch after the "
        "last."
    ).format(count=_FIVE)


def _is_repeated(event: AppEvent, rule: Rule) -> bool:
    """Whether vmalert tries again after this failure; the line's own word decides first."""
    if event.retriable is not None:
        return event.retriable
    code = event.code
    if rule is Rule.FIVE:
        return True
    if rule is Rule.FIVE_ON_5XX:
        return code is not None and code >= 500
    return code is None or code == 429 or not 400 <= code < 500


def _rule(mesh: Mesh, writes: Sequence[AppEvent], events: Sequence[AppEvent]) -> Rule:
    """The rule of the program's version; where no version is told the words of its lines decide."""
    version = _version(mesh, events)
    if version is None or version < (1, 91, 0):
        told = any(event.retriable is not None for event in writes)
        return Rule.BACK_OFF if told else Rule.FIVE
    return Rule.FIVE_ON_5XX if version < (1, 91, 3) else Rule.BACK_OFF


def _version(mesh: Mesh, events: Sequence[AppEvent]) -> _Version | None:
    """Version that the program's log names, else the tag of a vmalert image."""
    for event in events:
        if event.kind is AppEventKind.VERSION and (found := _numbers(event.text)) is not None:
            return found
    for kind in WORKLOAD_KINDS:
        for workload in mesh.manifests(kind):
            for _path, container in containers_of(workload):
                image = str(container.get("image") or "")
                if image_name(image) == "vmalert":
                    return _numbers(image.partition("@")[0].rpartition(":")[2])
    return None


def _numbers(text: str) -> _Version | None:
    found = _VERSION.search(text)
    return (int(found["major"]), int(found["minor"]), int(found["patch"])) if found else None


def _retry_max(events: Sequence[AppEvent]) -> float:
    for event in events:
        if event.kind is AppEventKind.FLAG and event.name == "remoteWrite.retryMaxTime":
            return seconds_of(event.text) or _RETRY_MAX
    return _RETRY_MAX


def _end(mesh: Mesh, teller: str, events: Sequence[AppEvent]) -> float | None:
    """Last moment that the evidence of this program covers: its own log and its proxy's."""
    times = [event.time for event in events if event.time is not None]
    times += [log.last for log in mesh.logs if log.teller == teller and log.last is not None]
    return max(times) if times else None
