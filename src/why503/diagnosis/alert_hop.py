"""Alerts that hold one count of the requests against another.

The other is that of the hop's far end, of another caller, of another time, or of the quick ones.
"""

from why503.diagnosis.alert import Alert, Play
from why503.diagnosis.alert_request import (
    BUCKET,
    CALLER,
    FINE,
    SERVER,
    TOTAL,
    USUAL,
    Limits,
    filled_in,
    graph,
    listed,
    series,
    summed,
    within,
)
from why503.support.text import _

__all__ = ["RARE", "Limits", "lasting", "newly", "one_caller_only", "slower", "unknown_to_server"]


RARE = Limits(least=3, window="1h", share=0, most=0.2)
"""Few in an hour, while most requests go well."""


def lasting(*flags: str, milliseconds: int, quick: bool, limits: Limits = USUAL) -> Alert:
    """Requests cut at the server's proxy after at most, or after more than ``milliseconds``.

    A boundary of the histogram is written `5` by Envoy and `5.0` by Prometheus 3.
    """
    flag = f'{SERVER.reporter}, response_flags=~"(.+,)?({"|".join(flags)})(,.+)?"'
    bound = f'{flag}, le=~"{milliseconds}([.]0)?"'
    window, hop = limits.window, SERVER.hop
    below = summed(hop, f"increase({BUCKET}{{{bound}}}[{window}])")
    whole = summed(hop, f"increase({TOTAL}{{{flag}}}[{window}])")
    every = summed(hop, f"increase({TOTAL}{{{SERVER.reporter}}}[{window}])")
    seen = below if quick else f"({whole} - {below})"
    space = f'{SERVER.space}=~"$namespace"'
    quickly = _("{count} requests to {service} were cut within {ms} ms beside {who} in {window}.")
    slowly = _(
        "{count} requests to {service} were cut after over {ms} ms beside {who} in {window}."
    )
    told = (quickly if quick else slowly).replace("{ms}", str(milliseconds))
    labels = {**SERVER.example, "response_flags": flags[0], "response_code": "503"}
    bucket = {**labels, "le": str(milliseconds)}
    fine = (series(TOTAL, {**SERVER.example, **FINE}), "0+60x60")
    cut, early = (series(TOTAL, labels), "0+2x60"), series(BUCKET, bucket)
    early_all, early_none = (early, "0+2x60"), (early, "0+0x60")
    few = ((series(TOTAL, labels), "0x30 1x29"), (early, "0x30 1x29"))
    return Alert(
        expression=within(seen, every, limits),
        graph=summed(hop, f"rate({TOTAL}{{{flag}, {space}}}[$__rate_interval])"),
        told=filled_in(told, SERVER, limits),
        holds=limits.holds,
        urgency=limits.urgency,
        fires=(Play(series=(fine, cut, early_all if quick else early_none)),),
        quiet=(
            Play(series=(fine, cut, early_none if quick else early_all)),
            Play(series=(fine, few[0], few[1] if quick else early_none)),
        ),
    )


def unknown_to_server(*flags: str, limits: Limits = USUAL) -> Alert:
    """Requests that the caller's proxy ended with ``flags`` and the server's knows nothing of."""
    flag = f'response_flags=~"(.+,)?({"|".join(flags)})(,.+)?"'
    seen = _caller(limits, flag)
    server = summed(
        ("destination_service",),
        f'increase({TOTAL}{{{SERVER.reporter}, response_code=~"0|5.."}}[{limits.window}])',
    )
    took_part = summed(
        ("destination_service",), f"increase({TOTAL}{{{SERVER.reporter}}}[{limits.window}])"
    )
    told = _(
        "{count} requests of {who} to {service} ended with flag {flags} within {window}, and no "
        "proxy of the server tells of a failure."
    )
    failed = {"response_flags": flags[0], "response_code": "503"}
    fine = [(series(TOTAL, {**teller.example, **FINE}), "0+60x60") for teller in (CALLER, SERVER)]
    cut = (series(TOTAL, {**CALLER.example, **failed}), "0+2x60")
    cut_there = (series(TOTAL, {**SERVER.example, **failed}), "0+2x60")
    return Alert(
        expression=f"({within(seen, _caller(limits), limits)})\n"
        f"and on (destination_service) {took_part} > 0\n"
        f"unless on (destination_service) {server} > 0",
        graph=graph(flag, CALLER),
        told=filled_in(told.replace("{flags}", listed(flags)), CALLER, limits),
        holds=limits.holds,
        urgency=limits.urgency,
        fires=(Play(series=(*fine, cut)),),
        quiet=(
            Play(series=(*fine, cut, cut_there)),
            Play(series=(*fine, (cut[0], "0x30 1x29"))),
            Play(series=(fine[0], cut)),
        ),
    )


