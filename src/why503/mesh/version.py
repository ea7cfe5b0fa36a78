"""Which version of Istio runs, as image tags tell."""

import re

from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting, word_of
from why503.mesh.workload import WORKLOAD_KINDS, containers_of

_IMAGE = re.compile(
    r"(?:^|/)(?P<image>proxyv2|pilot|ztunnel)(?:-\w{1,20})?:v?(?P<major>\d{1,3})\.(?P<minor>\d{1,3})(?!\d)"
)


def istio_version(mesh: Mesh) -> Setting[tuple[int, int]] | None:
    """Major and minor version of Istio; the sidecar's image goes before istiod's and ztunnel's.

    None where no image tag tells.
    """
    found: dict[str, Setting[tuple[int, int]]] = {}
    for kind in ("Pod", *(kind for kind in WORKLOAD_KINDS if kind != "Pod")):
        for workload in mesh.manifests(kind):
            for path, container in containers_of(workload):
                match = _IMAGE.search(word_of(container.get("image"))[:500])
                if match is not None:
                    setting = Setting(
                        value=(int(match["major"]), int(match["minor"])),
                        source=workload.where(*path, "image"),
                        default=False,
                        by=workload.full_name,
                    )
                    found.setdefault(match["image"], setting)
    return next((found[image] for image in ("proxyv2", "pilot", "ztunnel") if image in found), None)
