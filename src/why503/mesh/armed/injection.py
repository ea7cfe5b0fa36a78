"""Pods that get no sidecar though objects count on one."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from why503.facts import Manifest
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import root_namespace
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.workload import containers_of, has_own_sidecar, labels_of, pod_spec_path
from why503.support.text import _

_INJECTION = "istio-injection"
_REVISION = "istio.io/rev"
_AMBIENT = "istio.io/dataplane-mode"
_POD = "sidecar.istio.io/inject"
_PROXY = "istio-proxy"
_OF_THE_SYSTEM = frozenset(
    {"kube-system", "kube-public", "kube-node-lease", "local-path-storage", "istio-system"}
)
_OF_SIDECARS = ("PeerAuthentication", "AuthorizationPolicy", "RequestAuthentication", "Sidecar")
"""Kinds that only proxies in the namespace heed."""


class _Bare(NamedTuple):
    """A namespace whose pods get no sidecar."""

    space: Manifest
    why: str
    workloads: tuple[Manifest, ...]


def strict_without_sidecars(mesh: Mesh) -> Iterator[Spotted]:
    """Namespaces without injection whose own policies demand STRICT mutual TLS.

    Values: `namespace`, `why`, `workload`, `policy`.
    """
    for bare in _bare(mesh):
        for workload in bare.workloads:
            policy = _strict(mesh, workload)
            if policy is not None:
                yield _told(bare, workload, policy)
                break


def objects_without_sidecars(mesh: Mesh) -> Iterator[Spotted]:
    """Namespaces without injection that hold objects which only sidecars heed.

    Those that demand STRICT are left out. Values: `namespace`, `why`, `workload`, `policy`.
    """
    for bare in _bare(mesh):
        if any(_strict(mesh, workload) is not None for workload in bare.workloads):
            continue
        for policy in _objects_in(mesh, bare.space.name):
            meant = [workload for workload in bare.workloads if _means(policy, workload)]
            if meant:
                yield _told(bare, meant[0], policy)
                break


def _told(bare: _Bare, workload: Manifest, policy: Manifest) -> Spotted:
    return spotted(
        bare.space.where("metadata", "labels"),
        namespace=bare.space.name,
        why=bare.why,
        workload=workload.full_name,
        policy=policy.full_name,
    )


def _bare(mesh: Mesh) -> Iterator[_Bare]:
    by_space: defaultdict[str, list[Manifest]] = defaultdict(list)
    for workload in inventory(mesh).workloads:
        by_space[workload.namespace].append(workload)
    for space in () if _injects_by_default(mesh) else mesh.manifests("Namespace"):
        why = None if space.partial else _reason(mesh, space)
        found = by_space.get(space.name, [])
        if why is None or not found:
            continue
        if not any(_gets_one(mesh, workload) for workload in found):
            own = tuple(workload for workload in found if not _is_apart(workload))
            yield _Bare(space, why, own)


def _reason(mesh: Mesh, space: Manifest) -> str | None:
    """Why a namespace gives its pods no sidecar; None where it does, or is none of the mesh's."""
    labels = mapping_of(space.get("metadata", "labels"))
    written = word_of(labels.get(_INJECTION))
    if space.name in _OF_THE_SYSTEM | {root_namespace(mesh)} or labels.get(_AMBIENT) == "ambient":
        return None
    if written == "enabled" or (not written and _REVISION in labels):
        return None
    if written:
        return _("it is labelled {label}={value}").format(label=_INJECTION, value=written)
    return _("it has no label for injection")


def _injects_by_default(mesh: Mesh) -> bool:
    """Whether namespaces without a label are injected as well."""
    path = ("sidecarInjectorWebhook", "enableNamespacesByDefault")
    operators = mesh.manifests("IstioOperator")
    return any(one.get("spec", "values", *path) is True for one in operators) or any(
        one.get(*path) is True for one in mesh.manifests("")
    )


def is_bare(mesh: Mesh, workload: Manifest) -> bool:
    """Whether a workload is known to get no sidecar."""
    return not _injects_by_default(mesh) and not _gets_one(mesh, workload)


def _gets_one(mesh: Mesh, workload: Manifest) -> bool:
    """Whether a pod has a sidecar, or is a proxy itself, whatever its namespace says."""
    return has_own_sidecar(mesh, workload) is not False or _REVISION in labels_of(workload)


def _is_apart(workload: Manifest) -> bool:
    """Whether a workload says itself that it wants no sidecar, or cannot have one."""
    if workload.partial or workload.get(*pod_spec_path(workload), "hostNetwork") is True:
        return True
    return word_of(labels_of(workload).get(_POD)).lower() == "false" or bool(_annotated(workload))


def _annotated(workload: Manifest) -> bool:
    path: tuple[str, ...] = ("metadata", "annotations")
    if workload.kind != "Pod":
        path = ("spec", "template", *path)
    return word_of(workload.get(*path, _POD)).lower() == "false"


