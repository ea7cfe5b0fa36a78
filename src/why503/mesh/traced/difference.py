"""Where what a proxy has loaded and what YAML asks for lead to different ends."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from why503.facts import ProxySync, RejectedConfig, Source
from why503.mesh.address import is_address
from why503.mesh.setting import Setting
from why503.mesh.traced.asked import Asked
from why503.mesh.traced.config import Route
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.envoy import Passage
from why503.mesh.traced.fault import abort_of
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.resolve import service_named
from why503.mesh.traced.serving import Compared
from why503.mesh.traced.telling import source_of
from why503.mesh.traced.tracing import passage_of
from why503.mesh.traced.upstream import Upstream, upstream_of
from why503.mesh.traced.view import OfYaml
from why503.support.dataclass import dataclass
from why503.support.text import _

_OLD = frozenset({"STALE", "DIFFERS", "ERROR"})
_OWN_TLS = frozenset({"SIMPLE", "MUTUAL", "ISTIO_MUTUAL"})


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that YAML and the dump do not have alike."""

    text: str
    """One sentence."""
    loaded: str
    """What the proxy has."""
    asked: str
    """What YAML asks for."""
    why: str
    """`rejected`, `stale` or `unknown`."""
    sources: tuple[Source, ...]


def differences(
    push: Push, proxy: Proxy, asked: Asked, servers: Sequence[Compared] = ()
) -> tuple[Difference, ...]:
    """Differences on the way of one request; empty where only one side is given.

    ``servers``: the passages at the servers' proxies whose dumps are given.
    """
    found = (*_of_first(push, proxy, asked), *(_of_server(push, one) for one in servers))
    return tuple(one for one in dict.fromkeys(found) if one is not None)


def _of_server(push: Push, compared: Compared) -> Difference | None:
    """What the server's proxy makes of the connection, where that is not what YAML asks for."""
    server, loaded, wanted = compared
    ends = [one.stop.value if one.stop is not None else "passes" for one in (loaded, wanted)]
    if ends[0] == ends[1]:
        return None
    title = _("what {server} takes").format(server=server.name)
    return _difference(push, server, (title, ends[0], ends[1]), (loaded, wanted))


def _of_first(push: Push, proxy: Proxy, asked: Asked) -> tuple[Difference, ...]:
    dump = Dump(push, proxy.teller)
    if not proxy.teller or not dump.shown or not _written(push, proxy, asked):
        return ()
    loaded = passage_of(push, proxy, asked, dump)
    wanted = passage_of(push, proxy, asked, OfYaml(push, proxy))
    told = [(_("the destination"), _ends(loaded), _ends(wanted))]
    if told[0][1] == told[0][2]:
        told = [(_("the timeout"), _timeout(loaded), _timeout(wanted))]
        told.append((_("the retries"), *_retries(loaded.route, wanted.route)))
        told.append((_("the copies of requests"), _mirrors(loaded), _mirrors(wanted)))
        told.append((_("the aborts on purpose"), _aborts(loaded), _aborts(wanted)))
        for name, _weight in loaded.clusters:
            told += _of_cluster(name, dump.upstream(name), upstream_of(push, proxy, name))
    return tuple(
        _difference(push, proxy, one, (loaded, wanted)) for one in told if one[1] != one[2]
    )


def _of_cluster(name: str, here: Upstream, there: Upstream) -> Iterator[tuple[str, str, str]]:
    """Existence, TLS mode and endpoints of a cluster: loaded, and as YAML asks."""
    if here.exists != there.exists and (here.sure and there.sure):
        title = _("the cluster {cluster}").format(cluster=name)
        words = {True: _("there"), False: _("not there")}
        yield title, words[here.exists], words[there.exists]
        return
    modes = [one.tls.value if one.tls is not None else "DISABLE" for one in (here, there)]
    if set(modes) & _OWN_TLS and there.exists:
        title = _("the TLS towards {cluster}").format(cluster=name)
        yield title, modes[0] or _("auto mTLS"), modes[1] or _("auto mTLS")
    if _listed(here) and _listed(there):
        yield _("the endpoints of {cluster}").format(cluster=name), _listed(here), _listed(there)


def _retries(loaded: Route | None, wanted: Route | None) -> tuple[str, str]:
    """Attempts; where the dump has no policy, only what YAML asks for by itself is compared."""
    here = loaded.retries if loaded is not None else None
    there = wanted.retries if wanted is not None else None
    if there is None or (here is None and there.default):
        return "", ""
    return _attempts(here), _attempts(there)


def _attempts(told: Setting[Mapping[str, Any]] | None) -> str:
    return str(told.value.get("attempts", 1)) if told is not None else "0"


def _mirrors(passage: Passage) -> str:
    told = passage.route.mirrors if passage.route is not None else ()
    return ", ".join(f"{one.cluster} ({one.share:g} %)" for one in told)


def _aborts(passage: Passage) -> str:
    share, status = abort_of(passage.route)
    return f"{share:g} % {status or ''}".rstrip() if share else ""


def _listed(up: Upstream) -> str:
    """The addresses of a cluster's endpoints; ``""`` where they are not all known."""
    known = up.backends if up.backends is not None and up.backends.known else None
    found = (*known.found, *known.later) if known is not None else ()
    if not all(is_address(one.address) for one in found):
        return ""
    return ", ".join(sorted(f"{one.address}:{one.port}" for one in found))


def _written(push: Push, proxy: Proxy, asked: Asked) -> bool:
    """Whether YAML that could make the answer was given at all."""
    if proxy.gateway:
        return bool(push.gateways)
    return service_named(push, proxy, asked.host) is not None


def _ends(passage: Passage) -> str:
    if passage.stop is not None:
        return passage.stop.value
    return ", ".join(
        name if len(passage.clusters) == 1 else f"{name} ({weight})"
        for name, weight in sorted(passage.clusters)
    )


def _timeout(passage: Passage) -> str:
    if passage.route is None or passage.route.timeout is None:
        return ""
    return f"{passage.route.timeout.value:g} s"


def _difference(
    push: Push, proxy: Proxy, told: tuple[str, str, str], passages: tuple[Passage, Passage]
) -> Difference:
    name, loaded, wanted = told
    refused = [one for one in push.mesh.facts(RejectedConfig) if one.teller == proxy.teller]
    old = [one for one in push.mesh.facts(ProxySync) if _is_old(one, proxy)]
    sources = [found for one in passages if (found := source_of(one)) is not None]
    text = _("The proxy and YAML differ in {name}: loaded is {loaded}, asked for is {wanted}.")
    sentence = text.format(name=name, loaded=loaded or "-", wanted=wanted or "-")
    if refused:
        why = "rejected"
        sentence += " " + _("It has refused a newer version: {details}").format(
            details=refused[0].details
        )
        sources.append(refused[0].source)
    elif old:
        why = "stale"
        sentence += " " + _("It has not taken what the control plane sent last.")
        sources.append(old[0].source)
    else:
        why = "unknown"
        sentence += " " + _("Either its configuration is stale, or the YAML was not applied.")
    return Difference(text=sentence, loaded=loaded, asked=wanted, why=why, sources=tuple(sources))


def _is_old(row: ProxySync, proxy: Proxy) -> bool:
    own = row.pod and (row.pod in proxy.teller or row.pod.startswith(proxy.name.rpartition("/")[2]))
    return bool(own) and any(state in _OLD for _name, state in row.types)
