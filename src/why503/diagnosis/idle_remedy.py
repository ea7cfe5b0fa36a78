"""Who gives up idle connections first: the proxy that sends, or the server that waits longer.

Measured on real Envoys: what counts is the idle timeout of the cluster that talks to the
application. Beside a sidecar that is the inbound cluster of the server's own proxy, and what the
caller's outbound cluster has changes nothing. Istio fills the inbound cluster from the first of
these that there is, each block as a whole: `Sidecar.ingress[].connectionPool`,
`Sidecar.inboundConnectionPool` (both from Istio 1.20), the DestinationRule's `connectionPool`.
"""

from collections.abc import Iterator, Mapping

from why503.diagnosis.bypass_remedy import bypass
from why503.diagnosis.cause import Disposition, Remedy, RemedyKind
from why503.diagnosis.edit import Append, Edit, Item, New, Put, target_of
from why503.diagnosis.policy_edit import (
    Setting,
    Wanted,
    api,
    pool_wanted,
    service_target,
    standing_rule,
    tree_of,
)
from why503.diagnosis.retry_remedy import retry_on_503
from why503.diagnosis.standing_object import edit
from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.calling import call_interval
from why503.mesh.endpoint import workload_port
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, object_name, selecting_labels, service_name
from why503.mesh.selection import scoped
from why503.mesh.server import VICTORIA_METRICS, KeepAlive, keepalive_of, resource_of
from why503.mesh.setting import mapping_of, whole_number
from why503.mesh.traffic_policy import idle_timeout_upstream, policy_block
from why503.mesh.version import istio_version
from why503.mesh.workload import containers_of, has_sidecar, workloads_of
from why503.support.duration import seconds_of, spell
from why503.support.text import _

_POOLS_SINCE = (1, 20)
_WHOLE = 2.0
"""Seconds from which an idle timeout is set in whole seconds."""
_FIELD = ("http", "idleTimeout")
_STOPS = _("upstream_cx_destroy_remote_with_active_rq of the inbound cluster stops growing.")


def shorter_than(idle: float) -> float:
    """Idle timeout for the proxy: five sixths of the server's, whole seconds where they fit."""
    ours = idle * 5 / 6
    return float(int(ours)) if ours >= _WHOLE else round(idle / 2, 3)


