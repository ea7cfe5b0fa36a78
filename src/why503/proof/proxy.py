"""One proxy's whole configuration as files, written anew and moved into place at each change."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from why503.diagnosis.scenario import Credential, Scenario
from why503.proof import cluster, listener, route
from why503.proof.bootstrap import bootstrap, namespace_of
from why503.proof.cast import Cast, Pod
from why503.proof.certificate import Authority
from why503.proof.era import Era
from why503.proof.log_format import LogFormat
from why503.proof.overlay import merged, stacked
from why503.proof.tls_context import identity, secrets
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What all proxies of a play have in common."""

    scenario: Scenario
    cast: Cast
    era: Era
    log_format: LogFormat
    authority: Authority
    all_stats: bool = False


class Proxy:
    """The files of one pod's proxy."""

    def __init__(self, stage: Stage, pod: Pod, folder: Path) -> None:
        """Everything stands under ``folder``, which is made."""
        self.pod = pod
        self.folder = folder
        self._stage = stage
        self._is_caller = pod is stage.cast.caller
        scenario = stage.scenario
        over = scenario.caller if self._is_caller else scenario.callee
        self._overlay: dict[str, Any] = stacked({}, over)
        self._version = 0
        self._xds.mkdir(parents=True, exist_ok=True)

    @property
    def _xds(self) -> Path:
        return self.folder / "xds"

    def write(self) -> Path:
        """Write bootstrap and resources; the bootstrap's path."""
        stage = self._stage
        self._write_secrets()
        self._write_resources()
        base = bootstrap(stage.cast, self.pod, stage.era, self._xds, all_stats=stage.all_stats)
        path = self.folder / "envoy-rev.json"
        whole = merged(base, self._overlay.get("bootstrap", {}))
        path.write_text(json.dumps(whole, indent=1), encoding="utf-8")
        return path

    def change(self, overlay: Mapping[str, Any]) -> None:
        """Lay another overlay on top and hand the proxy what follows from it."""
        self._overlay = stacked(self._overlay, overlay)
        if "credential" in overlay:
            self._write_secrets()
        self._write_resources()

    def _write_secrets(self) -> None:
        stage, scenario = self._stage, self._stage.scenario
        default = scenario.caller_credential if self._is_caller else scenario.callee_credential
        credential: Credential = self._overlay.get("credential", default)
        name = identity(namespace_of(stage.cast, self.pod), self.pod.workload)
        pair = stage.authority.issue(self.pod.folder, f"URI:{name}", credential)
        for secret, content in secrets(pair).items():
            self._move_in(f"sds-{secret}.json", [content])

    def _write_resources(self) -> None:
        self._version += 1
        (self._outbound if self._is_caller else self._inbound)()

    def _outbound(self) -> None:
        stage, over, cast = self._stage, self._overlay, self._stage.cast
        tls = over.get("tls", stage.scenario.caller_tls)
        ends = cluster.ends(self.pod.ip)
        own = cluster.outbound(cast, self._xds, over, tls)
        extra = cluster.added(cast, self._xds, over, tls)
        endpoints = cluster.assignment(cast, cluster.addresses(cast, over), kind=True)
        served = [] if over.get("no_cluster") else [own]
        name = route.outbound_name(cast)
        self._move_in("eds.json", [endpoints])
        for one in extra:
            if "eds_cluster_config" in one:
                load = {**endpoints, "cluster_name": one["name"]}
                self._move_in(cluster.eds_file(one["name"]), [load])
        self._move_in("rds.json", [route.outbound_routes(cast, stage.era, over)])
        self._move_in("cds.json", [*ends, *served, *extra])
        listeners = listener.outbound_listeners(cast, self._files(), name, over)
        self._move_in("lds.json", listeners)

    def _inbound(self) -> None:
        stage, over, cast = self._stage, self._overlay, self._stage.cast
        own = cluster.inbound(cast, self.pod.app_ip, over)
        routes = route.inbound_routes(cast, stage.era, over)
        clusters = [*cluster.ends(self.pod.ip), own, *cluster.beside(over)]
        self._move_in("cds.json", clusters)
        listeners = listener.inbound_listeners(
            cast,
            self.pod.ip,
            self._files(),
            routes,
            over,
            over.get("tls", stage.scenario.callee_tls),
        )
        self._move_in("lds.json", listeners)

    def _files(self) -> listener.Files:
        return listener.Files(self.folder, self._stage.log_format)

    def _move_in(self, name: str, resources: list[Any]) -> None:
        """Replace a file of resources in one move, which the proxy watches for."""
        text = json.dumps({"version_info": f"{self._version}", "resources": resources})
        path = self._xds / name
        if path.exists() and json.loads(path.read_text("utf-8"))["resources"] == resources:
            return
        made = path.with_suffix(".new")
        made.write_text(text, encoding="utf-8")
        made.replace(path)
