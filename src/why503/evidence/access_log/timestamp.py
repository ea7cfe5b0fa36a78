"""Times in access logs: Envoy's default, its strftime-like formats, and what can be guessed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from why503.support.pattern import lazy_re

TimeParser = Callable[[str], float | None]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_ZONE = r"(?:Z|UTC|GMT|[+-]\d\d:?\d\d)"
_ISO = lazy_re(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?[ ]?(" + _ZONE + r")?"
)
_CLF = lazy_re(
    r"(\d\d)/([A-Za-z]{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?[ ]?(" + _ZONE + r")?"
)
_EPOCH = lazy_re(r"(?<![\d.])(\d{10})(?:(\d{3})|(\d{6})|(\d{9}))?(\.\d{1,9})?(?![\d.])")

DEFAULT_PATTERN = r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]{0,10}(?:Z|[+-]\d\d:?\d\d)?|-)"
"""What `%START_TIME%` without a format prints."""

_PARTS: dict[str, str] = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d\d)",
    "m": r"(?P<m>\d\d)",
    "d": r"(?P<d>\d\d)",
    "e": r"[ ]?(?P<d>\d\d?)",
    "j": r"(?P<j>\d{3})",
    "H": r"(?P<H>\d\d)",
    "I": r"(?P<I>\d\d)",
    "M": r"(?P<M>\d\d)",
    "S": r"(?P<S>\d\d)",
    "s": r"(?P<s>\d{1,12})",
    "b": r"(?P<b>[A-Za-z]{3})",
    "h": r"(?P<b>[A-Za-z]{3})",
    "B": r"(?P<b>[A-Za-z]{3,9})",
    "a": r"[A-Za-z]{3}",
    "A": r"[A-Za-z]{6,9}",
    "p": r"(?P<p>[AaPp][Mm])",
    "z": r"(?P<z>[+-]\d\d:?\d\d)",
    "Z": r"(?:[A-Za-z]{1,5}|[+-]\d\d)",
    "f": r"(?P<f>\d{1,9})",
    "n": r"\s",
    "t": r"\s",
    "%": "%",
    "Ez": r"(?P<z>[+-]\d\d:\d\d|Z)",
    "ET": "T",
    "E4Y": r"(?P<Y>\d{4})",
    "E*S": r"(?P<S>\d\d)(?:\.(?P<f>\d{1,15}))?",
    "E*f": r"(?P<f>\d{1,15})",
}
_LONGHAND = {"%T": "%H:%M:%S", "%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%R": "%H:%M"}
_DIRECTIVE = lazy_re(r"%(E\*S|E\*f|E4Y|E\d{1,2}S|E\d{1,2}f|Ez|ET|\d?f|[A-Za-z%])")


def _offset(zone: str | None) -> int:
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60
    return -seconds if zone[0] == "-" else seconds


@lru_cache(maxsize=4096)
def _minute(year: str, month: str, day: str, hour: str, minute: str) -> int | None:
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp())


def _fraction(digits: str | None) -> float:
    return float(f"0.{digits}") if digits else 0.0


def guess_time(text: str) -> float | None:
    """Seconds since 1970 UTC of the first time found in ``text``, whatever its shape; else None."""
    text = text[:200]
    if found := _ISO.search(text):
        year, month, day, hour, minute, second, fraction, zone = found.groups()
    elif found := _CLF.search(text):
        day, name, year, hour, minute, second, fraction, zone = found.groups()
        if name.lower() not in _MONTHS:
            return None
        month = str(_MONTHS.index(name.lower()) + 1)
    else:
        return _guess_epoch(text)
    start = _minute(year, month, day, hour, minute)
    if start is None:
        return None
    return start + int(second) + _fraction(fraction) - _offset(zone)


def _guess_epoch(text: str) -> float | None:
    found = _EPOCH.search(text)
    if found is None:
        return None
    seconds, milli, micro, nano, fraction = found.groups()
    return float(int(seconds)) + _fraction(milli or micro or nano) + float(fraction or 0)


def _part(directive: str, seen: set[str]) -> str:
    if directive.endswith("f") and directive[0].isdigit():
        pattern = rf"(?P<f>\d{{{directive[0]}}})"
    elif re.fullmatch(r"E\d{1,2}[Sf]", directive):
        digits = int(directive[1:-1])
        fraction = rf"(?P<f>\d{{{digits}}})"
        seconds = rf"(?P<S>\d\d)\.{fraction}" if digits else r"(?P<S>\d\d)"
        pattern = seconds if directive[-1] == "S" else fraction
    else:
        pattern = _PARTS.get(directive, r"\S{1,20}?")
    for name in re.findall(r"\?P<(\w)>", pattern):
        if name in seen:
            pattern = pattern.replace(f"?P<{name}>", "?:")
        seen.add(name)
    return pattern


def _build(template: str) -> str:
    for short, long in _LONGHAND.items():
        template = template.replace(short, long)
    parts: list[str] = []
    seen: set[str] = set()
    end = 0
    for found in _DIRECTIVE.finditer(template):
        parts.extend((re.escape(template[end : found.start()]), _part(found.group(1), seen)))
        end = found.end()
    parts.append(re.escape(template[end:]))
    return "".join(parts)


def _value(parts: dict[str, str | None]) -> float | None:
    fraction = _fraction(parts.get("f"))
    if epoch := parts.get("s"):
        return int(epoch) + fraction
    month = parts.get("m")
    if name := parts.get("b"):
        short = name[:3].lower()
        month = str(_MONTHS.index(short) + 1) if short in _MONTHS else None
    year = parts.get("Y") or (f"20{parts['y']}" if parts.get("y") else None)
    if year and (of_year := parts.get("j")) and not month:
        start = _minute(year, "1", "1", _hour(parts), parts.get("M") or "0")
        start = None if start is None else start + (int(of_year) - 1) * 86400
    elif year and month and (day := parts.get("d")):
        start = _minute(year, month, day, _hour(parts), parts.get("M") or "0")
    else:
        return None
    if start is None:
        return None
    return start + int(parts.get("S") or 0) + fraction - _offset(parts.get("z"))


def _hour(parts: dict[str, str | None]) -> str:
    if hour := parts.get("H"):
        return hour
    half = int(parts.get("I") or 0) % 12
    return str(half + 12 if (parts.get("p") or "").lower() == "pm" else half)


@lru_cache(maxsize=64)
def compile_time(template: str) -> tuple[str, TimeParser]:
    """Pattern (without named groups) and parser of a `%START_TIME(template)%` field."""
    source = _build(template)
    pattern = re.compile(source)

    def parse(text: str) -> float | None:
        found = pattern.fullmatch(text)
        return guess_time(text) if found is None else _value(found.groupdict())

    return "(?:" + re.sub(r"\?P<\w>", "?:", source) + "|-)", parse
