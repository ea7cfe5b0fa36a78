"""Patches of a workload that the evidence does not show: what to set, where names are known."""

from collections.abc import Mapping
from typing import Any

from why503.diagnosis.cause import Patch
from why503.diagnosis.edit import New
from why503.diagnosis.edit_text import object_text


def of_container(
    deployment: str, namespace: str, container: str, fields: Mapping[str, Any]
) -> Patch:
    """Fields of one container."""
    spec = {"containers": [{"name": container, **fields}]}
    return _patch({"name": deployment, "namespace": namespace}, {"spec": spec})


def of_template(deployment: str, annotations: Mapping[str, str]) -> Patch:
    """Annotations of the pods."""
    return _patch({"name": deployment}, {"metadata": {"annotations": annotations}})


def _patch(metadata: Mapping[str, str], template: Mapping[str, Any]) -> Patch:
    data = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"template": template},
    }
    return Patch(yaml=object_text(New(data=data)))
