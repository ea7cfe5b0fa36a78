"""Load balancers of a cloud before a gateway, and whether the idle times on both sides fit."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from why503.facts import Manifest, Source
from why503.facts.manifest import Path
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.proxy_idle import Side, accepted_anywhere, accepted_idle, is_gateway
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.envoy_setting import envoy_settings
from why503.mesh.gateway import gateways_named
from why503.mesh.mesh import Mesh
from why503.mesh.route import http_rules
from why503.mesh.selection import has_labels
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.workload import labels_of
from why503.support.duration import MINUTE, seconds_of, spell
from why503.support.pattern import lazy_re
from why503.support.text import _

_AWS = "service.beta.kubernetes.io/aws-load-balancer-"
_AZURE = "service.beta.kubernetes.io/azure-load-balancer-"
_GOOGLE = ("networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type")
_ALB_ATTRIBUTES = "alb.ingress.kubernetes.io/load-balancer-attributes"
_INGRESS_CLASS = "kubernetes.io/ingress.class"
_IDLE = lazy_re(r"(?:tcp\.)?idle_timeout\.(?:timeout_)?seconds=(\d{1,6})")
_GATEWAY_LABELS = ("istio", "gateway.networking.k8s.io/gateway-name", "istio.io/gateway-name")
_GATEWAY_WORD = "gateway"
_OTHER_SETTERS = ("EnvoyFilter", "ClientTrafficPolicy")
"""Objects that may set the idle time of a gateway whose pods are not given."""
_PROBING = ("tcp_keepalive", "tcpKeepalive", "socket_options", "socketOptions")


class Balancer(NamedTuple):
    """A load balancer that an object asks its cloud for."""

    maker: str
    """`AWS NLB`, `Azure Load Balancer`, ..."""
    default: float
    """Seconds after which it gives up an idle connection, unless the object says otherwise."""
    source: Source
    written: float | None = None
    """The seconds that the object says."""
    reuses: bool = False
    """It sends requests of many clients on connections of its own; False: it passes packets."""

    @property
    def limit(self) -> float:
        """Seconds after which it gives up an idle connection."""
        return self.written or self.default

    @property
    def answers_late(self) -> bool:
        """It answers 504 where a server is silent for as long as the limit, as AWS' ones do."""
        return self.reuses and self.maker.startswith("AWS")

    @property
    def told(self) -> str:
        """From what the limit is known, as part of a sentence."""
        return _("set there") if self.written else _("its default")


def gateways_closing_first(mesh: Mesh) -> Iterator[Spotted]:
    """Gateways that close idle connections which the balancer before them still reuses.

    Values: `gateway`, `idle`, `by`, `balancer`, `limit`, `told`.
    """
    for service, balancer in _balancers(mesh):
        kept = _kept_by_gateway(mesh, service) if balancer.reuses else None
        if kept is not None and kept.value <= balancer.limit:
            yield _fields(service, balancer, kept, kept.source or balancer.source)


def balancers_forgetting_first(mesh: Mesh) -> Iterator[Spotted]:
    """Balancers that forget connections which the gateway behind them keeps: values as above."""
    if envoy_settings(mesh, *_PROBING):
        return
    for service, balancer in _balancers(mesh):
        kept = None if balancer.reuses else _kept_by_gateway(mesh, service)
        if kept is not None and kept.value >= balancer.limit:
            yield _fields(service, balancer, kept, balancer.source)


def routes_above_balancer(mesh: Mesh) -> Iterator[Spotted]:
    """Routes that wait longer for an answer than the balancer before their gateway does.

    Values: `route`, `timeout`, `gateway`, `balancer`, `limit`, `told`.
    """
    for service, balancer in _balancers(mesh):
        if not balancer.answers_late:
            continue
        gateways = [one for one in mesh.manifests("Gateway") if _is_before(mesh, service, one)]
        for route in mesh.manifests("VirtualService") if gateways else ():
            for rule in http_rules(route) if gateways_named(route, gateways) else ():
                seconds = seconds_of(rule.fields.get("timeout"))
                if seconds and seconds > balancer.limit:
                    yield spotted(
                        route.where(*rule.path, "timeout"),
                        balancer.source,
                        route=route.full_name,
                        timeout=spell(seconds),
                        gateway=service.full_name,
                        balancer=balancer.maker,
                        limit=spell(balancer.limit),
                        told=balancer.told,
                    )


def _is_before(mesh: Mesh, service: Manifest, gateway: Manifest) -> bool:
    """Whether a Service leads to the pods that an Istio Gateway selects."""
    wanted = mapping_of(gateway.get("spec", "selector"))
    labels = [labels_of(one) for one in inventory(mesh).behind(service)]
    labels.append(mapping_of(service.get("spec", "selector")))
    return bool(wanted) and any(has_labels(one, wanted) for one in labels)


