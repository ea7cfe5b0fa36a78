"""How often the caller calls: from vmalert's and vmagent's settings, else measured."""

from collections import Counter
from collections.abc import Iterator, Mapping

from why503.facts import AppEvent, AppEventKind, Manifest, Source
from why503.mesh.address import split_host
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.server_default import command_words, image_name
from why503.mesh.server_setting import canonical, settings_of_container
from why503.mesh.setting import Setting, mapping_of
from why503.mesh.timing import FEW, bunched_at, requests_of
from why503.mesh.workload import WORKLOAD_KINDS, containers_of, same_host
from why503.support.duration import seconds_of
from why503.support.pattern import lazy_re

EVALUATION = "evaluationInterval"
FLUSH = "remoteWrite.flushInterval"
_WRITE = "remoteWrite.url"
_QUERY = "datasource.url"
EVALUATION_DEFAULT = 60.0
"""Seconds, `-evaluationInterval` of vmalert where nobody sets it."""
_INSERT = lazy_re(r"/insert/[\d:]{1,20}/prometheus/?$")
"""The URL of a remote write as vmalert's own log shortens it."""
_SPREAD = 0.2
"""Share by which the gaps between regular calls may differ."""
_BUSY = 0.5
"""Seconds below which gaps are those of traffic, not of a clock."""

_Flags = Mapping[str, tuple[str, Source]]
"""Value and place of each flag, by canonical name."""


def call_interval(mesh: Mesh, hop: Hop) -> Setting[float] | None:
    """Seconds between two calls of the hop's caller; None where it has no regular clock.

    Queries and writes of vmalert come once per evaluation; writes wait for the flush when that is
    longer. Without its settings the gaps in the access log tell, where they are regular, and last
    the default.
    """
    fallback: Setting[float] | None = None
    for flags in _vmalerts(mesh):
        if role := _role(flags, hop):
            found = _of_vmalert(mesh, flags, role)
            if not found.default:
                return found
            fallback = found
    return _measured(mesh, hop) or fallback


def _vmalerts(mesh: Mesh) -> Iterator[dict[str, tuple[str, Source]]]:
    """Flags of every vmalert: of its container, its custom resource, its own log."""
    for kind in WORKLOAD_KINDS:
        for workload in mesh.manifests(kind):
            for path, container in containers_of(workload):
                if _is_vmalert(container):
                    given = settings_of_container(workload, path, container)
                    yield {"": ("", workload.source)} | {g.name: (g.value, g.source) for g in given}
    for resource in mesh.manifests("VMAlert"):
        yield _of_resource(resource)
    by_teller: dict[str, dict[str, tuple[str, Source]]] = {}
    for event in mesh.facts(AppEvent):
        if event.program == "vmalert" and event.kind is AppEventKind.FLAG:
            known = by_teller.setdefault(event.teller, {"": ("", event.source)})
            known[canonical(event.name)] = (event.text, event.source)
    yield from by_teller.values()


def _is_vmalert(container: Mapping[str, object]) -> bool:
    words = command_words(container)
    programs = {word.rsplit("/", 1)[-1].removesuffix("-prod") for word in words}
    return image_name(str(container.get("image") or "")) == "vmalert" or "vmalert" in programs


def _of_resource(resource: Manifest) -> dict[str, tuple[str, Source]]:
    """A VMAlert's fields under the names of the flags that the operator makes of them."""
    flags = {"": ("", resource.source)}
    for flag, path in (
        (EVALUATION, ("spec", "evaluationInterval")),
        (FLUSH, ("spec", "remoteWrite", "flushInterval")),
        (_WRITE, ("spec", "remoteWrite", "url")),
        (_QUERY, ("spec", "datasource", "url")),
    ):
        if (value := resource.get(*path)) is not None:
            flags[canonical(flag)] = (str(value), resource.where(*path))
    arguments = resource.get("spec", "extraArgs")
    for name, value in mapping_of(arguments).items():
        flags[canonical(str(name))] = (str(value), resource.where("spec", "extraArgs", str(name)))
    return flags


