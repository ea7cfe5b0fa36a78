"""One leg of the path seen from both ends, with the failures of one family on it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property

from why503.facts import Request, Source
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure, Family, Role
from why503.support.dataclass import dataclass


class Place(StrEnum):
    """Where a failure was made: a leg between two parties, or a party that decided alone."""

    APP_TO_PROXY = "downstream-app->downstream-proxy"
    DOWNSTREAM_PROXY = "downstream-proxy"
    PROXY_TO_PROXY = "downstream-proxy->upstream-proxy"
    PROXY_TO_APP = "downstream-proxy->upstream-app"
    """The server has no sidecar."""
    PROXY_TO_EXTERNAL = "downstream-proxy->external"
    UPSTREAM_PROXY = "upstream-proxy"
    UPSTREAM_PROXY_TO_APP = "upstream-proxy->upstream-app"
    UPSTREAM_APP = "upstream-app"
    CONTROL_PLANE = "control-plane"


class At(StrEnum):
    """Where a cause makes its failures, seen from the proxy that tells of them."""

    LEG = "leg"
    """On the connection between that proxy and what is behind it."""
    PROXY = "proxy"
    """At that proxy alone."""
    CALLER = "caller"
    """At the caller's proxy, whichever proxy tells."""
    FRONT = "front"
    """Between the caller and that proxy."""
    APP = "app"
    """At the application behind."""
    CONTROL_PLANE = "control-plane"


@dataclass(frozen=True, kw_only=True)
class Hop:
    """Failures of one family on one leg towards one destination.

    Where no failing request was seen at all (only configuration, events, a control plane's log)
    there is one hop without failures, of the family UNKNOWN.
    """

    family: Family
    role: Role
    """Side of the proxy that tells."""
    leg: Place
    """The connection behind the proxy that tells."""
    host: str
    """Destination: service host, external host, or ``""`` where nothing names it."""
    port: int | None
    failures: tuple[Failure, ...]
    total: int
    """Requests to this destination that were seen, failed or not; at least the failures."""
    consequences: int = 0
    """Callers that gave up (code 0, DC) while these failures went on; counted here, not apart."""

    @cached_property
    def count(self) -> int:
        """Failures seen, those included of which a large log keeps no line."""
        return sum(failure.teller.stands_for for failure in self.failures)

    @property
    def destination(self) -> str:
        """`host:port` of the destination; the host alone where the port is not known."""
        return f"{self.host}:{self.port}" if self.port and self.host else self.host

    @cached_property
    def endings(self) -> Counter[Ending]:
        """How often each ending occurs."""
        return Counter({ending: len(found) for ending, found in self._by_ending.items()})

    @cached_property
    def _by_ending(self) -> dict[Ending, tuple[Failure, ...]]:
        found: defaultdict[Ending, list[Failure]] = defaultdict(list)
        for failure in self.failures:
            found[failure.ending].append(failure)
        return {ending: tuple(failures) for ending, failures in found.items()}

    def share(self, *endings: Ending) -> float:
        """Share, 0 to 1, of the failures with one of these endings; 0 where there are none."""
        return sum(self.endings[ending] for ending in endings) / self.count if self.count else 0.0

    def having(self, *endings: Ending) -> tuple[Failure, ...]:
        """Its failures with one of these endings."""
        known = [self._by_ending[ending] for ending in endings if ending in self._by_ending]
        if len(known) < 2:
            return known[0] if known else ()
        return tuple(failure for failure in self.failures if failure.ending in endings)

    def accounts(self) -> Iterable[Request]:
        """Every account of every failure, the deciding one first."""
        for failure in self.failures:
            yield failure.teller
            for other in (failure.downstream, *failure.upstream, failure.client):
                if other is not None and other is not failure.teller:
                    yield other

    def sources(
        self, failures: Iterable[Failure] | None = None, most: int = 3
    ) -> tuple[Source, ...]:
        """Lines of the deciding accounts, at most ``most``."""
        chosen = self.failures if failures is None else failures
        return tuple(failure.teller.source for failure, _ in zip(chosen, range(most), strict=False))

    @cached_property
    def upstream_hosts(self) -> Counter[str]:
        """`address:port` of the upstreams that the failing requests went to."""
        hosts = (failure.teller.upstream_host for failure in self.failures)
        return Counter(host for host in hosts if host)

    @cached_property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """Begin and end, seconds since 1970, of the failures whose time is told."""
        return tuple(
            (failure.teller.time, failure.teller.end or failure.teller.time)
            for failure in self.failures
            if failure.teller.time is not None
        )

    def place(self, at: At) -> Place:
        """Where a failure was made that a cause makes ``at`` this hop.

        Also where a cause says LEG: what the caller sent wrongly, or a connection that the proxy
        itself closed, broke in front of the proxy; what it had nowhere to send never left it.
        """
        upstream = self.role is Role.UPSTREAM
        if at is At.CONTROL_PLANE:
            return Place.CONTROL_PLANE
        if at is At.APP:
            return (
                Place.PROXY_TO_EXTERNAL
                if self.leg is Place.PROXY_TO_EXTERNAL
                else Place.UPSTREAM_APP
            )
        if at is At.PROXY or (at is At.LEG and self.family is Family.ROUTING):
            return Place.UPSTREAM_PROXY if upstream else Place.DOWNSTREAM_PROXY
        if at is At.CALLER:
            return Place.DOWNSTREAM_PROXY
        own = self.family is Family.CALLER or set(self.endings) == {Ending.PROXY_CLOSED}
        if at is At.FRONT or own:
            return Place.PROXY_TO_PROXY if upstream else Place.APP_TO_PROXY
        return self.leg
