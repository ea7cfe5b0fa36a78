"""Which object applies to a host: names, wildcards, label selectors, namespaces."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from why503.facts import Manifest
from why503.mesh.address import is_address, is_service_name, short_name
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import root_namespace
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.workload import labels_of, same_host, service_of, workloads_of


class Scoped(NamedTuple):
    """A policy object that applies to a host's workloads."""

    level: int
    """0 by its workload selector, 1 for the whole namespace, 2 for the whole mesh."""
    manifest: Manifest


def full_host(host: str, namespace: str) -> str:
    """The name that Istio makes of a host in an object of ``namespace``."""
    word = host.strip().rstrip(".").lower()
    if not word or not namespace or "." in word or ":" in word or word.startswith("*"):
        return word
    return f"{word}.{namespace.lower()}.svc.cluster.local"


def host_of_service(mesh: Mesh, host: str) -> str:
    """``host`` with the namespace of its Service, where the evidence has one; else as it is."""
    word = host.strip().rstrip(".").lower()
    if is_service_name(word) or is_address(word):
        return word
    service = service_of(mesh, word) if word else None
    if service is None or not service.namespace:
        return word
    return full_host(service.name, service.namespace)


def covers(pattern: str, host: str, namespace: str = "") -> bool:
    """True where a host or wildcard in an object of ``namespace`` means ``host``.

    Two spellings of one service (`orders`, `orders.shop`, the full name) are taken as the same.
    """
    wanted, asked = full_host(pattern, namespace), host.strip().rstrip(".").lower()
    if wanted.startswith("*"):
        return bool(asked) and asked.endswith(wanted[1:])
    return same_host(wanted, asked)


def specificity(pattern: str) -> tuple[bool, int]:
    """Sort key, most specific first: full names before wildcards, long wildcards before short."""
    wild = pattern.strip().startswith("*")
    return wild, -len(pattern.strip()) if wild else 0


def has_labels(labels: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """True where ``labels`` carry every wanted label; numbers and their spelling are the same."""
    return all(key in labels and str(labels[key]) == str(value) for key, value in wanted.items())


def takes_labels(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """True where a selector of Kubernetes (`matchLabels`, `matchExpressions`) takes ``labels``."""
    written = selector.get("matchExpressions")
    asked = [mapping_of(one) for one in written] if isinstance(written, list) else []
    return has_labels(labels, mapping_of(selector.get("matchLabels"))) and all(
        _holds(one, labels) for one in asked
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values = word_of(expression.get("key")), expression.get("values")
    listed = {str(value) for value in values} if isinstance(values, list) else set()
    there = key in labels
    among = there and str(labels[key]) in listed
    by_operator = {"In": among, "NotIn": not among, "Exists": there, "DoesNotExist": not there}
    return by_operator.get(word_of(expression.get("operator")), False)


def labels_told(labels: Mapping[str, Any]) -> str:
    """Labels as kubectl writes them, the same for the same labels: `app=orders,tier=web`."""
    return ",".join(sorted(f"{key}={value}" for key, value in labels.items()))


def selects(mesh: Mesh, host: str, wanted: Mapping[str, Any]) -> bool:
    """True where a label selector takes the workloads behind ``host``.

    Judged by the labels of the workloads, else by those that the Service selects, else by the
    service's own name among the wanted values.
    """
    known = [labels for labels in map(labels_of, workloads_of(mesh, host)) if labels]
    if known:
        return any(has_labels(labels, wanted) for labels in known)
    service = service_of(mesh, host)
    if service is not None and has_labels(mapping_of(service.get("spec", "selector")), wanted):
        return True
    return short_name(host)[0] in {str(value) for value in wanted.values()}


def namespace_of_host(mesh: Mesh, host: str) -> str:
    """Namespace of a host's service or workloads; ``""`` where nothing tells."""
    if not host or is_address(host):
        return ""
    if is_service_name(host):
        return short_name(host)[1]
    service = service_of(mesh, host)
    if service is not None and service.namespace:
        return service.namespace
    for workload in workloads_of(mesh, host):
        if workload.namespace:
            return workload.namespace
    return short_name(host)[1]


def created(manifest: Manifest) -> str:
    """When an object was made, so that older ones sort first; ``""`` where it is not told."""
    return word_of(manifest.get("metadata", "creationTimestamp"))


def scoped(mesh: Mesh, kind: str, host: str, *selector: str) -> tuple[Scoped, ...]:
    """Objects of one kind that apply to the workloads of ``host``, the deciding one first.

    The narrowest goes first; of several of one level the oldest, as Istio has it.
    ``selector`` is the path of the label selector in the object. An object that names no namespace
    is taken to be in the host's own.
    """
    root = root_namespace(mesh)
    own = namespace_of_host(mesh, host)
    found = []
    for manifest in mesh.manifests(kind):
        labels = mapping_of(manifest.get(*selector))
        of_mesh = manifest.namespace == root and own != root
        if of_mesh:
            if not labels:
                found.append(Scoped(2, manifest))
        elif own and manifest.namespace and manifest.namespace != own:
            continue
        elif not labels:
            found.append(Scoped(1, manifest))
        elif selects(mesh, host, labels):
            found.append(Scoped(0, manifest))
    return tuple(sorted(found, key=lambda item: (item.level, created(item.manifest))))
