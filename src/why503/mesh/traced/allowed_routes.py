"""Which routes a listener of the Gateway API lets in (`allowedRoutes`)."""

from collections.abc import Mapping
from typing import Any

from why503.mesh.mesh import Mesh
from why503.mesh.selection import takes_labels
from why503.mesh.setting import mapping_of, word_of

NOBODY = "~"
"""Stands for a namespace that no route is of."""
_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute")
_OWN_NAME = "kubernetes.io/metadata.name"
"""Kubernetes itself gives this label to every namespace; manifests rarely write it."""


def open_to(mesh: Mesh, allowed: Mapping[str, Any], own: str, host: str) -> tuple[str, ...]:
    """The host of a listener as a server of Istio's writes it: once for each namespace let in.

    ``own``: namespace of the Gateway. A namespace whose labels are not given is taken to be let in.
    """
    told = mapping_of(allowed.get("namespaces"))
    chosen = word_of(told.get("from")) or "Same"
    if chosen == "All":
        return (host,)
    if chosen != "Selector":
        return (f"{own if chosen == 'Same' else NOBODY}/{host}",)
    selector = mapping_of(told.get("selector"))
    labels = {
        one.name: {_OWN_NAME: one.name, **mapping_of(one.get("metadata", "labels"))}
        for one in _spaces(mesh)
    }
    asking = {one.namespace or own for kind in _ROUTES for one in mesh.manifests(kind)}
    fitting = [
        space
        for space in sorted(asking)
        if takes_labels(selector, labels.get(space, {_OWN_NAME: space}))
        or (space not in labels and not _by_own_name(selector))
    ]
    return tuple(f"{space}/{host}" for space in fitting) or (f"{NOBODY}/{host}",)


def _by_own_name(selector: Mapping[str, Any]) -> bool:
    """Whether a selector asks for the name alone, which is known of every namespace."""
    expressions = selector.get("matchExpressions")
    listed = expressions if isinstance(expressions, list) else []
    keys = {*mapping_of(selector.get("matchLabels"))}
    keys |= {word_of(mapping_of(one).get("key")) for one in listed}
    return keys == {_OWN_NAME}


def _spaces(mesh: Mesh) -> tuple[Any, ...]:
    return tuple(one for one in mesh.manifests("Namespace") if not one.partial)


def takes_kind(listener: Mapping[str, Any], kind: str) -> bool:
    """Whether a listener takes routes of a kind; without a list, those of its protocol."""
    kinds = mapping_of(listener.get("allowedRoutes")).get("kinds")
    if not isinstance(kinds, list) or not kinds:
        return True
    return any(word_of(mapping_of(one).get("kind")) == kind for one in kinds)