def one_caller_only(*flags: str, limits: Limits = USUAL) -> Alert:
    """One caller never gets through to a service that answers others."""
    flag = f'response_flags=~"(.+,)?({"|".join(flags)})(,.+)?"'
    served = summed(
        ("destination_service",),
        f'increase({TOTAL}{{{CALLER.reporter}, response_code=~"[1-4].."}}[{limits.window}])',
    )
    told = _(
        "{count} requests of {who} to {service} ended with flag {flags} within {window}, all that "
        "it sent, while other callers get answers."
    )
    failed = {"response_flags": flags[0], "response_code": "503"}
    other = {**CALLER.example, "source_workload": "desk", **FINE}
    cut = (series(TOTAL, {**CALLER.example, **failed}), "0+2x60")
    served_other = (series(TOTAL, other), "0+60x60")
    own = (series(TOTAL, {**CALLER.example, **FINE}), "0+2x60")
    return Alert(
        expression=f"({within(_caller(limits, flag), _caller(limits), limits)})\n"
        f"and on (destination_service) {served} > 0",
        graph=graph(flag, CALLER),
        told=filled_in(told.replace("{flags}", listed(flags)), CALLER, limits),
        holds=limits.holds,
        urgency=limits.urgency,
        fires=(Play(series=(cut, served_other)),),
        quiet=(
            Play(series=(cut,)),
            Play(series=(cut, served_other, own)),
            Play(series=((cut[0], "0x30 1x29"), served_other)),
        ),
    )


def newly(*flags: str, before: str, limits: Limits = USUAL) -> Alert:
    """A part of the requests ends with ``flags``, and none did at the time ``before``."""
    flag = f'response_flags=~"(.+,)?({"|".join(flags)})(,.+)?"'
    earlier = summed(
        CALLER.hop, f"increase({TOTAL}{{{CALLER.reporter}, {flag}}}[{before}] offset {before})"
    )
    told = _(
        "{count} requests of {who} to {service} ended with flag {flags} within {window}, and none "
        "in the time before."
    )
    failed = series(TOTAL, {**CALLER.example, "response_flags": flags[0], "response_code": "503"})
    fine = (series(TOTAL, {**CALLER.example, **FINE}), "0+60x60")
    return Alert(
        expression=f"({within(_caller(limits, flag), _caller(limits), limits)})\n"
        f"unless ({earlier} > 0)",
        graph=graph(flag, CALLER),
        told=filled_in(told.replace("{flags}", listed(flags)), CALLER, limits),
        holds=limits.holds,
        urgency=limits.urgency,
        fires=(Play(series=(fine, (failed, "0x55 6+6x4"))),),
        quiet=(
            Play(series=(fine, (failed, "0+6x60"))),
            Play(series=(fine, (failed, "0x55 1x4"))),
            Play(series=((failed, "0x55 6+6x4"),)),
        ),
    )


def slower(*flags: str, milliseconds: int, limits: Limits = USUAL) -> Alert:
    """The server's callers gave up, and many more answers are slow than an hour before."""
    flag = f'{SERVER.reporter}, response_flags=~"(.+,)?({"|".join(flags)})(,.+)?"'
    hop, window = SERVER.hop, limits.window
    given_up = summed(hop, f"increase({TOTAL}{{{flag}}}[{window}])")
    slow = _slow(milliseconds, window, "")
    slow_before = _slow(milliseconds, window, " offset 1h")
    every = summed(hop, f"increase({TOTAL}{{{SERVER.reporter}}}[{window}])")
    told = _(
        "{count} requests to {service} were given up while {who} worked on them within {window}, "
        "and far more answers take over {ms} ms than an hour ago."
    ).replace("{ms}", str(milliseconds))
    labels = {**SERVER.example, **FINE}
    gone = series(TOTAL, {**SERVER.example, "response_flags": flags[0], "response_code": "0"})
    total = (series(TOTAL, labels), "0+60x120")
    quick = series(BUCKET, {**labels, "le": str(milliseconds)})
    all_quick, then_slow = (quick, "0+60x120"), (quick, "0+60x100 6000+6x19")
    always_slow = (quick, "0+6x120")
    left = (gone, "0x90 2+2x29")
    return Alert(
        expression=f"({within(given_up, every, limits)})\n"
        f"and ({slow} > 0.1 * {every})\nand ({slow} > 3 * {slow_before})",
        graph=summed(
            hop, f'rate({TOTAL}{{{flag}, {SERVER.space}=~"$namespace"}}[$__rate_interval])'
        ),
        told=filled_in(told, SERVER, limits),
        holds=limits.holds,
        urgency=limits.urgency,
        fires=(Play(series=(total, then_slow, left), minute=120),),
        quiet=(
            Play(series=(total, all_quick, left), minute=120),
            Play(series=(total, always_slow, left), minute=120),
            Play(series=(total, then_slow), minute=120),
        ),
    )


def _caller(limits: Limits, matcher: str = "") -> str:
    inner = ", ".join(filter(None, [CALLER.reporter, matcher]))
    return summed(CALLER.hop, f"increase({TOTAL}{{{inner}}}[{limits.window}])")


def _slow(milliseconds: int, window: str, offset: str) -> str:
    """Answers that took longer, within a window."""
    bound = f'{SERVER.reporter}, le=~"{milliseconds}([.]0)?"'
    whole = summed(SERVER.hop, f"increase({TOTAL}{{{SERVER.reporter}}}[{window}]{offset})")
    quick = summed(SERVER.hop, f"increase({BUCKET}{{{bound}}}[{window}]{offset})")
    return f"({whole} - {quick})"
