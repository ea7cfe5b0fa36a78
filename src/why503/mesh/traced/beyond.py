"""What the evidence has and a trace leaves out; it is said, not passed over."""

from collections.abc import Iterator

from why503.facts import Manifest
from why503.mesh.address import cluster_name
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.support.text import _

_AMBIENT = "istio.io/dataplane-mode"
_WAYPOINT = "istio.io/use-waypoint"
_BOUND = (
    ("AuthorizationPolicy", "targetRefs"),
    ("RequestAuthentication", "targetRefs"),
    ("HTTPRoute", "parentRefs"),
    ("GRPCRoute", "parentRefs"),
    ("TCPRoute", "parentRefs"),
    ("TLSRoute", "parentRefs"),
)


def left_out(push: Push) -> tuple[str, ...]:
    """One sentence for each thing that could change the answer."""
    return tuple(_left_out(push))


def _left_out(push: Push) -> Iterator[str]:
    ambient = [
        one.full_name
        for kind in ("Namespace", "Pod", "Service")
        for one in push.mesh.manifests(kind)
        if _ambient(mapping_of(one.get("metadata", "labels")))
    ]
    waypoints = [
        one.full_name
        for one in push.mesh.manifests("Gateway")
        if word_of(one.get("spec", "gatewayClassName")) == "istio-waypoint"
    ]
    if ambient or waypoints:
        text = _("Ambient mode (ztunnel, waypoints) is not followed: {names}.")
        yield text.format(names=_few(ambient + waypoints))
    changing = [
        one.full_name for kind in ("EnvoyFilter", "WasmPlugin") for one in push.mesh.manifests(kind)
    ]
    if changing:
        yield _("What these change is not followed: {names}.").format(names=_few(changing))
    tokens = [one.full_name for one in push.mesh.manifests("RequestAuthentication")]
    if tokens:
        yield _("Tokens are not checked: {names}.").format(names=_few(tokens))


def is_ambient(push: Push, proxy: Proxy) -> bool:
    """Whether a workload is in ambient mode: by its own labels, else by its namespace's."""
    if proxy.gateway or proxy.has_proxy:
        return False
    own = proxy.labels.get(_AMBIENT, "")
    spaces = [one for one in push.mesh.manifests("Namespace") if one.name == proxy.namespace]
    return own == "ambient" or (
        not own and any(_ambient(mapping_of(one.get("metadata", "labels"))) for one in spaces)
    )


def ambient_told(proxy: Proxy) -> str:
    """A sentence for it."""
    text = _("{name} is in ambient mode, which is not followed: ztunnel may decide otherwise.")
    return text.format(name=proxy.name)


def waypoint_told(push: Push, cluster: str) -> list[str]:
    """A sentence where a waypoint stands before the service of a cluster."""
    parts = cluster_name(cluster)
    host = parts.host if parts is not None else cluster.rpartition(":")[0]
    service = next((one for one in push.services if one.host == host), None)
    if service is None or not service.kubernetes:
        return []
    spaces = [one for one in push.mesh.manifests("Namespace") if one.name == service.namespace]
    for holder in (service.manifest, *spaces):
        labels = mapping_of(holder.get("metadata", "labels"))
        name = word_of(labels.get(_WAYPOINT))
        if name:
            break
    else:
        return []
    if name == "none":
        return []
    text = _(
        "{object} has the waypoint {name}, which is not followed: what it does may decide "
        "otherwise ({objects})."
    )
    told = [one.full_name for one in _for_waypoint(push, (service.manifest.name, name))]
    return [text.format(object=service.manifest.full_name, name=name, objects=_few(told) or "-")]


def _for_waypoint(push: Push, names: tuple[str, str]) -> Iterator[Manifest]:
    """Policies and routes that are bound to a service or to its waypoint."""
    for kind, field in _BOUND:
        for one in push.mesh.manifests(kind):
            if any(mapping_of(ref).get("name") in names for _, ref in one.items("spec", field)):
                yield one


def _ambient(labels: object) -> bool:
    told = mapping_of(labels)
    return told.get(_AMBIENT) == "ambient" or word_of(told.get(_WAYPOINT)) not in ("", "none")


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
