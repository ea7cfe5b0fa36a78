"""Which version of Istio runs, as proxies report it and image tags tell."""

from why503.facts import ProxyInfo
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting, word_of
from why503.mesh.workload import WORKLOAD_KINDS, containers_of
from why503.support.pattern import lazy_re
from why503.support.text import _

_IMAGE = lazy_re(
    r"(?:^|/)(?P<image>proxyv2|pilot|ztunnel)(?:-\w{1,20})?:v?(?P<major>\d{1,3})\.(?P<minor>\d{1,3})(?!\d)"
)

_REPORTED = lazy_re(r"v?(?P<major>\d{1,3})\.(?P<minor>\d{1,3})(?!\d)")
NATIVE_SIDECARS_SINCE = (1, 27)
"""Istio from which proxies are native sidecars unless told otherwise: up first, gone last."""


def istio_version(mesh: Mesh) -> Setting[tuple[int, int]] | None:
    """Major and minor version of Istio; None where nothing tells.

    What the user names goes first, then what a proxy reports of itself, then the image of a
    sidecar, of istiod, of ztunnel.
    """
    if mesh.istio is not None:
        return Setting(value=mesh.istio, source=None, default=False, by="--istio-version")
    for info in mesh.facts(ProxyInfo):
        reported = _REPORTED.match(info.istio)
        if reported is not None:
            return Setting(
                value=(int(reported["major"]), int(reported["minor"])),
                source=info.source,
                default=False,
                by=_("the proxy `{proxy}`").format(proxy=info.pod or info.teller),
            )
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
