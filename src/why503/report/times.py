"""Periods of time as people read them."""

from why503.support.pattern import lazy_re
from why503.support.text import _

_MOMENT = lazy_re(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z")


def period(first: str, last: str) -> str:
    """Two RFC 3339 moments as one phrase, the date told once; ``""`` where there is no time."""
    if not first or not last or first == last:
        return _short(first or last)
    begin, end = _MOMENT.fullmatch(first), _MOMENT.fullmatch(last)
    if begin and end and begin[1] == end[1]:
        if begin[2] == end[2]:
            return _short(first)
        return _("{first} to {last}").format(first=f"{begin[1]} {begin[2]}Z", last=f"{end[2]}Z")
    return _("{first} to {last}").format(first=_short(first), last=_short(last))


def _short(moment: str) -> str:
    found = _MOMENT.fullmatch(moment)
    return f"{found[1]} {found[2]}Z" if found else moment
