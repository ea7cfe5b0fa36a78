"""Objects for the operators: rules, and what makes them scrape proxies, istiod and ztunnel."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from why503.diagnosis.alert import Exporter
from why503.repair.alerts.rule import Watched, groups
from why503.support.dataclass import dataclass

_INTERVAL = "30s"
_PATH = "/stats/prometheus"


class Kind(StrEnum):
    """Whose operator reads the objects."""

    PROMETHEUS = "prometheus"
    VICTORIA_METRICS = "victoriametrics"

    @property
    def version(self) -> str:
        """`apiVersion` of its objects."""
        both = {
            Kind.PROMETHEUS: "monitoring.coreos.com/v1",
            Kind.VICTORIA_METRICS: "operator.victoriametrics.com/v1beta1",
        }
        return both[self]

    def kind_of(self, role: str) -> str:
        """`kind` of its object for a role: `rule`, `pods`, `services`."""
        both = {
            Kind.PROMETHEUS: {
                "rule": "PrometheusRule",
                "pods": "PodMonitor",
                "services": "ServiceMonitor",
            },
            Kind.VICTORIA_METRICS: {
                "rule": "VMRule",
                "pods": "VMPodScrape",
                "services": "VMServiceScrape",
            },
        }
        return both[self][role]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where the objects go, and what the operator finds them by."""

    namespace: str = "monitoring"
    labels: tuple[tuple[str, str], ...] = ()
    """Labels of the objects themselves, such as `release` for a chart's selector."""


def rules(those: Sequence[Watched], kind: Kind, placed: Placed) -> dict[str, Any]:
    """The object that holds the rules."""
    return _object(kind, "rule", "why503", placed, {"groups": groups(those)})


def scrapes(those: Sequence[Watched], kind: Kind, placed: Placed) -> list[dict[str, Any]]:
    """What has to be scraped for the rules, and is not by the usual charts."""
    wanted = {exporter for one in those for exporter in one.alert.exporters}
    made = []
    if Exporter.PROXY in wanted:
        made.append(_pods(kind, placed, "proxies", _PROXIES, "http-envoy-prom"))
    if Exporter.ISTIOD in wanted:
        made.append(_istiod(kind, placed))
    if Exporter.ZTUNNEL in wanted:
        made.append(_pods(kind, placed, "ztunnel", _ZTUNNEL, "ztunnel-stats"))
    return made


_PROXIES = {"matchExpressions": [{"key": "istio-prometheus-ignore", "operator": "DoesNotExist"}]}
"""All pods; only Istio's proxies have a port of that name."""
_ZTUNNEL = {"matchLabels": {"app": "ztunnel"}}


def _pods(
    kind: Kind, placed: Placed, name: str, selector: Mapping[str, Any], port: str
) -> dict[str, Any]:
    spec = {
        "selector": selector,
        "namespaceSelector": {"any": True},
        "podMetricsEndpoints": [{"port": port, "path": _PATH, "interval": _INTERVAL}],
    }
    return _object(kind, "pods", f"why503-{name}", placed, spec)


def _istiod(kind: Kind, placed: Placed) -> dict[str, Any]:
    spec = {
        "selector": {"matchLabels": {"istio": "pilot"}},
        "namespaceSelector": {"any": True},
        "endpoints": [{"port": "http-monitoring", "interval": _INTERVAL}],
    }
    return _object(kind, "services", "why503-istiod", placed, spec)


def _object(
    kind: Kind, role: str, name: str, placed: Placed, spec: Mapping[str, Any]
) -> dict[str, Any]:
    own = {"app.kubernetes.io/name": "why503"}
    return {
        "apiVersion": kind.version,
        "kind": kind.kind_of(role),
        "metadata": {
            "name": name,
            "namespace": placed.namespace,
            "labels": {**own, **dict(placed.labels)},
        },
        "spec": dict(spec),
    }
