"""Alerts on what Envoy, ztunnel and istiod count themselves, by the proxy that tells.

`cluster_name` is the name as Istio writes it, `outbound|80|v1|quay.shop.svc.cluster.local`. Before
Istio 1.24 a host outside the cluster is cut at its first dot, and the rest becomes a part of the
metric's name: there, alerts on clusters of such hosts stay silent.
"""

from collections.abc import Mapping

from why503.diagnosis.alert import COUNT, Alert, Exporter, Play, Urgency, label
from why503.diagnosis.alert_request import (
    FINE,
    SERVER,
    TOTAL,
    Limits,
    label_of,
    number,
    series,
    summed,
    within,
)
from why503.support.dataclass import dataclass
from why503.support.text import _

__all__ = [
    "SUBSET",
    "Counter",
    "Exporter",
    "Limits",
    "Urgency",
    "certificate_refused",
    "counted",
    "drained",
    "ejected",
    "mutual_tls_refused",
    "not_taken",
    "refused",
    "rising",
    "standing",
    "tls_refused_outside",
    "unconnected",
]

CLUSTER = "outbound|80||quay.shop.svc.cluster.local"
SUBSET = 'cluster_name=~"outbound[|][0-9]+[|][^|]+[|].+"'
"""Clusters of a subset."""
OUTSIDE = 'cluster_name=~"outbound[|].+", cluster_name!~".+[.]svc[.].+"'
"""Clusters of hosts outside the cluster."""
SOME = Limits(window="10m", share=0)
_PROXY = ("namespace", "pod")


@dataclass(frozen=True, kw_only=True)
class Counter:
    """A counter of Envoy."""

    stat: str
    """End of its name, as `proxyStatsMatcher` takes it: `ssl.fail_verify_error`."""
    of: str = "cluster"
    """`cluster` or `listener`."""
    among: str = ""
    """Matchers of PromQL."""
    example: str = CLUSTER
    """Name of a cluster, or address of a listener, that the matchers take."""

    @property
    def metric(self) -> str:
        """Its name in Prometheus."""
        return f"envoy_{self.of}_{self.stat.replace('.', '_')}"

    @property
    def hop(self) -> tuple[str, ...]:
        """Labels that tell where it counts."""
        return ("namespace", "cluster_name" if self.of == "cluster" else "listener_address")

    @property
    def series(self) -> str:
        """A simulated series."""
        where = {"namespace": "shop", "pod": "web-7d9f8b6c5d-x2k4p", self.hop[1]: self.example}
        return series(self.metric, where)


def counted(*counters: Counter, limits: Limits = SOME) -> Alert:
    """Any of the counters rose."""
    window = limits.window
    told = _("{names} rose by {count} within {window} at the proxies of {namespace}, {place}.")
    names = list(dict.fromkeys(counter.stat for counter in counters))
    place = "".join(label(name) for name in dict.fromkeys(one.hop[1] for one in counters))
    first = counters[0].series
    seen = [
        summed(one.hop, f"increase({one.metric}{_braces(one.among)}[{window}])") for one in counters
    ]
    shown = [
        summed(
            one.hop,
            f"rate({one.metric}{_braces(one.among, _IN_NAMESPACE)}[$__rate_interval])",
        )
        for one in counters
    ]
    return Alert(
        expression="\nor\n".join(f"{one} >= {limits.least}" for one in seen),
        graph="\nor\n".join(shown),
        told=told.format(
            names=_(" or ").join(names),
            count=COUNT,
            window=window,
            namespace=label("namespace"),
            place=place,
        ),
        holds=limits.holds,
        urgency=limits.urgency,
        stats=tuple(names),
        fires=tuple(Play(series=((one.series, "0+2x60"),)) for one in counters),
        quiet=(
            Play(series=tuple((one.series, "700x60") for one in counters)),
            Play(series=((first, "0x30 2x29"),)),
        ),
    )


def certificate_refused() -> Alert:
    """A proxy was shown a certificate and refused it."""
    inbound = {"of": "listener", "example": "0.0.0.0_15006"}
    return counted(
        Counter(stat="ssl.fail_verify_error"),
        Counter(stat="ssl.fail_verify_san"),
        Counter(stat="ssl.fail_verify_error", **inbound),
        Counter(stat="ssl.fail_verify_san", **inbound),
    )


def mutual_tls_refused() -> Alert:
    """Plain text or no certificate where mutual TLS is wanted, or TLS where it is not."""
    inbound = {"of": "listener", "example": "0.0.0.0_15006"}
    return counted(
        Counter(stat="no_filter_chain_match", **inbound),
        Counter(stat="ssl.fail_verify_no_cert", **inbound),
        Counter(stat="ssl.connection_error", among='cluster_name=~".+[.]svc[.].+"'),
    )


def tls_refused_outside() -> Alert:
    """Handshakes with hosts outside the cluster come to nothing."""
    example = "outbound|443||api.partner.example"
    return counted(Counter(stat="ssl.connection_error", among=OUTSIDE, example=example))