def _objects_in(mesh: Mesh, namespace: str) -> Iterator[Manifest]:
    for kind in _OF_SIDECARS:
        for manifest in mesh.manifests(kind):
            of_gateway = manifest.get("spec", "targetRefs") or manifest.get("spec", "targetRef")
            if manifest.namespace == namespace and not manifest.partial and not of_gateway:
                yield manifest


def _means(policy: Manifest, workload: Manifest) -> bool:
    path = ("spec", "selector", "matchLabels")
    if policy.kind == "Sidecar":
        path = ("spec", "workloadSelector", "labels")
    return has_labels(labels_of(workload), mapping_of(policy.get(*path)))


def _strict(mesh: Mesh, workload: Manifest) -> Manifest | None:
    """The PeerAuthentication that demands STRICT of a workload: its own, its namespace's.

    The mesh's counts where the namespace holds other objects for sidecars, and so belongs to it.
    """
    own = [
        one
        for one in _objects_in(mesh, workload.namespace)
        if one.kind == "PeerAuthentication" and _means(one, workload)
    ]
    own.sort(key=lambda one: not one.get("spec", "selector", "matchLabels"))
    for policy in own:
        mode = _mode(policy)
        if mode:
            return policy if mode == "STRICT" else None
    if next(_objects_in(mesh, workload.namespace), None) is None:
        return None
    for policy in mesh.manifests("PeerAuthentication"):
        of_mesh = policy.namespace == root_namespace(mesh)
        if of_mesh and not policy.get("spec", "selector", "matchLabels"):
            return policy if _mode(policy) == "STRICT" else None
    return None


def _mode(policy: Manifest) -> str:
    """The mode that a policy sets; ``""`` where it leaves it to the next wider one."""
    mode = word_of(policy.get("spec", "mtls", "mode")).upper()
    return "" if mode == "UNSET" else mode


def doubly_labelled(mesh: Mesh) -> Iterator[Spotted]:
    """Namespaces with both labels for injection: `namespace`, `value`, `revision`.

    The webhooks of a revision want that the other label is absent.
    """
    for space in mesh.manifests("Namespace"):
        labels = mapping_of(space.get("metadata", "labels"))
        value, revision = word_of(labels.get(_INJECTION)), word_of(labels.get(_REVISION))
        if value and revision:
            where = space.where("metadata", "labels", _REVISION)
            yield spotted(where, namespace=space.name, value=value, revision=revision)


def pods_without_proxy(mesh: Mesh) -> Iterator[Spotted]:
    """Running pods without a proxy in namespaces that inject one: `pod`, `namespace`."""
    injecting = {
        space.name
        for space in mesh.manifests("Namespace")
        if space.name not in _OF_THE_SYSTEM and _injects(space)
    }
    for pod in mesh.manifests("Pod"):
        runs = word_of(pod.get("status", "phase")) == "Running"
        if pod.namespace in injecting and runs and not pod.partial and not _is_apart(pod):
            containers = containers_of(pod)
            if containers and all(one.get("name") != _PROXY for _path, one in containers):
                where = pod.where("spec", "containers")
                yield spotted(where, pod=pod.full_name, namespace=pod.namespace)


def images_without_injection(mesh: Mesh) -> Iterator[Spotted]:
    """Containers with the image `auto` that no webhook of injection sees: `workload`, `why`."""
    spaces = {space.name: space for space in mesh.manifests("Namespace") if not space.partial}
    for workload in () if _injects_by_default(mesh) else inventory(mesh).workloads:
        space = spaces.get(workload.namespace)
        why = _unseen(space, workload) if space is not None else None
        for path, container in containers_of(workload) if why is not None else ():
            if container.get("image") == "auto":
                where = workload.where(*path, "image")
                yield spotted(where, workload=workload.full_name, why=why)


def _unseen(space: Manifest, workload: Manifest) -> str | None:
    """Why the webhooks pass a pod by; None where one of them takes it."""
    labels = labels_of(workload)
    written = word_of(mapping_of(space.get("metadata", "labels")).get(_INJECTION))
    asked = word_of(labels.get(_POD)).lower()
    if asked == "false":
        return _("it is labelled {label}={value}").format(label=_POD, value="false")
    if written == "disabled":
        value = _("namespace {name} is labelled {label}={value}")
        return value.format(name=space.name, label=_INJECTION, value=written)
    if asked == "true" or _REVISION in labels or _injects(space):
        return None
    return _("neither it nor namespace {name} is labelled for injection").format(name=space.name)


def _injects(space: Manifest) -> bool:
    labels = mapping_of(space.get("metadata", "labels"))
    written = labels.get(_INJECTION)
    return written == "enabled" or (written is None and _REVISION in labels)
