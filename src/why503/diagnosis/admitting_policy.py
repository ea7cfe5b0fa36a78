"""A NetworkPolicy that lets one caller in."""

from collections.abc import Mapping
from typing import Any

from why503.mesh.network_policy import Party

_USUAL = ("app", "app.kubernetes.io/name")
"""Labels by which people select pods."""


def admitting_policy(
    name: str, namespace: str, server: Party, caller: Party, port: int | None
) -> str:
    """YAML of a NetworkPolicy called ``name`` that admits ``caller`` to ``port`` of ``server``."""
    return (
        "apiVersion: networking.k8s.io/v1\n"
        "kind: NetworkPolicy\n"
        "metadata:\n"
        f"  name: {name}\n"
        f"  namespace: {namespace}\n"
        "spec:\n"
        "  podSelector:\n"
        "    matchLabels:\n"
        f"      {_label(server.labels)}\n"
        "  policyTypes: [Ingress]\n"
        "  ingress:\n"
        "  - from:\n"
        "    - namespaceSelector:\n"
        "        matchLabels:\n"
        f"          kubernetes.io/metadata.name: {caller.namespace or '<client-namespace>'}\n"
        "      podSelector:\n"
        "        matchLabels:\n"
        f"          {_label(caller.labels)}\n"
        "    ports:\n"
        f"    - {{protocol: TCP, port: {port or '<pod port>'}}}\n"
    )


def _label(labels: Mapping[str, Any]) -> str:
    """One line of a label selector."""
    for key in _USUAL:
        if key in labels:
            return f"{key}: {labels[key]}"
    return "app: <label of the pods>"
