"""What the groups of all logs tell by host: who served it, who sent to it, what went well."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from why503.facts import AccessLog, RequestGroup
from why503.mesh.address import cluster_name, split_host
from why503.mesh.mesh import Mesh
from why503.mesh.timing import went_well
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class LogIndex:
    """Answers that would else need a look at every group of every log."""

    serving: frozenset[str]
    """Tellers whose access log has inbound requests, for whichever host."""
    serving_by_host: Mapping[str, frozenset[str]]
    """The same by the host that the inbound requests named (see `RequestGroup.authority`)."""
    beside: Mapping[str, frozenset[str]]
    """The same by the host in the cluster's name, where it has one, else the one named."""
    senders: Mapping[str, frozenset[str]]
    """Tellers whose access log has requests that went to an address, by the address."""
    good: Mapping[tuple[str, str], tuple[tuple[int, RequestGroup], ...]]
    """Groups that went well with their place among all groups, by the teller of their log and the
    host that they asked for, in small letters."""

    @property
    def working(self) -> frozenset[str]:
        """Tellers in whose access log anything went well."""
        return frozenset(teller for teller, _host in self.good)

    def passed(self, tellers: set[str], hosts: set[str]) -> tuple[RequestGroup, ...]:
        """Groups of these tellers that went well for one of these hosts, as the logs have them."""
        found = [
            placed
            for teller in tellers
            for host in hosts
            for placed in self.good.get((teller, host), ())
        ]
        return tuple(group for _place, group in sorted(found, key=lambda placed: placed[0]))


def log_index(mesh: Mesh) -> LogIndex:
    """The index of the mesh's logs, which no cause has to claim."""
    return mesh.kept("log index", lambda: _index(mesh.logs))


def _index(logs: Sequence[AccessLog]) -> LogIndex:
    serving: defaultdict[str, set[str]] = defaultdict(set)
    beside: defaultdict[str, set[str]] = defaultdict(set)
    senders: defaultdict[str, set[str]] = defaultdict(set)
    good: defaultdict[tuple[str, str], list[tuple[int, RequestGroup]]] = defaultdict(list)
    place = 0
    for log in logs:
        for group in log.groups:
            place += 1
            host = split_host(group.authority)[0]
            name = cluster_name(group.upstream_cluster)
            if name is not None and name.direction == "inbound":
                serving[host].add(log.teller)
                beside[name.host or host].add(log.teller)
            senders[split_host(group.upstream_host)[0]].add(log.teller)
            if went_well(group):
                good[log.teller, host.lower()].append((place, group))
    return LogIndex(
        serving=frozenset().union(*serving.values()),
        serving_by_host=_frozen(serving),
        beside=_frozen(beside),
        senders=_frozen(senders),
        good={key: tuple(groups) for key, groups in good.items()},
    )


def _frozen(found: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(tellers) for key, tellers in found.items()}
