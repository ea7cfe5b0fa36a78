"""The mesh config, as a ConfigMap, an IstioOperator or Helm values hold it."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting, word_of
from why503.support.text import _

ROOT_NAMESPACE = "istio-system"
PROXY_CONFIG = "proxy.istio.io/config"
"""The annotation, and the kind under which its value is known."""

_OWN_FIELDS = frozenset({"extensionProviders", "defaultHttpRetryPolicy", "outboundTrafficPolicy"})
"""Fields by which a piece cut out of a mesh config is known."""


def mesh_configs(mesh: Mesh) -> Iterator[tuple[Manifest, Path]]:
    """Every mesh config of the evidence: the object that holds it and the path inside."""
    for manifest in mesh.manifests("MeshConfig"):
        yield manifest, ()
    for manifest in mesh.manifests("IstioOperator"):
        yield manifest, ("spec", "meshConfig")
    for manifest in mesh.manifests(""):
        if isinstance(manifest.get("meshConfig"), dict):
            yield manifest, ("meshConfig",)
        elif _OWN_FIELDS & manifest.data.keys():
            yield manifest, ()


def mesh_setting(mesh: Mesh, *path: str) -> Setting[Any] | None:
    """Value of the mesh config's field at ``path``; None where no mesh config sets it."""
    for manifest, base in mesh_configs(mesh):
        value = manifest.get(*base, *path)
        if value is not None:
            return Setting(
                value=value,
                source=manifest.where(*base, *path),
                default=False,
                by=_("the mesh config"),
            )
    return None


def proxy_configs(mesh: Mesh) -> Mapping[tuple[str, str], Manifest]:
    """What workloads set for their own proxies by annotation, by namespace and name."""
    return mesh.kept(
        "proxy configs",
        lambda: {(one.namespace, one.name): one for one in mesh.manifests(PROXY_CONFIG)},
    )


def root_namespace(mesh: Mesh) -> str:
    """Namespace whose policies hold for the whole mesh."""
    found = mesh_setting(mesh, "rootNamespace")
    return (word_of(found.value) if found is not None else "") or ROOT_NAMESPACE
