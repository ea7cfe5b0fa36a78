"""The proxy that a request starts at or ends at: its labels, namespace, addresses, targets."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, NamedTuple

from why503.facts import Manifest, ProxyInfo
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_setting
from why503.mesh.pod_name import is_pod_of
from why503.mesh.retry_on import DEFAULT, retries_503_by_default
from why503.mesh.selection import has_labels
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import Port, Service
from why503.mesh.version import istio_version
from why503.mesh.workload import WORKLOAD_KINDS, containers_of, has_own_sidecar, labels_of
from why503.support.dataclass import dataclass
from why503.support.text import _

_KINDS = {
    "deploy": "Deployment",
    "deployment": "Deployment",
    "sts": "StatefulSet",
    "statefulset": "StatefulSet",
    "ds": "DaemonSet",
    "daemonset": "DaemonSet",
    "rs": "ReplicaSet",
    "replicaset": "ReplicaSet",
    "po": "Pod",
    "pod": "Pod",
}
OF_GATEWAY_API = "gateway.networking.k8s.io/gateway-name"
"""Label of the pods that istiod makes for a Gateway of the Gateway API."""
_TEMPLATES = "inject.istio.io/templates"


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A proxy, or a workload without one."""

    mesh: Mesh
    name: str
    """As the user says it: `deploy/web`."""
    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    gateway: bool = False
    workload: Manifest | None = None
    """None where the evidence does not show it."""
    account: str = "default"
    """Kubernetes service account."""
    teller: str = ""
    """Whose configuration dump it is; ``""`` where none is given."""
    dns_capture: bool = False
    """Names are resolved by the proxy, which knows the addresses of ServiceEntries."""

    @cached_property
    def default_retries(self) -> Setting[Mapping[str, Any]]:
        """Retries where a rule says nothing: the mesh config's, else Istio's of its version."""
        found = mesh_setting(self.mesh, "defaultHttpRetryPolicy")
        if found is not None and isinstance(found.value, Mapping):
            return found
        version = istio_version(self.mesh)
        old = version is not None and retries_503_by_default(version.value)
        value = {"attempts": 2, "retryOn": ",".join((*DEFAULT, "503") if old else DEFAULT)}
        return Setting(value=value, source=None, default=True, by=_("Istio's default"))

    @property
    def has_proxy(self) -> bool | None:
        """Whether there is a proxy at all; None where nothing tells."""
        if self.gateway or self.teller:
            return True
        return None if self.workload is None else has_own_sidecar(self.mesh, self.workload)


class ServiceTarget(NamedTuple):
    """A port of a service that ends at a proxy's own workload."""

    service: Service
    port: Port
    number: int
    """Port inside the pod."""


def proxy_named(push: Push, name: str) -> Proxy:
    """The proxy of `deploy/web`, `gateway/ingress`, `web`, or of `web.namespace`."""
    kind, slash, rest = name.rpartition("/")
    word, _dot, space = rest.partition(".")
    namespace = space or push.namespace
    wanted = _KINDS.get(kind.lower(), "")
    found = _workload(push, word, namespace, wanted) or _workload(push, rest, push.namespace, "")
    if found is None and not space:
        others = _elsewhere(push, word, wanted)
        found = others[0] if len(others) == 1 else None
    if found is not None:
        return proxy_of(push, found, name=name)
    if slash and not wanted:
        for gateway in push.gateways:
            if gateway.api == word and gateway.namespace == namespace:
                labels = {OF_GATEWAY_API: word}
                return _told(push, name, namespace, labels=labels, gateway=True)
    if "gateway" in name:
        labels = _selected_by(push, word, namespace)
        return _told(push, name, namespace, labels=labels, gateway=True)
    return _told(push, name, namespace, labels={}, gateway=False)


def _elsewhere(push: Push, word: str, kind: str) -> list[Manifest]:
    """Workloads of a name that is in no namespace that was given, one for each namespace."""
    found: dict[str, Manifest] = {}
    for one in (kind,) if kind else WORKLOAD_KINDS:
        for manifest in push.mesh.manifests(one):
            if manifest.name == word:
                found.setdefault(push.space_of(manifest), manifest)
    return list(found.values())


def elsewhere_told(push: Push, proxy: Proxy, name: str) -> list[str]:
    """A sentence where the workload was found in another namespace, or in several."""
    kind, _slash, rest = name.rpartition("/")
    if not name or "." in rest or proxy.teller:
        return []
    if proxy.workload is not None:
        if proxy.namespace == push.namespace:
            return []
        text = _("{name} is taken to be the one of namespace {namespace}.")
        return [text.format(name=name, namespace=proxy.namespace)]
    wanted = _KINDS.get(kind.lower(), "")
    spaces = [push.space_of(one) for one in _elsewhere(push, rest, wanted)]
    if not spaces:
        return []
    text = _("{name} is in the namespaces {names}; say with -n which one is meant.")
    return [text.format(name=name, names=", ".join(sorted(spaces)))]


def _selected_by(push: Push, word: str, namespace: str) -> dict[str, str]:
    """Labels of a gateway that is not given: those that the Gateway of this name asks for.

    Without one, those that all Gateways ask for alike.
    """
    own = [one for one in push.gateways if (one.name, one.namespace) == (word, namespace)]
    found = [
        {str(key): str(value) for key, value in one.selector.items()}
        for one in own or push.gateways
        if not one.api
    ]
    return found[0] if found and all(one == found[0] for one in found) else {}


