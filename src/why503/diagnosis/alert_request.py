"""Alerts on the requests that Istio's proxies count by default: `istio_requests_total`.

A limit is a number of requests within a window and a share of all requests of the hop, so that two
failures at night wake nobody. Nothing is divided: the number is compared with a part of the whole.
"""

from collections.abc import Mapping

from why503.diagnosis.alert import COUNT, Alert, Play, Urgency, label
from why503.support.dataclass import dataclass
from why503.support.text import _

__all__ = [
    "ANYBODY",
    "BUCKET",
    "CALLER",
    "FINE",
    "GATEWAY",
    "NO_GATEWAY",
    "OUTSIDE_HOSTS",
    "SERVER",
    "TOTAL",
    "TO_NOWHERE",
    "USUAL",
    "Limits",
    "Teller",
    "Urgency",
    "answered",
    "filled_in",
    "flagged",
    "graph",
    "label_of",
    "listed",
    "number",
    "only_flagged",
    "sent_to",
    "series",
    "summed",
    "within",
]

TOTAL = "istio_requests_total"
BUCKET = "istio_request_duration_milliseconds_bucket"
_ALL = 1.0
_FEW_FAILED, _OTHER_FLAG = 2, "LR"
_SERVICE = "quay.shop.svc.cluster.local"

OUTSIDE_HOSTS = 'destination_service!~".+[.]svc[.].+"'
"""Requests to hosts that are no service of the cluster."""
GATEWAY = 'source_workload=~".*(gateway|ingress|egress).*|.+-istio"'
"""Gateways as charts (`istio-ingressgateway`) and the Gateway API (`front-istio`) name them."""
NO_GATEWAY = GATEWAY.replace("=~", "!~")
TO_NOWHERE = 'destination_service_name="BlackHoleCluster"'
"""What a proxy may not send anywhere; the virtual host `block_all` is told so, too."""


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Which proxies tell, and by which labels their hop is named."""

    reporter: str
    """Matcher of PromQL."""
    hop: tuple[str, ...]
    space: str
    """Label by which a dashboard chooses namespaces."""
    example: Mapping[str, str]
    """Labels of a simulated series."""

    @property
    def who(self) -> str:
        """The hop's near end, as templates."""
        return f"{label(self.hop[0])}.{label(self.hop[1])}"


_EXAMPLE = {
    "source_workload": "web",
    "source_workload_namespace": "shop",
    "destination_workload": "quay",
    "destination_workload_namespace": "shop",
    "destination_service": _SERVICE,
    "destination_service_name": "quay",
    "namespace": "shop",
}
CALLER = Teller(
    reporter='reporter=~"source|waypoint"',
    hop=("source_workload", "source_workload_namespace", "destination_service"),
    space="source_workload_namespace",
    example={"reporter": "source", **_EXAMPLE, "pod": "web-7d9f8b6c5d-x2k4p"},
)
"""The proxy that sends: a sidecar of the caller, a gateway, a waypoint."""
SERVER = Teller(
    reporter='reporter="destination"',
    hop=("destination_workload", "destination_workload_namespace", "destination_service"),
    space="destination_workload_namespace",
    example={"reporter": "destination", **_EXAMPLE, "pod": "quay-5c6d7f8b9c-h4j5k"},
)
"""The proxy beside the application that is called."""
ANYBODY = Teller(
    reporter='reporter=~".+"',
    hop=("source_workload", "source_workload_namespace", "destination_service", "reporter"),
    space="source_workload_namespace",
    example=CALLER.example,
)
"""Either end, each told by itself."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From when on it counts."""

    least: int = 5
    """Requests within the window."""
    share: float = 0.01
    """Part of all requests of the hop, 0 to 1, that has to be exceeded; 0 for any."""
    most: float = _ALL
    """Part of all requests of the hop below which it has to stay; 1 for no such limit."""
    window: str = "5m"
    holds: str = "5m"
    urgency: Urgency = Urgency.WARNING


USUAL = Limits()


def flagged(
    *flags: str,
    code: str = "503",
    among: Mapping[str, str] | None = None,
    teller: Teller = CALLER,
    limits: Limits = USUAL,
) -> Alert:
    """Requests that ended with one of ``flags``, alone or among others.

    ``among`` narrows all requests that are looked at: a matcher, and the value that a simulated
    series has for its label.
    """
    told = _("{count} requests of {who} to {service} ended with flag {flags} within {window}.")
    return _limited(
        f'response_flags=~"(.+,)?({"|".join(flags)})(,.+)?"',
        {"response_flags": flags[0], "response_code": code},
        among or {},
        teller,
        limits,
        told.replace("{flags}", listed(flags)),
    )


def only_flagged(*flags: str, code: str = "503", limits: Limits = USUAL) -> Alert:
    """Requests whose flags are exactly one of ``flags``."""
    told = _("{count} requests of {who} to {service} ended with flag {flags} within {window}.")
    return _limited(
        f'response_flags=~"{"|".join(flags)}"',
        {"response_flags": flags[0], "response_code": code},
        {},
        CALLER,
        limits,
        told.replace("{flags}", listed(flags)),
    )


