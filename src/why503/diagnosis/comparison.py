"""Two bundles side by side: which failures are new, which grew, which went."""

from collections import Counter
from collections.abc import Iterable
from math import sqrt

from why503.diagnosis.finding import Change, Comparison
from why503.facts import AccessLog, Bundle, RequestGroup

GREW = 1.5
"""Times the rate of before from which failures grew."""
SURE = 3.0
"""Standard errors by which a rate must differ: less is chance."""
GONE = 3.0
"""Failures that would be expected at the rate of before for their absence to mean something."""
SHOWN = 50
"""Most changes of one sort that are listed."""

_Key = tuple[str, str]
"""Destination, and how its requests failed."""


def compare(now: Bundle, before: Bundle, baseline: str) -> Comparison:
    """What changed from ``before``, which was read from the path ``baseline``, to ``now``."""
    failures, requests = _counts(now)
    old_failures, old_requests = _counts(before)
    new: list[Change] = []
    grown: list[Change] = []
    gone: list[Change] = []
    for key in sorted(failures.keys() | old_failures.keys()):
        destination, what = key
        one = Change(
            destination=destination,
            what=what,
            failures=failures[key],
            requests=requests[destination],
            failures_before=old_failures[key],
            requests_before=old_requests[destination],
        )
        if not one.failures_before:
            new.append(one)
        elif not one.failures:
            gone.extend([one] if _expected(one) >= GONE else [])
        elif _grew(one):
            grown.append(one)
    return Comparison(
        baseline=baseline,
        new=_most(new),
        grown=_most(grown),
        gone=tuple(sorted(gone, key=lambda one: -one.failures_before)[:SHOWN]),
    )


def _most(changes: list[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda one: -one.failures)[:SHOWN])


def _expected(one: Change) -> float:
    """Failures that there would be at the rate of before."""
    return one.failures_before * one.requests / max(1, one.requests_before)


def _grew(one: Change) -> bool:
    expected = _expected(one)
    share = one.requests / max(1, one.requests_before)
    error = sqrt(one.failures + share * expected)
    return one.failures >= GREW * expected and one.failures - expected > SURE * error


def _counts(bundle: Bundle) -> tuple[Counter[_Key], Counter[str]]:
    """Failures by destination and kind, and all requests by destination."""
    failures: Counter[_Key] = Counter()
    requests: Counter[str] = Counter()
    for group in _groups(bundle):
        destination = group.upstream_cluster or group.authority or "-"
        requests[destination] += group.count
        if _failed(group):
            failures[destination, _what(group)] += group.count
    return failures, requests


def _groups(bundle: Bundle) -> Iterable[RequestGroup]:
    for fact in bundle.facts:
        if isinstance(fact, AccessLog):
            yield from fact.groups


def _failed(group: RequestGroup) -> bool:
    """Whether its requests failed; a caller that went after a good answer is no failure."""
    if group.code is None or group.code >= 400:
        return group.code is not None or bool(group.flags)
    if group.code == 0:
        return bool(group.flags or group.method or group.protocol)
    return bool((group.flags or frozenset()) - {"DC"})


def _what(group: RequestGroup) -> str:
    code = "-" if group.code is None else str(group.code)
    flags = ",".join(sorted(group.flags or ())) or "-"
    return f"{code} {flags} {group.details or '-'}"
