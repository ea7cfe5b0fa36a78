"""Health probes: what a workload declares, and what Kubernetes says of their failures."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from why503.facts import Manifest, Source
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import WORKLOAD_KINDS, containers_of, labels_of, workloads_of
from why503.support.pattern import lazy_re

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
TIMEOUT = 1.0
"""Seconds: Kubernetes' default for `timeoutSeconds`."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PROXY_CONTAINER = "istio-proxy"
_REWRITE = "sidecar.istio.io/rewriteAppHTTPProbers"


class Probe(NamedTuple):
    """One probe as a container declares it."""

    workload: Manifest
    container: Mapping[str, Any]
    kind: str
    """`readinessProbe`, ..."""
    path: Path

    @property
    def source(self) -> Source:
        """Its place."""
        return self.workload.where(*self.path)

    @property
    def http(self) -> Mapping[str, Any]:
        """Its `httpGet`; empty for another kind of probe."""
        return mapping_of(self.workload.get(*self.path, "httpGet"))

    @property
    def port(self) -> int | str | None:
        """Number or name of the port it asks; None for a command."""
        for kind in ("httpGet", "tcpSocket", "grpc"):
            written = self.workload.get(*self.path, kind, "port")
            if written is not None:
                number = whole_number(written)
                return word_of(written) if number is None else number
        return None

    @property
    def timeout(self) -> float:
        """Seconds that the answer may take."""
        return float(whole_number(self.workload.get(*self.path, "timeoutSeconds")) or TIMEOUT)


class Answer(StrEnum):
    """What a failed probe shows of the application."""

    ALIVE = "alive"
    """It answered, but not as asked: a redirect loop, 4xx, or a broken kind of answer."""
    UNWELL = "unwell"
    """It answered 5xx: it says itself that it cannot serve."""
    SLOW = "slow"
    REFUSED = "refused"
    """Nothing listens at that port."""
    CUT = "cut"
    """The connection was closed or reset: plain HTTP at a port that wants TLS, often."""
    OTHER = "other"


_STATUS = lazy_re(r"statuscode: (?P<code>\d{3})")
_TEXTS: tuple[tuple[str, Answer], ...] = (
    ("connection refused", Answer.REFUSED),
    ("deadline exceeded", Answer.SLOW),
    ("Client.Timeout", Answer.SLOW),
    ("timed out", Answer.SLOW),
    ("i/o timeout", Answer.SLOW),
    ("HTTP response to HTTPS", Answer.ALIVE),
    ("malformed HTTP", Answer.ALIVE),
    ("x509:", Answer.ALIVE),
    ("connection reset", Answer.CUT),
    ("EOF", Answer.CUT),
)


def answer_in(message: str) -> Answer:
    """What the message of an `Unhealthy` event shows."""
    if found := _STATUS.search(message):
        return Answer.UNWELL if found["code"].startswith("5") else Answer.ALIVE
    return next((answer for words, answer in _TEXTS if words in message), Answer.OTHER)


def probes_of(mesh: Mesh, host: str) -> tuple[Probe, ...]:
    """Probes of the workloads behind a host, the proxy's own left out; of all for ``""``."""
    workloads = workloads_of(mesh, host) if host else _all_workloads(mesh)
    return tuple(
        Probe(workload, container, kind, (*path, kind))
        for workload in workloads
        for path, container in containers_of(workload)
        if container.get("name") != _PROXY_CONTAINER
        for kind in PROBES
        if isinstance(container.get(kind), Mapping)
    )


def looped_back(mesh: Mesh, host: str) -> tuple[tuple[str, str, Source], ...]:
    """HTTP probes that name a loopback host, with that host; pasted probes without a pod, too.

    The kubelet dials a named host from the node, where it is the node itself and never the pod.
    """
    found = [(probe.kind, probe.http, probe.source) for probe in probes_of(mesh, host)]
    for piece in mesh.manifests(""):
        found += [
            (kind, mapping_of(piece.get(kind, "httpGet")), piece.where(kind, "httpGet", "host"))
            for kind in PROBES
        ]
    return tuple(
        (kind, word_of(http.get("host")), source)
        for kind, http, source in found
        if word_of(http.get("host")) in _LOOPBACK
    )


def _all_workloads(mesh: Mesh) -> tuple[Manifest, ...]:
    return tuple(workload for kind in WORKLOAD_KINDS for workload in mesh.manifests(kind))


def unknown_port(probe: Probe) -> int | str | None:
    """The port a probe asks, where its container declares others only; else None."""
    port = probe.port
    entries = probe.container.get("ports")
    declared = [mapping_of(entry) for entry in entries] if isinstance(entries, list) else []
    known = {whole_number(entry.get("containerPort")) for entry in declared}
    known_names = {word_of(entry.get("name")) for entry in declared}
    if port is None or not declared or port in known or port in known_names:
        return None
    return port


def rewrite_off(mesh: Mesh, host: str) -> Source | None:
    """Place where the rewriting of HTTP probes is switched off for a host's pods; else None."""
    for workload in workloads_of(mesh, host) if host else _all_workloads(mesh):
        if (found := rewrite_off_at(workload)) is not None:
            return found
    return None


def rewrite_off_at(workload: Manifest) -> Source | None:
    """Place where a workload switches the rewriting of its probes off; None where it does not."""
    base = ("metadata",) if workload.kind == "Pod" else ("spec", "template", "metadata")
    written = workload.get(*base, "annotations", _REWRITE)
    if word_of(written if not isinstance(written, bool) else str(written)).lower() == "false":
        return workload.where(*base, "annotations", _REWRITE)
    return None


def without_readiness(mesh: Mesh, host: str) -> tuple[tuple[str, Source], ...]:
    """Whole Deployments, StatefulSets, ... behind a host that have no readinessProbe."""
    found = []
    for workload in workloads_of(mesh, host) if host else ():
        own = [
            (path, container)
            for path, container in containers_of(workload)
            if "containers" in path and container.get("name") != _PROXY_CONTAINER
        ]
        # An object cut down to the fields that matter shows no containers, or no labels.
        if workload.partial or workload.kind == "Pod" or not own or not labels_of(workload):
            continue
        if not any("readinessProbe" in container for _path, container in own):
            found.append((workload.full_name, workload.where(*own[0][0])))
    return tuple(found)
