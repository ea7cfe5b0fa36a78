"""A NetworkPolicy that lets one caller in."""

from collections.abc import Mapping
from typing import Any

from why503.diagnosis.edit import New
from why503.mesh.network_policy import Party

_USUAL = ("app", "app.kubernetes.io/name")
"""Labels by which people select pods."""


def admitting_policy(
    name: str, namespace: str, server: Party, caller: Party, port: int | None
) -> New:
    """A NetworkPolicy called ``name`` that admits ``caller`` to ``port`` of ``server``."""
    space = {"kubernetes.io/metadata.name": caller.namespace or "<client-namespace>"}
    source = {
        "namespaceSelector": {"matchLabels": space},
        "podSelector": {"matchLabels": _label(caller.labels)},
    }
    data = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "podSelector": {"matchLabels": _label(server.labels)},
            "policyTypes": ["Ingress"],
            "ingress": [
                {"from": [source], "ports": [{"protocol": "TCP", "port": port or "<pod port>"}]}
            ],
        },
    }
    return New(data=data)


def leaving_policy(name: str, caller: Party, server: Party, port: int | None) -> New:
    """A NetworkPolicy called ``name`` that lets ``caller`` go out to ``port`` of ``server``."""
    space = {"kubernetes.io/metadata.name": server.namespace or "<namespace>"}
    peer = {
        "namespaceSelector": {"matchLabels": space},
        "podSelector": {"matchLabels": _label(server.labels)},
    }
    data = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": caller.namespace or "<client-namespace>"},
        "spec": {
            "podSelector": {"matchLabels": _label(caller.labels)},
            "policyTypes": ["Egress"],
            "egress": [
                {"to": [peer], "ports": [{"protocol": "TCP", "port": port or "<pod port>"}]}
            ],
        },
    }
    return New(data=data)


def _label(labels: Mapping[str, Any]) -> dict[str, Any]:
    """The label of a selector."""
    for key in _USUAL:
        if key in labels:
            return {key: labels[key]}
    return {"app": "<label of the pods>"}
