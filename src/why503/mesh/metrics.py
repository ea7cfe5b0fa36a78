"""What metrics tell: failures by response flag and reporter, CPU, memory, remote writes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import pairwise

from why503.facts import Counter, Series, SeriesKind, Source
from why503.mesh.mesh import Mesh
from why503.mesh.pod_name import is_pod_of
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.teller import pods_of, workload_names
from why503.mesh.workload import containers_of, same_host, workloads_of
from why503.support.dataclass import dataclass

_REQUESTS = "istio_requests_total"
_PROXY = "istio-proxy"
_BYTES = {
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}
_DROPS = (
    "vmalert_remotewrite_dropped_rows_total",
    "vmagent_remotewrite_packets_dropped_total",
    "vm_persistentqueue_bytes_dropped_total",
)
_ERRORS = "vmalert_remotewrite_errors_total"


class Side(StrEnum):
    """Whose proxies counted failures of one flag."""

    CALLER = "caller"
    """Only the callers' proxies, while the servers' proxies counted none: so between the two."""
    BOTH = "both"
    """The servers' proxies too: so behind them, at the application."""
    SERVER = "server"
    UNKNOWN = "unknown"
    """The metrics of one of the two are not in the evidence."""


@dataclass(frozen=True, kw_only=True)
class FlagCount:
    """Requests with one response flag, over all services, or of one host."""

    flag: str
    side: Side
    amount: float | None
    """Requests; None where the evidence holds rates only."""
    sources: tuple[Source, ...]


@dataclass(frozen=True, kw_only=True)
class Share:
    """How much of what it may use a container used, or was refused."""

    pod: str
    container: str
    share: float
    """0 to 1, and above 1 where a limit is passed."""
    sources: tuple[Source, ...]


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A counter that is not 0: by how much it grew."""

    series: Series
    amount: float
    since_start: bool
    """True where one value only was read: then it counts from the start of its process."""


@dataclass(frozen=True, kw_only=True)
class Restart:
    """A container's restart between two values of its counter."""

    pod: str
    container: str
    after: float
    """Seconds since 1970 of the last value before it."""
    before: float
    """Seconds since 1970 of the first value after it."""
    source: Source


def growth(series: Series) -> float | None:
    """By how much a counter grew; None with a single value.

    A fall is a new start: the value after it counts whole.
    """
    if len(series.points) < 2:
        return None
    steps = pairwise(value for _time, value in series.points)
    return sum(new - old if new >= old else new for old, new in steps)


def grown(mesh: Mesh, *metrics: str) -> tuple[Grown, ...]:
    """Counters of these names that grew, or of which a single value above 0 was read."""
    found = []
    for series in mesh.facts(Series):
        if series.metric in metrics:
            grew = growth(series)
            amount = series.latest if grew is None else grew
            if amount > 0:
                found.append(Grown(series=series, amount=amount, since_start=grew is None))
    return tuple(found)


# Failures


@dataclass(frozen=True, kw_only=True)
class _Requests:
    """One series of requests, whichever reader read it."""

    labels: Mapping[str, str]
    amount: float
    counted: bool
    source: Source


def flag_counts(mesh: Mesh, host: str = "") -> tuple[FlagCount, ...]:
    """Failures by response flag, most first, of all services or of one host."""
    reporters: set[str] = set()
    amounts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    sources: dict[str, list[Source]] = defaultdict(list)
    rates: set[str] = set()
    for told in _requests(mesh):
        if host and not _is_to(told.labels, host):
            continue
        reporter = told.labels.get("reporter", "")
        reporters.add(reporter)
        for flag in told.labels.get("response_flags", "").split(","):
            if flag in ("", "-") or told.amount <= 0:
                continue
            amounts[flag][reporter] += told.amount
            sources[flag].append(told.source)
            if not told.counted:
                rates.add(flag)
    found = [
        FlagCount(
            flag=flag,
            side=_side(set(by_reporter), reporters),
            amount=None if flag in rates else max(by_reporter.values()),
            sources=tuple(dict.fromkeys(sources[flag]))[:3],
        )
        for flag, by_reporter in amounts.items()
    ]
    return tuple(sorted(found, key=lambda count: (-(count.amount or 0.0), count.flag)))


def _side(telling: set[str], known: set[str]) -> Side:
    if not {"source", "destination"} <= known:
        return Side.UNKNOWN
    if {"source", "destination"} <= telling:
        return Side.BOTH
    return Side.CALLER if "source" in telling else Side.SERVER


def _requests(mesh: Mesh) -> Iterator[_Requests]:
    """Istio's counts of requests; an expression without a name that keeps its labels counts too."""
    for series in mesh.facts(Series):
        nameless = not series.metric and series.label("response_flags") != ""
        if series.metric != _REQUESTS and not nameless:
            continue
        grew = growth(series) if series.kind is SeriesKind.COUNTER else None
        most = max(value for _time, value in series.points)
        yield _Requests(
            labels=dict(series.labels),
            amount=most if grew is None else grew,
            counted=series.kind is SeriesKind.COUNTER,
            source=series.source,
        )
    for counter in mesh.facts(Counter):
        if counter.name == _REQUESTS:
            yield _Requests(
                labels=dict(counter.labels),
                amount=counter.value,
                counted=True,
                source=counter.source,
            )


def _is_to(labels: Mapping[str, str], host: str) -> bool:
    name = labels.get("destination_service") or labels.get("destination_service_name", "")
    return same_host(name, host, labels.get("destination_service_namespace", ""))


# Containers