def answered(codes: str, *, limits: Limits = USUAL) -> Alert:
    """Answers of the application itself: its own proxy has no flag to add."""
    told = _("{who} itself answered {count} requests to {service} with {codes} within {window}.")
    return _limited(
        f'response_flags="-", response_code=~"{codes}"',
        {"response_flags": "-", "response_code": codes.replace(".", "0")},
        {},
        SERVER,
        limits,
        told.replace("{codes}", codes.replace(".", "x")),
    )


def sent_to(among: Mapping[str, str], *, limits: Limits = USUAL) -> Alert:
    """Requests to a destination, whatever became of them."""
    told = _("{count} requests of {who} to {service} had nowhere to go within {window}.")
    ((matcher, value),) = among.items()
    like = {label_of(matcher): value, "response_flags": "-", "response_code": "502"}
    return _limited(matcher, like, {}, CALLER, limits, told)


def series(metric: str, labels: Mapping[str, str]) -> str:
    """A series as PromQL writes it."""
    inner = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{inner}}}"


def number(value: float) -> str:
    """A number as PromQL writes it: 1, 0.01."""
    return f"{value:g}"


FINE = {"response_flags": "-", "response_code": "200"}
"""Labels of a request that went well."""


def _limited(
    matcher: str,
    like: Mapping[str, str],
    among: Mapping[str, str],
    teller: Teller,
    limits: Limits,
    told: str,
) -> Alert:
    """The usual alert: so many requests that ``matcher`` takes, and such a part of all."""
    every = ", ".join([teller.reporter, *among])
    seen = summed(teller.hop, f"increase({TOTAL}{{{every}, {matcher}}}[{limits.window}])")
    whole = summed(teller.hop, f"increase({TOTAL}{{{every}}}[{limits.window}])")
    base = {**teller.example, **{label_of(name): value for name, value in among.items()}}
    failed = series(TOTAL, {**base, **like})
    fine = series(TOTAL, {**base, **FINE})
    other = series(TOTAL, {**base, "response_flags": _OTHER_FLAG, "response_code": "503"})
    return Alert(
        expression=within(seen, whole, limits),
        graph=graph(", ".join([*among, matcher]), teller),
        told=filled_in(told, teller, limits),
        holds=limits.holds,
        urgency=limits.urgency,
        fires=(Play(series=tuple(_fires(failed, fine, limits))),),
        quiet=tuple(_quiet(failed, fine, other, limits)),
    )


def _fires(failed: str, fine: str, limits: Limits) -> list[tuple[str, str]]:
    middle = round(60 * (limits.share + limits.most) / 2)
    middle = min(max(middle, 2), 60)
    return [(failed, f"0+{middle}x60"), (fine, f"0+{60 - middle}x60")]


def _quiet(failed: str, fine: str, other: str, limits: Limits) -> list[Play]:
    few = (failed, f"0x30 {_FEW_FAILED}x29")
    plays = [
        Play(series=(few,)),
        Play(series=((failed, "500x60"), (fine, "0+60x60"))),
        Play(series=((other, "0+60x60"), (fine, "0+60x60"))),
    ]
    if limits.share:
        seldom = round(2 / limits.share * 2)
        plays.append(Play(series=((failed, "0+2x60"), (fine, f"0+{seldom}x60"))))
    if limits.most < _ALL:
        plays.append(Play(series=((failed, "0+60x60"),)))
    return plays


def within(seen: str, whole: str, limits: Limits) -> str:
    """``seen`` where it is enough, and the right part of ``whole``."""
    text = f"{seen} >= {limits.least}"
    if limits.share:
        text = f"({text})\n> {number(limits.share)} * {whole}"
    if limits.most < _ALL:
        text = f"({text})\n< {number(limits.most)} * {whole}"
    return text


def graph(matcher: str, teller: Teller) -> str:
    """The panel of what ``matcher`` takes."""
    inner = f'{teller.reporter}, {matcher}, {teller.space}=~"$namespace"'
    return summed(teller.hop, f"rate({TOTAL}{{{inner}}}[$__rate_interval])")


def summed(hop: tuple[str, ...], inner: str) -> str:
    """``inner`` by hop."""
    return f"sum by ({', '.join(hop)}) ({inner})"


def filled_in(told: str, teller: Teller, limits: Limits) -> str:
    """The sentence with templates of Go for what the alert knows of the hop."""
    values = {"count": COUNT, "who": teller.who, "service": label(teller.hop[2])}
    return told.format(**values, window=limits.window)


def listed(words: tuple[str, ...]) -> str:
    """Flags in a sentence."""
    return ", ".join(words)


def label_of(matcher: str) -> str:
    """Name of the label that a matcher is about."""
    return matcher.partition("!")[0].partition("=")[0]