def _fields(service: Manifest, balancer: Balancer, kept: Setting[float], source: Source) -> Spotted:
    return spotted(
        source,
        kept.source,
        balancer.source,
        gateway=service.full_name,
        idle=spell(kept.value),
        by=kept.by,
        balancer=balancer.maker,
        limit=spell(balancer.limit),
        told=balancer.told,
    )


def _kept_by_gateway(mesh: Mesh, service: Manifest) -> Setting[float] | None:
    """How long the gateway behind a Service keeps idle connections; None where it is no gateway."""
    workloads = inventory(mesh).behind(service)
    proxies = [one for one in workloads if is_gateway(one)]
    if proxies:
        return accepted_idle(mesh, proxies[0], Side.GATEWAY)
    if workloads or not _leads_to_gateway(service) or mesh.has(*_OTHER_SETTERS):
        return None
    return accepted_anywhere(mesh)


def _leads_to_gateway(service: Manifest) -> bool:
    """Whether a Service without workloads given selects by the labels of Istio's gateways."""
    if service.kind == "Gateway":
        return True
    selector = mapping_of(service.get("spec", "selector"))
    return any(
        name in selector and (name != "istio" or _GATEWAY_WORD in word_of(selector[name]))
        for name in _GATEWAY_LABELS
    )


def _balancers(mesh: Mesh) -> Iterator[tuple[Manifest, Balancer]]:
    """Services (and Gateways that have one made) with the balancer before them."""
    for service in mesh.manifests("Service"):
        if word_of(service.get("spec", "type")) == "LoadBalancer":
            found = _of_annotations(service, ("metadata", "annotations"))
            if found is not None:
                yield service, found
    for gateway in mesh.manifests("Gateway"):
        found = _of_annotations(gateway, ("spec", "infrastructure", "annotations"))
        if found is not None:
            yield gateway, found
    yield from _ingresses(mesh)


def _of_annotations(manifest: Manifest, base: Path) -> Balancer | None:
    annotations = mapping_of(manifest.get(*base))
    for name in annotations:
        where = manifest.where(*base, name)
        if name.startswith(_AWS):
            return _of_aws(annotations, where)
        if name.startswith(_AZURE):
            minutes = whole_number(annotations.get(f"{_AZURE}tcp-idle-timeout"))
            return Balancer("Azure Load Balancer", 240.0, where, minutes and minutes * MINUTE)
        if name in _GOOGLE:
            return Balancer("Google's network load balancer", 600.0, where)
    return None


def _of_aws(annotations: Mapping[str, Any], where: Source) -> Balancer:
    """NLB by its type, else the Classic ELB; with an HTTP protocol that reuses connections."""
    if word_of(annotations.get(f"{_AWS}type")).startswith(("nlb", "external")):
        written = " ".join(
            word_of(value)
            for name, value in annotations.items()
            if name.startswith(f"{_AWS}listener-attributes")
        )
        found = _IDLE.search(written)
        return Balancer("AWS NLB", 350.0, where, float(found[1]) if found else None)
    seconds = whole_number(annotations.get(f"{_AWS}connection-idle-timeout"))
    reuses = word_of(annotations.get(f"{_AWS}backend-protocol")).lower() in {"http", "https"}
    return Balancer("AWS ELB", 60.0, where, seconds, reuses=reuses)


def _ingresses(mesh: Mesh) -> Iterator[tuple[Manifest, Balancer]]:
    """Gateways' Services behind an Ingress that a cloud's balancer serves."""
    known = inventory(mesh)
    for ingress in mesh.manifests("Ingress"):
        balancer = _of_ingress(ingress)
        if balancer is None:
            continue
        names = {word_of(ingress.get("spec", "defaultBackend", "service", "name"))}
        for index, _rule in ingress.items("spec", "rules"):
            for number, _path in ingress.items("spec", "rules", index, "http", "paths"):
                place = ("spec", "rules", index, "http", "paths", number, "backend", "service")
                names.add(word_of(ingress.get(*place, "name")))
        for name in sorted(names - {""}):
            service = known.service(name, ingress.namespace)
            if service is not None:
                yield service, balancer


def _of_ingress(ingress: Manifest) -> Balancer | None:
    written = word_of(ingress.get("spec", "ingressClassName"))
    place: Path = ("spec", "ingressClassName")
    if not written:
        place = ("metadata", "annotations", _INGRESS_CLASS)
        written = word_of(ingress.get(*place))
    if written == "alb":
        told = word_of(ingress.get("metadata", "annotations", _ALB_ATTRIBUTES))
        found = _IDLE.search(told)
        limit = float(found[1]) if found else None
        return Balancer("AWS ALB", 60.0, ingress.where(*place), limit, reuses=True)
    if written in {"gce", "gce-internal"}:
        name = "Google's application load balancer"
        return Balancer(name, 600.0, ingress.where(*place), reuses=True)
    return None