def _role(flags: _Flags, hop: Hop) -> str:
    """Which of vmalert's two jobs calls the hop's host; ``""`` where neither does."""
    for job in (_WRITE, _QUERY):
        url = flags.get(canonical(job), ("", None))[0]
        if same_host(_host_of(url), hop.host):
            return job
    paths = [failure.teller.path or "" for failure in hop.failures]
    if any(
        path.partition("?")[0].endswith("/api/v1/write") or _INSERT.match(path) for path in paths
    ):
        return _WRITE if _may_be_hidden(flags, _WRITE) else ""
    if any(path.partition("?")[0].endswith(("/api/v1/query", "/query_range")) for path in paths):
        return _QUERY if _may_be_hidden(flags, _QUERY) else ""
    return ""


def _host_of(url: str) -> str:
    rest = url.partition("://")[2].partition("/")[0]
    return split_host(rest.rpartition("@")[2])[0]


def _may_be_hidden(flags: _Flags, job: str) -> bool:
    """True where the URL does not contradict: vmalert's log writes `secret` for it."""
    url = flags.get(canonical(job), ("", None))[0]
    return "://" not in url


def _of_vmalert(mesh: Mesh, flags: _Flags, job: str) -> Setting[float]:
    found = [
        _rules(mesh) or _flag(flags, EVALUATION),
        _flag(flags, FLUSH) if job == _WRITE else None,
    ]
    told = [setting for setting in found if setting is not None]
    if told:
        return max(told, key=lambda setting: setting.value)
    return Setting(
        value=EVALUATION_DEFAULT, source=None, default=True, by="-evaluationInterval of vmalert"
    )


def _flag(flags: _Flags, name: str) -> Setting[float] | None:
    if canonical(name) not in flags:
        return None
    text, source = flags[canonical(name)]
    value = seconds_of(text)
    if value is None:
        return None
    return Setting(value=value, source=source, default=False, by=f"-{name} of vmalert")


def _rules(mesh: Mesh) -> Setting[float] | None:
    """The interval that most groups of the VMRules set; None where a group sets none."""
    found: Counter[float] = Counter()
    places: dict[float, tuple[Source, str]] = {}
    for rule in mesh.manifests("VMRule"):
        for index, _ in rule.items("spec", "groups"):
            path = ("spec", "groups", index, "interval")
            value = seconds_of(rule.get(*path))
            if value is None:
                return None
            found[value] += 1
            places.setdefault(value, (rule.where(*path), rule.full_name))
    if not found:
        return None
    value = found.most_common(1)[0][0]
    source, name = places[value]
    return Setting(value=value, source=source, default=False, by=name)


def _measured(mesh: Mesh, hop: Hop) -> Setting[float] | None:
    """Median gap between calls on one connection or to one upstream, where it is regular."""
    gaps: list[float] = []
    source: Source | None = None
    for group in requests_of(hop, mesh):
        if group.idle_p50 is not None:
            gaps += [group.idle_p50] * min(group.count, 1000)
            source = source or (group.exemplars[0] if group.exemplars else None)
    if len(gaps) < FEW:
        gaps = [f.teller.idle for f in hop.failures if f.teller.idle is not None]
        source = hop.sources()[0] if gaps else None
    value = bunched_at(gaps, _SPREAD) if len(gaps) >= FEW else None
    if value is None or value < _BUSY:
        return None
    return Setting(value=value, source=source, default=False, by="access log")


def only_first_attempts(hop: Hop, mesh: Mesh) -> tuple[AppEvent, ...]:
    """Failed writes to the hop's host, where each was a first attempt and the next went well.

    vmalert and vmagent number their attempts. Empty for fewer than two, or where a second failed.
    """
    told = [
        event
        for event in mesh.events(AppEvent, AppEventKind.WRITE_FAILED)
        if event.attempt is not None and same_host(_host_of(event.url), hop.host)
    ]
    firsts = all(event.attempt == 1 for event in told)
    return tuple(told) if len(told) > 1 and firsts else ()