def against_race(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Retry or go past the proxies for now; close first at the proxy; or let the server wait."""
    keepalive = keepalive_of(mesh, hop.host)
    yield retry_on_503(hop, mesh)
    yield bypass(hop, mesh)
    yield give_up_idle(hop, mesh, keepalive.idle if keepalive is not None else None)
    yield keep_longer(hop, mesh)


def give_up_idle(hop: Hop, mesh: Mesh, idle: float | None) -> Remedy:
    """The proxy closes idle connections before the server does, after ``idle`` seconds if known."""
    ours = written(shorter_than(idle)) if idle else _("<below the server's keep-alive timeout>")
    title = (
        _("Give up idle connections after {ours}, before the server does at {idle}")
        if idle
        else _("Give up idle connections before the server does: below its keep-alive timeout")
    )
    wanted, where = towards_app(hop, mesh, (*_FIELD, ours))
    if idle and (standing := _standing(mesh, wanted, idle)):
        return _not_loaded(standing, wanted)
    return Remedy(
        title=title.format(ours=spell(shorter_than(idle or 0.0)), idle=spell(idle or 0.0)),
        kind=RemedyKind.FIX,
        disposition=Disposition.SAFE if idle else Disposition.NEEDS_REVIEW,
        edits=wanted.edits,
        commands=wanted.commands,
        derived=tuple(_arithmetic(hop, mesh, idle)),
        risks=(_("A few more connections are opened."), *where),
        verify=_STOPS,
        undo=wanted.undo,
    )


def _standing(mesh: Mesh, wanted: Wanted, idle: float) -> str:
    """A timeout below ``idle`` that stands where one is to be put; ``""`` for none."""
    for put in wanted.edits:
        if not isinstance(put, Put):
            continue
        path = [step for step in put.path if not isinstance(step, Item)]
        for one in mesh.manifests(put.target.kind):
            told = one.get(*path) if target_of(one) == put.target else None
            if 0 < (seconds_of(told) or 0.0) < idle:
                return str(told)
    return ""


def _not_loaded(standing: str, wanted: Wanted) -> Remedy:
    title = _("Find out why the proxy has not loaded the idle timeout of {time} that stands there")
    return Remedy(
        title=title.format(time=standing),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        commands=("istioctl proxy-status", *wanted.commands),
        verify=_STOPS,
    )


def _arithmetic(hop: Hop, mesh: Mesh, idle: float | None) -> Iterator[str]:
    if not idle:
        return
    keepalive = keepalive_of(mesh, hop.host)
    proxy = idle_timeout_upstream(mesh, hop.host, hop.port)
    whole = _(
        "{server} closes idle connections after {idle}, the proxy keeps them for {proxy} ({by}): "
        "{idle} × 5/6, rounded down to {ours}, leaves {rest} for a request under way."
    )
    half = _(
        "{server} closes idle connections after {idle}, the proxy keeps them for {proxy} ({by}): "
        "{idle} / 2 = {ours}."
    )
    told = whole if idle * 5 / 6 >= _WHOLE else half
    ours = shorter_than(idle)
    yield told.format(
        server=(keepalive.server if keepalive is not None else "") or _("The server"),
        idle=spell(idle),
        proxy=spell(proxy.value),
        by=proxy.by,
        ours=spell(ours),
        rest=spell(idle - ours),
    )
    interval = call_interval(mesh, hop)
    if interval is not None and interval.value >= ours:
        calls = _(
            "The caller calls every {gap} ({by}), which is longer than {ours}: each call opens a "
            "connection of its own then."
        )
        yield calls.format(gap=spell(interval.value), by=interval.by, ours=spell(ours))


def written(seconds: float) -> str:
    """A duration as Istio takes it: `50s`, `250ms`."""
    return f"{seconds:g}s" if seconds == int(seconds) else f"{round(seconds * 1000)}ms"


def towards_app(hop: Hop, mesh: Mesh, setting: Setting) -> tuple[Wanted, tuple[str, ...]]:
    """What sets a field of the pool of connections to the application; what to know of it.

    In the first object that decides there. Where none does: a Sidecar for the server's pods, from
    Istio 1.20, unless their labels are not known, or a Sidecar of the whole namespace holds for
    them, which it would put out of force; else the DestinationRule.
    """
    version = istio_version(mesh)
    if not _beside_app(hop, mesh) or (version is not None and version.value < _POOLS_SINCE):
        notes = (_REACHES,) if _beside_app(hop, mesh) else ()
        return pool_wanted(hop, mesh, setting), notes
    standing = scoped(mesh, "Sidecar", hop.host, "spec", "workloadSelector", "labels")
    sidecar = standing[0].manifest if standing else None
    path = _pool_in(sidecar, hop, mesh) if sidecar is not None else None
    if sidecar is not None and path is not None:
        return _in_sidecar(sidecar, path, setting, namespace_of(hop, mesh)), ()
    rule = standing_rule(hop, mesh)
    decides = policy_block(mesh, hop.host, hop.port, "connectionPool") is not None
    held = bool(standing) and standing[0].level > 0
    unnamed = sidecar is None and service_target(hop, mesh) is None  # labels would be a guess
    if (rule is not None and (decides or rule.partial)) or held or unnamed:
        return pool_wanted(hop, mesh, setting), (_REACHES,)
    if sidecar is not None:
        whole = ("spec", "inboundConnectionPool")
        return _in_sidecar(sidecar, whole, setting, namespace_of(hop, mesh)), ()
    return _new_sidecar(hop, mesh, setting), (_ALONE, *((_SINCE,) if version is None else ()))


_REACHES = _(
    "That a DestinationRule reaches the server's inbound cluster as well is read from Istio's "
    "source: check `istioctl proxy-config cluster <pod> --direction inbound -o json`."
)
_ALONE = _(
    "For these pods it stands in place of a Sidecar of the whole namespace or mesh: if there is "
    "one, put the field into that one."
)
_SINCE = _(
    "`inboundConnectionPool` came with Istio 1.20; before, set the field in the `connectionPool` "
    "of the service's DestinationRule."
)


def _beside_app(hop: Hop, mesh: Mesh) -> bool:
    """Whether it is the server's own proxy that talks to the application."""
    return hop.leg is Place.UPSTREAM_PROXY_TO_APP or (
        bool(hop.host) and has_sidecar(mesh, hop.host) is True
    )


def _pool_in(sidecar: Manifest, hop: Hop, mesh: Mesh) -> Path | None:
    """Where a Sidecar decides on the connections to the application already."""
    ports = {hop.port, workload_port(mesh, hop.host, hop.port)} - {None}
    for index, ingress in sidecar.items("spec", "ingress"):
        number = whole_number(mapping_of(mapping_of(ingress).get("port")).get("number"))
        path = ("spec", "ingress", index, "connectionPool")
        if (number in ports or not ports) and isinstance(sidecar.get(*path), Mapping):
            return path
    whole = ("spec", "inboundConnectionPool")
    return whole if isinstance(sidecar.get(*whole), Mapping) else None


def _in_sidecar(sidecar: Manifest, path: Path, setting: Setting, namespace: str) -> Wanted:
    put = Put(target=target_of(sidecar), path=(*path, *map(str, setting[:-1])), value=setting[-1])
    command = edit(sidecar, namespace)
    return Wanted(edits=(put,), commands=(command,), undo=command)


def _new_sidecar(hop: Hop, mesh: Mesh, setting: Setting) -> Wanted:
    name, namespace = object_name(hop, mesh), namespace_of(hop, mesh)
    data = {
        "apiVersion": api(mesh),
        "kind": "Sidecar",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "workloadSelector": {"labels": dict(selecting_labels(hop, mesh))},
            "inboundConnectionPool": tree_of(setting),
        },
    }
    new = New(data=data, beside=service_target(hop, mesh))
    return Wanted(edits=(new,), undo=f"kubectl -n {namespace} delete sidecar {name}")