def rising(
    metric: str,
    hop: tuple[str, ...],
    told: str,
    *,
    among: Mapping[str, str],
    exporter: Exporter,
    limits: Limits = SOME,
) -> Alert:
    """A counter of another exporter rose; ``among``: matchers, each with a value that fits.

    ``told`` has {count} and {window}, and {name} for each label of the hop.
    """
    inner = ", ".join(among)
    like = {name: f"some-{name.replace('_', '-')}" for name in hop}
    fits = {label_of(matcher): value for matcher, value in among.items()}
    risen = series(metric, {**like, **fits})
    space = next(name for name in hop if "namespace" in name)
    matched = ", ".join(filter(None, [inner, f'{space}=~"$namespace"']))
    return Alert(
        expression=f"{summed(hop, f'increase({metric}{_braces(inner)}[{limits.window}])')}"
        f" >= {limits.least}",
        graph=summed(hop, f"rate({metric}{{{matched}}}[$__rate_interval])"),
        told=told.format(count=COUNT, window=limits.window, **{name: label(name) for name in hop}),
        holds=limits.holds,
        urgency=limits.urgency,
        exporters=(exporter,),
        fires=(Play(series=((risen, "0+4x60"),)),),
        quiet=(
            Play(series=((risen, "700x60"),)),
            Play(series=((risen, f"0x57 {limits.least - 1}x2"),)),
        ),
    )


def ejected(share: float, *, urgency: Urgency = Urgency.WARNING) -> Alert:
    """A proxy leaves out such a share of a cluster's endpoints for their errors."""
    hop = (*_PROXY, "cluster_name")
    out, whole = (
        "envoy_cluster_outlier_detection_ejections_active",
        "envoy_cluster_membership_total",
    )
    told = _("{pod} in {namespace} has ejected {count} endpoints of {cluster}.")
    where = {"namespace": "shop", "pod": "web-7d9f8b6c5d-x2k4p", "cluster_name": CLUSTER}
    ten, none = (series(whole, where), "10x60"), (series(out, where), "0x60")
    return Alert(
        expression=f"({summed(hop, out)} > 0)\n>= {number(share)} * {summed(hop, whole)}",
        graph=summed(hop, f"{out}{{{_IN_NAMESPACE}}}"),
        told=told.format(
            pod=label("pod"),
            namespace=label("namespace"),
            count=COUNT,
            cluster=label("cluster_name"),
        ),
        holds="1m",
        urgency=urgency,
        stats=("outlier_detection.ejections_active", "membership_total"),
        fires=(Play(series=(ten, (series(out, where), "0x50 8x9"))),),
        quiet=(
            Play(series=(ten, none)),
            Play(series=(ten, (series(out, where), "1x60"))),
            Play(series=((series(whole, where), "0x60"), none)),
        ),
    )


def standing(
    metric: str, value: int, told: str, *, stat: str, limits: Limits, at_rest: int
) -> Alert:
    """A gauge of a proxy (``metric``: a selector) has stood at ``value``; ``at_rest`` is well."""
    seen = f"max by ({', '.join(_PROXY)}) ({{{metric}}})"
    shown = f"max by ({', '.join(_PROXY)}) ({{{metric}, {_IN_NAMESPACE}}})"
    name = metric.split('"')[1].replace(".+", "envoy_overload_actions_shrink_heap")
    where = series(name, {"namespace": "shop", "pod": "web-7d9f8b6c5d-x2k4p"})
    return Alert(
        expression=f"{seen} == {value}",
        graph=shown,
        told=told.format(pod=label("pod"), namespace=label("namespace")),
        holds=limits.holds,
        urgency=limits.urgency,
        stats=(stat,),
        fires=(Play(series=((where, f"{value}x60"),)),),
        quiet=(
            Play(series=((where, f"{at_rest}x60"),)),
            Play(series=((where, f"{at_rest}x58 {value}"),)),
        ),
    )


def unconnected() -> Alert:
    """A proxy has no stream to the control plane."""
    return standing(
        '__name__="envoy_control_plane_connected_state"',
        0,
        _("{pod} in {namespace} has no stream to the control plane."),
        stat="control_plane.",
        limits=Limits(),
        at_rest=1,
    )


def not_taken(*, limits: Limits = SOME) -> Alert:
    """A proxy refused listeners or clusters, or istiod heard of any refusal."""
    proxies = (
        "envoy_listener_manager_lds_update_rejected",
        "envoy_cluster_manager_cds_update_rejected",
    )
    names = (*proxies, "pilot_total_xds_rejects")
    told = _("{count} refusals of configuration within {window}, told by {pod} in {namespace}.")
    where = {"namespace": "shop", "pod": "web-7d9f8b6c5d-x2k4p"}
    return Alert(
        expression="\nor\n".join(
            f"{summed(_PROXY, f'increase({name}[{limits.window}])')} >= {limits.least}"
            for name in names
        ),
        graph="\nor\n".join(
            summed(_PROXY, f"rate({name}{{{_IN_NAMESPACE}}}[$__rate_interval])") for name in names
        ),
        told=told.format(
            count=COUNT, window=limits.window, pod=label("pod"), namespace=label("namespace")
        ),
        holds=limits.holds,
        urgency=limits.urgency,
        exporters=(Exporter.PROXY, Exporter.ISTIOD),
        fires=tuple(Play(series=((series(name, where), "0+1x60"),)) for name in names),
        quiet=(Play(series=tuple((series(name, where), "40x60") for name in names)),),
    )


