"""What becomes of one object, and which hosts it concerns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from why503.facts import Manifest
from why503.mesh.destination import destinations_of
from why503.mesh.selection import full_host, has_labels
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.traced.host import is_wild, matches
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import words_at
from why503.mesh.workload import labels_of
from why503.repair.rollout.state import MAKER, ROUTES, WORKLOADS, Key, State, replicas
from why503.support.dataclass import dataclass

_RULES = frozenset({"DestinationRule", "Gateway", "Sidecar", "Service", "ServiceEntry"})
WALKED = WORKLOADS | ROUTES | _RULES
"""Kinds whose changes are followed."""
_FILLED = WORKLOADS | {"Service", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "Ingress"}
_LIVE = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")
_NOTES = ("kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One object that becomes another."""

    key: Key
    before: Manifest | None
    """None: it is not there."""
    after: Manifest | None
    """None: it is deleted."""
    part: str = ""
    """`widen`, `narrow` for half a change of a DestinationRule; else ``""``."""

    @property
    def manifest(self) -> Manifest:
        """The object, as it becomes where it stays."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - one of them is always given
        return found

    @property
    def object(self) -> Key:
        """The object to apply: that of a controller where it makes this one of the same name."""
        maker = self.manifest.get(MAKER)
        return self.key._replace(kind=maker) if maker else self.key

    @property
    def action(self) -> str:
        """`create`, `delete`, `widen`, `narrow`, `scale-down` or `change`."""
        if self.before is None:
            return "create"
        if self.after is None:
            return "delete"
        if self.part:
            return self.part
        said = self.after.get("spec", "replicas") is not None
        if self.key.kind in WORKLOADS and said and replicas(self.after) < replicas(self.before):
            return "scale-down"
        return "change"

    @property
    def takes_pods(self) -> bool:
        """Whether it ends a workload."""
        if self.key.kind not in WORKLOADS:
            return False
        return self.after is None or (replicas(self.after) == 0 and self.action == "scale-down")

    @property
    def relabels(self) -> bool:
        """Whether the pods of a workload get other labels in place."""
        if self.key.kind not in WORKLOADS or self.before is None or self.after is None:
            return False
        return not has_labels(labels_of(self.after), labels_of(self.before))


def changes_between(now: State, wanted: State) -> tuple[Change, ...]:
    """What has to become of which object, in the order of the wanted state, deletions last."""
    found = [
        Change(key=key, before=now.objects.get(key), after=one)
        for key, one in wanted.objects.items()
        if key not in now.objects or differs(now.objects[key], one)
    ]
    gone = [one for key, one in now.objects.items() if key not in wanted.objects]
    keys = [key for key in now.objects if key not in wanted.objects]
    found += [Change(key=key, before=one, after=None) for key, one in zip(keys, gone, strict=True)]
    return tuple(found)


def differs(now: Manifest, wanted: Manifest) -> bool:
    """Whether applying ``wanted`` changes anything.

    In what the cluster holds, the API server has filled in the defaults of Kubernetes' own kinds:
    there only what is asked for must be as it is.
    """
    live = any(now.get("metadata", name) is not None for name in _LIVE)
    if live and now.kind in _FILLED:
        return not _covers(_asked(now), _asked(wanted))
    return _asked(now) != _asked(wanted)


def _covers(now: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and isinstance(now, Mapping):
        return all(key in now and _covers(now[key], one) for key, one in wanted.items())
    if isinstance(wanted, list) and isinstance(now, list):
        same = len(wanted) == len(now)
        return same and all(_covers(one, other) for one, other in zip(now, wanted, strict=True))
    return bool(now == wanted)


def _asked(manifest: Manifest) -> Mapping[str, Any]:
    """An object without what the cluster itself adds to it."""
    data = {key: value for key, value in manifest.data.items() if key != "status"}
    metadata = mapping_of(data.get("metadata"))
    notes = mapping_of(metadata.get("annotations"))
    kept = {key: value for key, value in metadata.items() if key not in _LIVE}
    kept["annotations"] = {key: value for key, value in notes.items() if key not in _NOTES}
    kept["namespace"] = manifest.namespace
    return {**data, "apiVersion": "", "metadata": kept}


def hosts_of(changes: Iterable[Change], pushes: Sequence[Push]) -> dict[Key, frozenset[str]]:
    """Full names of the services that each change concerns.

    ``pushes``: all objects of all moments. Objects that are not followed are left out.
    """
    found: dict[Key, set[str]] = {}
    for change in changes:
        for one in (change.before, change.after):
            if one is not None and change.key.kind in WALKED:
                hosts = found.setdefault(change.key, set())
                hosts.update(host for push in pushes for host in _hosts(one, push))
    return {key: frozenset(hosts) for key, hosts in found.items()}


def _hosts(one: Manifest, push: Push) -> Iterator[str]:
    known = [service.host for service in push.services]
    if one.kind in ("Service", "ServiceEntry"):
        yield from (service.host for service in push.services if service.manifest is one)
        yield from (
            service.host
            for service in push.services
            if service.manifest.name == one.name and service.namespace == push.space_of(one)
        )
    elif one.kind in WORKLOADS:
        for service in push.services:
            selector = mapping_of(service.manifest.get("spec", "selector"))
            alike = service.namespace == push.space_of(one)
            if selector and alike and has_labels(labels_of(one), selector):
                yield service.host
    elif one.kind == "DestinationRule":
        pattern = full_host(word_of(one.get("spec", "host")), push.space_of(one))
        yield from (host for host in known if host == pattern)
        yield from (host for host in known if is_wild(pattern) and matches(pattern, host))
        if not is_wild(pattern):
            yield pattern
    elif one.kind in ROUTES:
        own = push.space_of(one)
        yield from (full_host(to.host, own) for to in destinations_of(one))
        yield from (full_host(host, own) for host in words_at(one, "spec", "hosts"))
    elif one.kind in ("Gateway", "Sidecar"):
        yield from known