def keep_longer(hop: Hop, mesh: Mesh) -> Remedy:
    """Let the server keep idle connections longer than the proxy before it does."""
    keepalive = keepalive_of(mesh, hop.host)
    proxy = idle_timeout_upstream(mesh, hop.host, hop.port).value
    flag = _flag_of(keepalive)
    longer = proxy * 7 / 6
    named = _("Or raise the server's keep-alive timeout above the proxy's idle timeout: {flag}")
    bare = _("Or raise the server's keep-alive timeout above the proxy's idle timeout")
    known = bool(flag) and longer < _FOR_EVER
    value = _go_duration(longer) if known else ""
    sum_ = _("The proxy keeps idle connections for {proxy}: {proxy} × 7/6 = {longer}.")
    return Remedy(
        title=named.format(flag=f"`-{flag}={value}`") if known else bare,
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        edits=_flag_edits(hop, mesh, flag, value) if known else (),
        derived=(sum_.format(proxy=spell(proxy), longer=spell(longer)),) if known else (),
        risks=(_("The server holds more idle connections."),),
        verify=_("No more 503 UC with details connection_termination at the server's proxy."),
        undo=_("Take the setting back, and restart the server.") if known else "",
    )


_FOR_EVER = 1e6
_FLAG = "http.idleConnTimeout"


def _flag_of(keepalive: KeepAlive | None) -> str:
    """Name of the server's own flag; ``""`` where it is not known."""
    known = keepalive is not None and keepalive.server == VICTORIA_METRICS
    return _FLAG if known else ""


def _go_duration(seconds: float) -> str:
    return f"{seconds / 60:g}m" if seconds % 60 == 0 else f"{seconds:g}s"


def _flag_edits(hop: Hop, mesh: Mesh, flag: str, value: str) -> tuple[Edit, ...]:
    """The flag in the operator's resource, else among the arguments of the server's container."""
    if hop.host and (found := resource_of(mesh, hop.host)) is not None:
        resource, path = found
        return (Put(target=target_of(resource), path=(*path, flag), value=value),)
    for workload in workloads_of(mesh, hop.host) if hop.host else ():
        if workload.partial or workload.kind in {"Pod", "ReplicaSet"}:
            continue
        for path, container in containers_of(workload):
            arguments = container.get("args")
            if path[-2] != "containers" or container.get("name") == "istio-proxy":
                continue
            if not isinstance(arguments, list) or not _is_named(container, hop, mesh):
                continue
            target = target_of(workload)
            for index, word in enumerate(arguments):
                bare = str(word).lstrip("-").partition("=")
                if bare[0] == flag and bare[1]:
                    dashes = str(word)[: len(str(word)) - len(str(word).lstrip("-"))]
                    whole = f"{dashes}{flag}={value}"
                    return (Put(target=target, path=(*path, "args", index), value=whole),)
            return (Append(target=target, path=(*path, "args"), value=f"-{flag}={value}"),)
    return ()


def _is_named(container: Mapping[str, object], hop: Hop, mesh: Mesh) -> bool:
    """Whether a container is the server: the only one, or named as its service is."""
    name = str(container.get("name", ""))
    alone = all(
        sum(path[-2] == "containers" for path, _one in containers_of(workload)) == 1
        for workload in workloads_of(mesh, hop.host)
    )
    return alone or name == service_name(hop)
