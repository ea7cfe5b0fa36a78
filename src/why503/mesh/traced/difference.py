"""Where what a proxy has loaded and what YAML asks for lead to different ends."""

from dataclasses import dataclass

from why503.facts import ProxySync, RejectedConfig, Source
from why503.mesh.address import is_address
from why503.mesh.traced.asked import Asked
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.envoy import Passage
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.resolve import service_named
from why503.mesh.traced.telling import source_of
from why503.mesh.traced.tracing import OfYaml, passage_of
from why503.mesh.traced.upstream import Upstream, upstream_of
from why503.support.text import _

_OLD = frozenset({"STALE", "DIFFERS", "ERROR"})


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


def differences(push: Push, proxy: Proxy, asked: Asked) -> tuple[Difference, ...]:
    """Differences on the way of one request; empty where only one side is given."""
    dump = Dump(push, proxy.teller)
    if not proxy.teller or not dump.shown or not _written(push, proxy, asked):
        return ()
    loaded = passage_of(push, proxy, asked, dump)
    wanted = passage_of(push, proxy, asked, OfYaml(push, proxy))
    told = [(_("the destination"), _ends(loaded), _ends(wanted))]
    if told[0][1] == told[0][2]:
        told = [(_("the timeout"), _timeout(loaded), _timeout(wanted))]
        for name, _weight in loaded.clusters:
            here, there = dump.upstream(name), upstream_of(push, proxy, name)
            if _listed(here) and _listed(there):
                title = _("the endpoints of {cluster}").format(cluster=name)
                told.append((title, _listed(here), _listed(there)))
    return tuple(
        _difference(push, proxy, one, (loaded, wanted)) for one in told if one[1] != one[2]
    )


def _listed(up: Upstream) -> str:
    """The addresses of a cluster's endpoints; ``""`` where they are not all known."""
    found = up.backends.found if up.backends is not None and up.backends.known else ()
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