def drained(*flags: str, limits: Limits) -> Alert:
    """Requests were cut at a proxy whose listeners were just replaced."""
    flag = f'response_flags=~"(.+,)?({"|".join(flags)})(,.+)?"'
    cut = summed(_PROXY, f"increase({TOTAL}{{{flag}}}[{limits.window}])")
    before = summed(_PROXY, f"increase({TOTAL}{{{flag}}}[{limits.window}] offset 15m)")
    changed = summed(_PROXY, "increase(envoy_listener_manager_listener_modified[10m])")
    told = _(
        "{count} requests were cut within {window} at {pod} in {namespace}, whose listeners were "
        "changed just before."
    )
    labels = {**SERVER.example, "response_flags": flags[0], "response_code": "0"}
    gone = series(TOTAL, labels)
    modified = series(
        "envoy_listener_manager_listener_modified",
        {"namespace": labels["namespace"], "pod": labels["pod"]},
    )
    return Alert(
        expression=f"({cut} >= {limits.least})\nand ({changed} > 0)\n"
        f"unless ({before} >= {limits.least})",
        graph=summed(_PROXY, f"rate({TOTAL}{{{flag}, {_IN_NAMESPACE}}}[$__rate_interval])"),
        told=told.format(
            count=COUNT, window=limits.window, pod=label("pod"), namespace=label("namespace")
        ),
        holds=limits.holds,
        urgency=limits.urgency,
        fires=(Play(series=((gone, "0x57 20x2"), (modified, "3x55 4x4"))),),
        quiet=(
            Play(series=((gone, "0x57 20x2"), (modified, "4x60"))),
            Play(series=((gone, "0+20x60"), (modified, "3x55 4x4"))),
            Play(series=((gone, "0x57 1x2"), (modified, "3x55 4x4"))),
        ),
    )


def refused(code: str, *, limits: Limits) -> Alert:
    """Answers with ``code`` of a proxy whose authorization filter has denied requests."""
    hop = (*_PROXY, "destination_service")
    inner = f'response_flags="-", response_code="{code}"'
    seen = summed(hop, f"increase({TOTAL}{{{inner}}}[{limits.window}])")
    whole = summed(hop, f"increase({TOTAL}[{limits.window}])")
    denied = summed(
        _PROXY, '{__name__=~"envoy_http_(.+_)?rbac(_denied)?", authz_enforce_result=~"denied|"}'
    )
    told = _(
        "{count} requests to {service} were answered with {code} within {window} at {pod} in "
        "{namespace}, whose authorization filter denies requests."
    )
    labels = {**SERVER.example, "response_flags": "-", "response_code": code}
    where = {"namespace": labels["namespace"], "pod": labels["pod"]}
    filtered = {**where, "authz_enforce_result": "denied"}
    hits = series("envoy_http_inbound_0_0_0_0_8080_rbac", filtered)
    passed = {**where, "authz_enforce_result": "allowed"}
    lets = series("envoy_http_inbound_0_0_0_0_8080_rbac", passed)
    fine = (series(TOTAL, {**SERVER.example, **FINE}), "0+60x60")
    failed = series(TOTAL, labels)
    return Alert(
        expression=f"({within(seen, whole, limits)})\nand on ({', '.join(_PROXY)}) {denied} > 0",
        graph=summed(hop, f"rate({TOTAL}{{{inner}, {_IN_NAMESPACE}}}[$__rate_interval])"),
        told=told.format(
            count=COUNT,
            window=limits.window,
            code=code,
            service=label("destination_service"),
            pod=label("pod"),
            namespace=label("namespace"),
        ),
        holds=limits.holds,
        urgency=limits.urgency,
        fires=(
            Play(series=(fine, (failed, "0+30x60"), (hits, "0+30x60"))),
            Play(
                series=(
                    fine,
                    (failed, "0+30x60"),
                    (series("envoy_http_inbound_0_0_0_0_8080_rbac_denied", where), "0+30x60"),
                )
            ),
        ),
        quiet=(
            Play(series=(fine, (failed, "0+30x60"), (hits, "0x60"), (lets, "0+60x60"))),
            Play(series=(fine, (failed, "0x30 2x29"), (hits, "0x30 2x29"))),
        ),
    )


_IN_NAMESPACE = 'namespace=~"$namespace"'


def _braces(*matchers: str) -> str:
    inner = ", ".join(filter(None, matchers))
    return f"{{{inner}}}" if inner else ""