def _workload(push: Push, word: str, namespace: str, kind: str) -> Manifest | None:
    for one in (kind,) if kind else WORKLOAD_KINDS:
        for manifest in push.mesh.manifests(one):
            if manifest.name == word and push.space_of(manifest) == namespace:
                return manifest
    for manifest in push.mesh.manifests("Pod"):
        if is_pod_of(manifest.name, word) and push.space_of(manifest) == namespace:
            return manifest
    return None


def proxy_of(push: Push, workload: Manifest, *, name: str = "") -> Proxy:
    """The proxy of a workload that the evidence shows."""
    base: tuple[str, ...] = () if workload.kind == "Pod" else ("spec", "template")
    spec = ("spec",) if workload.kind == "Pod" else (*base, "spec")
    annotations = mapping_of(workload.get(*base, "metadata", "annotations"))
    labels = {str(key): str(value) for key, value in labels_of(workload).items()}
    address = word_of(workload.get("status", "podIP")) if workload.kind == "Pod" else ""
    return _told(
        push,
        name or f"{workload.kind.lower()}/{workload.name}",
        push.space_of(workload),
        labels=labels,
        gateway=_is_gateway(workload, labels, annotations),
        workload=workload,
        addresses=(address,) if address else (),
        account=word_of(workload.get(*spec, "serviceAccountName")) or "default",
    )


def _is_gateway(
    workload: Manifest, labels: Mapping[str, str], annotations: Mapping[str, Any]
) -> bool:
    if OF_GATEWAY_API in labels or "gateway" in labels.get("istio", ""):
        return True
    if word_of(annotations.get(_TEMPLATES)) == "gateway":
        return True
    return any(
        container.get("name") == "istio-proxy" and "router" in (container.get("args") or ())
        for _path, container in containers_of(workload)
        if isinstance(container.get("args") or [], list)
    )


def _told(push: Push, name: str, namespace: str, **known: Any) -> Proxy:
    """A proxy with what its own dump and the mesh config say of it."""
    mesh = push.mesh
    setting = mesh_setting(mesh, "defaultConfig", "proxyMetadata", "ISTIO_META_DNS_CAPTURE")
    info = _info_of(mesh, name, namespace)
    if info is not None:
        known["labels"] = known["labels"] or dict(info.labels)
        known["addresses"] = known.get("addresses") or info.addresses
        known["gateway"] = known["gateway"] or info.kind == "router"
        namespace = info.namespace or namespace
    return Proxy(
        mesh=mesh,
        name=name,
        namespace=namespace,
        teller=info.teller if info is not None else "",
        dns_capture=setting is not None and word_of(setting.value).lower() == "true",
        **known,
    )


def _info_of(mesh: Mesh, name: str, namespace: str) -> ProxyInfo | None:
    """What a dump tells of the proxy of this name."""
    word = name.rpartition("/")[2].partition(".")[0]
    for info in mesh.facts(ProxyInfo):
        if info.namespace not in ("", namespace) and not name.endswith(f".{info.namespace}"):
            continue
        if word and (info.workload == word or is_pod_of(info.pod, word) or info.teller == word):
            return info
    return None


def targets_of(push: Push, proxy: Proxy) -> tuple[ServiceTarget, ...]:
    """Service ports that end at a proxy's workload, those of the oldest service first."""
    return tuple(
        ServiceTarget(service, port, number)
        for service in push.services
        if _is_of(service, proxy)
        for port in service.ports
        if (number := _inside(service, port, proxy)) is not None
    )


def _is_of(service: Service, proxy: Proxy) -> bool:
    manifest = service.manifest
    if service.kubernetes:
        selector = mapping_of(manifest.get("spec", "selector"))
        if selector and service.namespace == proxy.namespace:
            return has_labels(proxy.labels, selector)
        return False
    wanted = mapping_of(manifest.get("spec", "workloadSelector", "labels"))
    if wanted and service.namespace == proxy.namespace and has_labels(proxy.labels, wanted):
        return True
    return any(True for _one in _own_endpoints(service, proxy))


def _own_endpoints(service: Service, proxy: Proxy) -> Iterator[Mapping[str, Any]]:
    for _index, told in service.manifest.items("spec", "endpoints"):
        fields = mapping_of(told)
        if word_of(fields.get("address")) in proxy.addresses:
            yield fields


def _inside(service: Service, port: Port, proxy: Proxy) -> int | None:
    """Number inside the pod of a service's port; None for a name that no container has."""
    for fields in () if service.kubernetes else _own_endpoints(service, proxy):
        number = whole_number(mapping_of(fields.get("ports")).get(port.name))
        if number is not None:
            return number
    return number_inside(port, proxy.workload)


def number_inside(port: Port, workload: Manifest | None) -> int | None:
    """The target port as a number; None for a name that no container of the workload has."""
    if not isinstance(port.target, str):
        return port.number if port.target is None else port.target
    if workload is None:
        return None
    for path, _container in containers_of(workload):
        for _index, told in workload.items(*path, "ports"):
            if word_of(mapping_of(told).get("name")) == port.target:
                return whole_number(mapping_of(told).get("containerPort"))
    return None