def restarts(mesh: Mesh, host: str) -> tuple[Restart, ...]:
    """Restarts of the containers behind a host (``""``: of all), in the order of the evidence."""
    found = []
    for series in _of_host(mesh, host, "kube_pod_container_status_restarts_total"):
        for (before, old), (after, new) in pairwise(series.points):
            if new > old and before is not None and after is not None:
                one = Restart(
                    pod=series.label("pod", "pod_name"),
                    container=series.label("container", "container_name"),
                    after=before,
                    before=after,
                    source=series.source,
                )
                found.append(one)
    return tuple(found)


def out_of_memory(mesh: Mesh, host: str) -> tuple[Series, ...]:
    """Series by which a container behind a host was killed for its memory, whenever that was."""
    reasons = _of_host(
        mesh,
        host,
        "kube_pod_container_status_last_terminated_reason",
        "kube_pod_container_status_terminated_reason",
    )
    told = [series for series in reasons if series.label("reason") == "OOMKilled"]
    events = [s for s in _of_host(mesh, host, "container_oom_events_total") if growth(s)]
    return tuple(series for series in (*told, *events) if _most(series) > 0)


def throttled(mesh: Mesh, host: str) -> tuple[Share, ...]:
    """Share of its periods in which each container behind a host got no more CPU, most first."""
    periods = {
        (s.teller, s.labels): s for s in _of_host(mesh, host, "container_cpu_cfs_periods_total")
    }
    found = []
    for series in _of_host(mesh, host, "container_cpu_cfs_throttled_periods_total"):
        whole = periods.get((series.teller, series.labels))
        if whole is None:
            continue
        of, part = growth(whole), growth(series)
        of = whole.latest if of is None else of
        part = series.latest if part is None else part
        if of > 0:
            found.append(_share(series, part / of, series.source, whole.source))
    return _sorted(found)


def memory_use(mesh: Mesh, host: str) -> tuple[Share, ...]:
    """Memory of each container behind a host against its limit, most first.

    The limit comes from the metrics, else from the workload of that container.
    """
    found = []
    limits = _memory_limits(mesh, host)
    for series in _of_host(mesh, host, "container_memory_working_set_bytes"):
        pod, container = series.label("pod", "pod_name"), series.label("container")
        limit = limits.get((pod, container)) or limits.get(("", container))
        if limit is not None and limit[0] > 0:
            found.append(_share(series, _most(series) / limit[0], series.source, limit[1]))
    return _sorted(found)


def _memory_limits(mesh: Mesh, host: str) -> dict[tuple[str, str], tuple[float, Source]]:
    """Bytes and place of each limit, by pod (``""``: of all pods of the host) and container."""
    found: dict[tuple[str, str], tuple[float, Source]] = {}
    for workload in workloads_of(mesh, host) if host else ():
        for path, fields in containers_of(workload):
            limit = mapping_of(mapping_of(fields.get("resources")).get("limits")).get("memory")
            if (amount := _bytes(word_of(limit))) is not None:
                where = workload.where(*path, "resources", "limits", "memory")
                owner = workload.name if workload.kind == "Pod" else ""
                found[owner, str(fields.get("name") or "")] = (amount, where)
    told = _of_host(
        mesh,
        host,
        "container_spec_memory_limit_bytes",
        "kube_pod_container_resource_limits",
        "kube_pod_container_resource_limits_memory_bytes",
    )
    for series in told:
        if series.label("resource") in ("", "memory") and series.latest > 0:
            pod, container = series.label("pod", "pod_name"), series.label("container")
            found[pod, container] = (series.latest, series.source)
    return found


def _bytes(text: str) -> float | None:
    """Bytes of a Kubernetes quantity (`512Mi`); None where it is none."""
    amount = text.rstrip("kKMGTi")
    unit = _BYTES.get(text[len(amount) :])
    try:
        return float(amount) * unit if unit is not None else None
    except ValueError:
        return None


def _of_host(mesh: Mesh, host: str, *metrics: str) -> Iterator[Series]:
    """Series of these names of the containers behind a host, those of its proxies left out."""
    found = [series for series in mesh.facts(Series) if series.metric in metrics]
    names = workload_names(mesh, host) if host and found else frozenset()
    pods = {pod.name for pod in pods_of(mesh, host)} if host and found else set()
    for series in found:
        pod = series.label("pod", "pod_name")
        mine = not host or pod in pods or any(is_pod_of(pod, name) for name in names)
        if mine and series.label("container", "container_name") not in (_PROXY, "POD"):
            yield series


def _share(series: Series, share: float, *sources: Source) -> Share:
    return Share(
        pod=series.label("pod", "pod_name"),
        container=series.label("container", "container_name"),
        share=share,
        sources=sources,
    )


def _sorted(found: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(sorted(found, key=lambda one: (-one.share, one.pod, one.container)))


def _most(series: Series) -> float:
    return max(value for _time, value in series.points)


# Remote writes


def remote_write_drops(mesh: Mesh) -> tuple[Grown, ...]:
    """Counters by which vmalert or vmagent gave data up."""
    return grown(mesh, *_DROPS)


def nothing_dropped(mesh: Mesh) -> tuple[Series, Series] | None:
    """Vmalert's counters of failed writes, which grew, and of dropped rows, which stayed 0.

    None where they tell something else, or where the process began anew in between: what it held
    in memory went with it.
    """
    failed = [
        one.series for one in grown(mesh, _ERRORS) if not one.since_start and not _fell(one.series)
    ]
    for errors in failed:
        for drops in mesh.facts(Series):
            if drops.metric != _DROPS[0] or drops.teller != errors.teller:
                continue
            if _most(drops) == 0 and len(drops.points) > 1:
                return errors, drops
    return None


def _fell(series: Series) -> bool:
    return any(new < old for (_t, old), (_u, new) in pairwise(series.points))
