"""Alerts that need to know what became of a pod: kube-state-metrics and the kubelet tell.

Their own labels `namespace` and `pod` have to be kept (`honorLabels: true`, as the usual charts
have it), for they are matched with those of the proxy in that pod.
"""

from why503.diagnosis.alert import COUNT, Alert, Exporter, Play, label
from why503.diagnosis.alert_request import FINE, SERVER, TOTAL, Limits, series, summed
from why503.support.text import _

__all__ = ["Limits", "ending", "probed", "restarted", "young"]

_POD = ("namespace", "pod")
_WHERE = {name: SERVER.example[name] for name in _POD}
_IN_NAMESPACE = 'namespace=~"$namespace"'
FEW = Limits(least=3, share=0, holds="0m")


def young(*flags: str, seconds: int, limits: Limits = FEW) -> Alert:
    """Failures beside the application of a pod that has just started."""
    start = "kube_pod_start_time"
    told = _(
        "{count} requests failed within {window} beside the application of {pod} in {namespace}, "
        "which has just started."
    )
    return _while(
        flags,
        f"(time() - max by ({', '.join(_POD)}) ({start})) < {seconds}",
        [(series(start, _WHERE), "3540x60")],
        [(series(start, _WHERE), "0x60")],
        told,
        limits,
    )


def ending(*flags: str, limits: Limits = FEW) -> Alert:
    """Failures beside the application of a pod that is to be deleted."""
    deleted = "kube_pod_deletion_timestamp"
    told = _(
        "{count} requests failed within {window} beside the application of {pod} in {namespace}, "
        "which is being stopped."
    )
    return _while(
        flags,
        f"max by ({', '.join(_POD)}) ({deleted}) > 0",
        [(series(deleted, _WHERE), "_x57 3600 3600 3600")],
        [],
        told,
        limits,
    )


def restarted(*flags: str, limits: Limits = FEW) -> Alert:
    """Failures beside an application whose container was restarted."""
    restarts = "kube_pod_container_status_restarts_total"
    apps = 'container!~"istio-(proxy|init|validation)"'
    counter = series(restarts, {**_WHERE, "container": "quay"})
    sidecar = series(restarts, {**_WHERE, "container": "istio-proxy"})
    told = _(
        "{count} requests failed within {window} beside the application of {pod} in {namespace}, "
        "and a container of it was restarted."
    )
    return _while(
        flags,
        f"{summed(_POD, f'increase({restarts}{{{apps}}}[10m])')} > 0",
        [(counter, "1x55 2x4")],
        [(counter, "2x60"), (sidecar, "1x55 2x4")],
        told,
        limits,
    )


def probed(*, limits: Limits) -> Alert:
    """A probe fails again and again in a pod whose application answers requests."""
    hop = (*_POD, "container", "probe_type")
    failed = 'result="failed", probe_type!="Startup"'
    answers = f'{SERVER.reporter}, response_code=~"[1-4].."'
    window = limits.window
    told = _(
        "The {kind} probe of container {container} of {pod} in {namespace} failed {count} times "
        "within {window}, while the pod answers requests."
    )
    labels = {**_WHERE, "container": "quay", "probe_type": "Readiness", "result": "failed"}
    probe = series("prober_probe_total", labels)
    served = (series(TOTAL, {**SERVER.example, **FINE}), "0+6x60")
    return Alert(
        expression=f"({summed(hop, f'increase(prober_probe_total{{{failed}}}[{window}])')}"
        f" >= {limits.least})\nand on ({', '.join(_POD)}) "
        f"{summed(_POD, f'increase({TOTAL}{{{answers}}}[{window}])')} > 0",
        graph=summed(
            hop, f"rate(prober_probe_total{{{failed}, {_IN_NAMESPACE}}}[$__rate_interval])"
        ),
        told=told.format(
            kind=label("probe_type"),
            container=label("container"),
            pod=label("pod"),
            namespace=label("namespace"),
            count=COUNT,
            window=window,
        ),
        holds=limits.holds,
        urgency=limits.urgency,
        exporters=(Exporter.PROXY, Exporter.KUBELET),
        fires=(Play(series=(served, (probe, "0+3x60"))),),
        quiet=(
            Play(series=(served, (probe, "0x30 2x29"))),
            Play(series=((probe, "0+3x60"),)),
        ),
    )


def _while(
    flags: tuple[str, ...],
    condition: str,
    met: list[tuple[str, str]],
    unmet: list[tuple[str, str]],
    told: str,
    limits: Limits,
) -> Alert:
    """Failures at the server's proxy of a pod for which ``condition`` holds."""
    inner = f'{SERVER.reporter}, response_flags=~"(.+,)?({"|".join(flags)})(,.+)?"'
    failed = series(TOTAL, {**SERVER.example, "response_flags": flags[0], "response_code": "503"})
    many, one = (failed, "0x56 9x3"), (failed, "0x56 1x3")
    fine = (series(TOTAL, {**SERVER.example, **FINE}), "0+60x60")
    return Alert(
        expression=f"({summed(_POD, f'increase({TOTAL}{{{inner}}}[{limits.window}])')}"
        f" >= {limits.least})\nand on ({', '.join(_POD)}) ({condition})",
        graph=summed(_POD, f"rate({TOTAL}{{{inner}, {_IN_NAMESPACE}}}[$__rate_interval])"),
        told=told.format(
            count=COUNT, window=limits.window, pod=label("pod"), namespace=label("namespace")
        ),
        holds=limits.holds,
        urgency=limits.urgency,
        exporters=(Exporter.PROXY, Exporter.KUBE_STATE),
        fires=(Play(series=(fine, many, *met)),),
        quiet=(Play(series=(fine, many, *unmet)), Play(series=(fine, one, *met))),
    )
