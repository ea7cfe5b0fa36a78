"""Hosts with wildcards, compared as Istio compares them."""

from collections.abc import Iterable


def is_wild(host: str) -> bool:
    """True for `*` and `*.example.com`."""
    return host.startswith("*")


def matches(one: str, other: str) -> bool:
    """True where either host covers the other."""
    if is_wild(one) and is_wild(other):
        longer, shorter = (other, one) if len(one) < len(other) else (one, other)
        return longer[1:].endswith(shorter[1:])
    if is_wild(one):
        return other.endswith(one[1:])
    if is_wild(other):
        return one.endswith(other[1:])
    return one == other


def subset_of(host: str, of: str) -> bool:
    """True where every name that ``host`` means is meant by ``of`` too."""
    if is_wild(host):
        return is_wild(of) and len(host) >= len(of) and host[1:].endswith(of[1:])
    return host.endswith(of[1:]) if is_wild(of) else host == of


def intersection(ones: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """The narrower host of every pair that overlaps."""
    found: dict[str, None] = {}
    seconds = tuple(others)
    for one in ones:
        for other in seconds:
            if subset_of(one, other):
                found[one] = None
            elif subset_of(other, one):
                found[other] = None
    return tuple(found)


def most_specific(host: str, patterns: Iterable[str]) -> str | None:
    """The pattern that means ``host`` most exactly; None where none does."""
    fitting = [pattern for pattern in patterns if subset_of(host, pattern)]
    if host in fitting:
        return host
    return max(fitting, key=len, default=None)


def short_spellings(host: str, namespace: str) -> tuple[str, ...]:
    """Other names under which a workload of ``namespace`` can call a Kubernetes service."""
    head, svc, _tail = host.partition(".svc.")
    name, dot, space = head.partition(".")
    if not svc or not dot or not space or "." in space:
        return ()
    if space == namespace:
        return name, f"{head}.svc", head
    return head, f"{head}.svc"
