"""What an alert is: the expression that sees a cause in metrics, as plain data.

`alert_request.py` makes those that rest on Istio's requests, `alert_counter.py` those on counters
of Envoy, ztunnel and istiod, `alert_hop.py` those that hold two accounts against each other,
`alert_pod.py` those that need to know what became of a pod. Labels that Istio gives are those of
its telemetry; `namespace` and `pod` are those of the proxy that tells, which every scrape object of
the operators adds.
"""

from enum import StrEnum

from why503.support.dataclass import dataclass


class Urgency(StrEnum):
    """What to do when it fires; the value of the label `severity`."""

    CRITICAL = "critical"
    """Wake somebody: nearly all requests of a hop fail."""
    WARNING = "warning"
    """Look at it today."""
    INFO = "info"
    """Worth knowing, often wanted."""


class Exporter(StrEnum):
    """Who tells the metrics."""

    PROXY = "proxies"
    ISTIOD = "istiod"
    ZTUNNEL = "ztunnel"
    KUBE_STATE = "kube-state-metrics"
    KUBELET = "kubelet /metrics/probes"


@dataclass(frozen=True, kw_only=True)
class Play:
    """Simulated series, a sample a minute from minute 0, after which an alert fires or does not."""

    series: tuple[tuple[str, str], ...]
    """Selector and values, in the notation of promtool: `0+6x60` counts 6 a minute for an hour."""
    minute: int = 60
    """When it is looked at."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """How metrics show a cause."""

    expression: str
    """PromQL; every series of its answer is a hop on which it fires."""
    graph: str
    """PromQL for a panel: what the expression limits; with Grafana's `$__rate_interval` and the
    dashboard's `$namespace`."""
    told: str
    """What is seen on the hop, one sentence with the labels and the value as templates of Go."""
    holds: str = "5m"
    """For how long before it fires; `0m` for at once."""
    urgency: Urgency = Urgency.WARNING
    stats: tuple[str, ...] = ()
    """Ends of the names of Envoy's counters that Istio's proxies do not tell by default and that
    `proxyStatsMatcher` has to add; those that end with a dot are beginnings."""
    exporters: tuple[Exporter, ...] = (Exporter.PROXY,)
    fires: tuple[Play, ...]
    """Each is enough."""
    quiet: tuple[Play, ...]
    """None of them is: tiny traffic, old counts, a neighbour's failure."""


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """No metric shows the cause."""

    reason: str
    """Why, one sentence."""


def label(name: str) -> str:
    """The template of Go that stands for a label of the hop."""
    return "{{ $labels." + name + " }}"


COUNT = '{{ printf "%.0f" $value }}'
"""The template of Go that stands for the value, rounded."""
