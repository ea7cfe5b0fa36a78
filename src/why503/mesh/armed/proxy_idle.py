"""When a proxy closes idle connections that others made to it."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_setting, proxy_configs, root_namespace
from why503.mesh.selection import has_labels
from why503.mesh.setting import Setting, mapping_of, word_of
from why503.mesh.workload import containers_of, labels_of
from why503.support.duration import HOUR, seconds_of
from why503.support.text import _

IDLE = HOUR
"""Seconds: Envoy's default for connections that were made to a proxy."""
_NAME = "ISTIO_META_IDLE_TIMEOUT"
_METADATA = ("proxyMetadata", _NAME)
_OPTIONS = ("common_http_protocol_options", "commonHttpProtocolOptions")
_TIMEOUTS = ("idle_timeout", "idleTimeout")


class Side(StrEnum):
    """Which listeners of a proxy are meant, as EnvoyFilters spell it."""

    FROM_APPLICATION = "SIDECAR_OUTBOUND"
    FROM_CALLERS = "SIDECAR_INBOUND"
    GATEWAY = "GATEWAY"


class _Patch(NamedTuple):
    """An EnvoyFilter's idle timeout for the listeners of one context."""

    manifest: Manifest
    path: Path
    context: str
    seconds: float
    labels: Mapping[str, Any]


def is_gateway(workload: Manifest) -> bool:
    """Whether a workload's only container is the proxy."""
    own = [one for path, one in containers_of(workload) if "containers" in path]
    return bool(own) and all(one.get("name") == "istio-proxy" for one in own)


def accepted_idle(mesh: Mesh, workload: Manifest, side: Side) -> Setting[float]:
    """Seconds after which a workload's proxy closes an idle connection made to it.

    An EnvoyFilter goes first, then the pod's own metadata, then the mesh config's.
    """
    for patch in mesh.kept("idle timeouts of listeners", lambda: list(_patches(mesh))):
        if patch.context in (side, "", "ANY") and _is_for(mesh, patch, workload):
            return _told(patch.manifest, patch.path, patch.seconds)
    return _of_pod(mesh, workload) or accepted_anywhere(mesh)


def accepted_anywhere(mesh: Mesh) -> Setting[float]:
    """What holds for a proxy that says nothing of its own: the mesh config's, else the default."""
    found = mesh_setting(mesh, "defaultConfig", *_METADATA)
    if found is not None and (seconds := seconds_of(found.value)):
        return Setting(value=seconds, source=found.source, default=False, by=found.by)
    return Setting(value=IDLE, source=None, default=True, by=_("Envoy's default"))


def _of_pod(mesh: Mesh, workload: Manifest) -> Setting[float] | None:
    for path, container in containers_of(workload):
        variables = container.get("env")
        for index, variable in enumerate(variables if isinstance(variables, list) else []):
            fields = mapping_of(variable)
            if fields.get("name") == _NAME and (seconds := seconds_of(fields.get("value"))):
                return _told(workload, (*path, "env", index), seconds)
    config = proxy_configs(mesh).get((workload.namespace, workload.name))
    if config is None or not (seconds := seconds_of(config.get(*_METADATA))):
        return None
    return Setting(value=seconds, source=config.where(*_METADATA), default=False, by=_NAME)


def _told(manifest: Manifest, path: Path, seconds: float) -> Setting[float]:
    by = manifest.full_name if manifest.kind == "EnvoyFilter" else _NAME
    return Setting(value=seconds, source=manifest.where(*path), default=False, by=by)


def _patches(mesh: Mesh) -> Iterator[_Patch]:
    for manifest in mesh.manifests("EnvoyFilter"):
        labels = mapping_of(manifest.get("spec", "workloadSelector", "labels"))
        for index, patch in manifest.items("spec", "configPatches"):
            path = ("spec", "configPatches", index, "patch", "value")
            context = word_of(mapping_of(mapping_of(patch).get("match")).get("context"))
            for holder in ("typed_config", "typedConfig"):
                for options in _OPTIONS:
                    for name in _TIMEOUTS:
                        place = (*path, holder, options, name)
                        if seconds := seconds_of(manifest.get(*place)):
                            yield _Patch(manifest, place, context, seconds, labels)


def _is_for(mesh: Mesh, patch: _Patch, workload: Manifest) -> bool:
    space = patch.manifest.namespace
    if space and space not in (workload.namespace, root_namespace(mesh)):
        return False
    return has_labels(labels_of(workload), patch.labels)
