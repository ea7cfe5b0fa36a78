"""Envoy's `/config_dump`, whole or in part, and `istioctl proxy-config -o json|yaml`.

Messages are told apart by their fields, so that Envoy's dump, one resource of it and istioctl's
lists go the same way. Private keys and certificates themselves are never kept.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import field
from functools import lru_cache
from typing import Any

from why503.evidence import ztunnel_dump
from why503.evidence.json_document import NameLines, cut, decoded
from why503.evidence.loaded_cluster import cluster_of, endpoints_of
from why503.evidence.loaded_listener import inline_routes, listener_of
from why503.evidence.loaded_route import routes_of
from why503.evidence.proto_json import Json, get, message, messages, typed, word
from why503.evidence.proxy_node import info_of
from why503.evidence.reader import Context, Reading
from why503.evidence.secret_validity import certificates_in
from why503.evidence.stand_in_keys import stand_in_event
from why503.facts.loaded import LoadedCluster, RejectedConfig
from why503.facts.reading import Unread
from why503.facts.source import Source
from why503.support.collector import uncollected
from why503.support.dataclass import dataclass
from why503.support.duration import moment_of
from why503.support.pattern import lazy_re
from why503.support.secret import mask
from why503.support.text import _

NAME = "config dump"

_HEAD = 6000
_SIGNS = lazy_re(
    r"envoy\.admin\.v3\.\w{0,40}ConfigDump|"
    r"(?:^|[\s{,])\"?(?:dynamic_active_(?:clusters|secrets)|dynamicActive(?:Clusters|Secrets)|"
    r"dynamic_(?:listeners|route_configs|endpoint_configs)|dynamic(?:Listeners|RouteConfigs|"
    r"EndpointConfigs)|static_(?:listeners|route_configs|endpoint_configs)|static(?:Listeners|"
    r"RouteConfigs|EndpointConfigs))\"?\s{0,4}:"
)
_LISTED = lazy_re(
    r"(?:^|[\s{,\[-])\"?(?:edsClusterConfig|virtualHosts|virtual_hosts|filterChains|filter_chains|"
    r"connectTimeout|connect_timeout|loadAssignment|lbEndpoints|trafficDirection|useOriginalDst)"
    r"\"?\s{0,4}:"
)
_BOOTSTRAP = lazy_re(r"\s{0,20}\{?\s{0,20}\"?bootstrap\"?\s{0,4}:\s{0,20}\{?\s{0,400}\"?\w")
_MANIFEST = lazy_re(r"(?:^|[\s{,])\"?(?:apiVersion|kind)\"?\s{0,4}:", re.MULTILINE)
_LIST = lazy_re(r"\s{0,100}(?:\[|-\s)")

_STATES = ("active_state", "warming_state", "draining_state")
_DETAILS = 2000


def bid(text: str) -> float:
    """0.96 for a dump or a list of istioctl's, also a cut one; 0 for everything else."""
    head = text[:_HEAD].lstrip("\ufeff")
    if ztunnel_dump.is_dump(head, text):
        return 0.96
    opening = head.lstrip()[:1]
    if "envoy.admin.v3." in head and _SIGNS.search(head) and opening in "{[":
        return 0.96
    if _MANIFEST.search(head):
        return 0.0
    if _SIGNS.search(head) or _BOOTSTRAP.match(head):
        return 0.96
    return 0.96 if _LIST.match(head) and _LISTED.search(head) else 0.0


def read(text: str, context: Context) -> Reading:
    """Every cluster, route, listener, endpoint, certificate and rejected resource of the dump."""
    with uncollected():
        return _read(text, context)


def _read(text: str, context: Context) -> Reading:
    document = decoded(text)
    if document is None:
        reason = _(
            "Cannot read `{path}` as a configuration dump: it is damaged, or it is YAML of more "
            "than a few megabytes. Fetch it as JSON with `istioctl proxy-config all POD -o json`."
        ).format(path=context.path)
        return Reading(unread=[Unread(source=context.source(), reason=reason)])
    if isinstance(document.value, dict) and ztunnel_dump.is_ztunnel(document.value):
        reading = ztunnel_dump.read_value(document.value, text, context)
    else:
        walk = _Walk(context=context, lines=NameLines(text))
        walk.visit(document.value)
        reading = walk.reading
    if event := stand_in_event(text, context, 1, context.teller):
        reading.facts.append(event)
    reading.unread.extend(cut(document, context))
    return reading


@dataclass
class _Walk:
    """On its way through one document."""

    context: Context
    lines: NameLines
    reading: Reading = field(default_factory=Reading)
    dumped: bool = False
    """The document dumps resources on its own: the bootstrap's and the listeners' copies of them
    are passed over."""

    def visit(self, value: Any) -> None:
        """Read a dump, a part of it, or a list of resources."""
        if isinstance(value, list):
            for part in value:
                if isinstance(part, dict):
                    self._visit_message(part)
            return
        if not isinstance(value, dict):
            return
        parts = list(messages(value, "configs"))
        self.dumped = len(parts) > 1 or _is_section(value)
        for part in parts or [value]:
            self.lines.line(word(part, "@type"))
            self._visit_message(part)

    def _visit_message(self, part: Json) -> None:
        if typed(part, "BootstrapConfigDump") or isinstance(get(part, "bootstrap"), dict):
            self._bootstrap(message(part, "bootstrap"))
            if typed(part, "BootstrapConfigDump"):
                return
        found = False
        for name, state, visit in self._sections():
            for entry in messages(part, name):
                found = True
                visit(entry, state)
        if not found:
            self._resource(part)

    def _sections(self) -> Iterator[tuple[str, str, Callable[[Json, str], None]]]:
        """Repeated fields of a dump with the state of what they hold."""
        yield "static_clusters", "static", self._cluster
        yield "dynamic_active_clusters", "active", self._cluster
        yield "dynamic_warming_clusters", "warming", self._cluster
        yield "static_listeners", "static", self._listener
        yield "dynamic_listeners", "active", self._listener
        for name in ("static_route_configs", "dynamic_route_configs"):
            yield name, "", self._route
        for name in ("static_endpoint_configs", "dynamic_endpoint_configs"):
            yield name, "", self._endpoints
        for name in ("static_secrets", "dynamic_active_secrets", "dynamic_warming_secrets"):
            yield name, "", self._secret
        yield "ecds_filters", "", self._other

    def _resource(self, part: Json) -> None:
        """One resource alone, as `?resource=` and istioctl's lists give it."""
        shapes: tuple[tuple[str, Callable[[Json, str], None]], ...] = (
            ("cluster", self._cluster),
            ("listener", self._listener),
            ("active_state", self._listener),
            ("route_config", self._route),
            ("endpoint_config", self._endpoints),
            ("secret", self._secret),
        )
        for name, visit in shapes:
            if isinstance(get(part, name), dict):
                visit(part, "static" if typed(part, "StaticCluster") else "active")
                return
        if get(part, "virtual_hosts") is not None:
            self._route({"route_config": part}, "")
        elif any(get(part, name) is not None for name in ("filter_chains", "listener_filters")):
            self._listener({"listener": part}, "active")
        elif get(part, "cluster_name") is not None:
            self._endpoints({"endpoint_config": part}, "")
        elif get(part, "error_state") is not None:
            self._rejected(part, "listener", word(part, "name"), self._source(word(part, "name")))
        elif get(part, "name") is not None and any(map(part.get, ("type", *_CLUSTER_FIELDS))):
            self._cluster({"cluster": part}, "active")

    def _cluster(self, entry: Json, state: str) -> None:
        cluster = message(entry, "cluster")
        name = word(cluster, "name")
        source = self._source(name)
        self._rejected(entry, "cluster", name, source)
        if name:
            found: LoadedCluster = cluster_of(
                cluster, source, self.context.teller, state=state, updated=_updated(entry)
            )
            self.reading.facts.append(found)

    def _listener(self, entry: Json, state: str) -> None:
        name = word(entry, "name") or word(message(entry, "listener"), "name")
        source = self._source(name)
        self._rejected(entry, "listener", name, source)
        versions = [(entry, state)]
        versions += [(message(entry, part), part.partition("_")[0]) for part in _STATES]
        for version, told in versions:
            listener = message(version, "listener")
            if not listener:
                continue
            self.reading.facts.append(
                listener_of(
                    listener, source, self.context.teller, state=told, updated=_updated(version)
                )
            )
            if not self.dumped:
                for config in inline_routes(listener):
                    self._route({"route_config": config}, "")

    def _route(self, entry: Json, _state: str) -> None:
        config = message(entry, "route_config")
        source = self._source(word(config, "name"))
        self._rejected(entry, "route", word(config, "name"), source)
        self.reading.facts.extend(routes_of(config, source, self.context.teller))

    def _endpoints(self, entry: Json, _state: str) -> None:
        assignment = message(entry, "endpoint_config")
        source = self._source(word(assignment, "cluster_name"))
        self._rejected(entry, "endpoint", word(assignment, "cluster_name"), source)
        self.reading.facts.extend(endpoints_of(assignment, source, self.context.teller))

    def _secret(self, entry: Json, _state: str) -> None:
        secret = message(entry, "secret")
        name = word(entry, "name") or word(secret, "name")
        source = self._source(name)
        self._rejected(entry, "secret", name, source)
        self.reading.facts.extend(certificates_in(secret, name, source, self.context.teller))

    def _other(self, entry: Json, _state: str) -> None:
        name = word(message(entry, "ecds_filter"), "name")
        self._rejected(entry, "filter", name, self._source(name))

    def _bootstrap(self, bootstrap: Json) -> None:
        node = message(bootstrap, "node")
        if node:
            source = self.context.source()
            self.reading.facts.append(info_of(node, source, self.context.teller))
        if not self.dumped:
            static = message(bootstrap, "static_resources")
            for cluster in messages(static, "clusters"):
                self._cluster({"cluster": cluster}, "static")
            for listener in messages(static, "listeners"):
                self._listener({"listener": listener}, "static")

    def _rejected(self, entry: Json, kind: str, name: str, source: Source) -> None:
        failure = message(entry, "error_state") or message(entry, "update_failure_state")
        if not failure:
            return
        self.reading.facts.append(
            RejectedConfig(
                source=source,
                teller=self.context.teller,
                kind=kind,
                resource=name or word(message(failure, "failed_configuration"), "name"),
                details=mask(str(get(failure, "details") or ""))[:_DETAILS],
                version=word(failure, "version_info"),
                time=moment_of(word(failure, "last_update_attempt")),
            )
        )

    def _source(self, name: str) -> Source:
        return self.context.source(self.lines.line(name))


_CLUSTER_FIELDS = (
    "connectTimeout",
    "connect_timeout",
    "loadAssignment",
    "load_assignment",
    "edsClusterConfig",
    "lbPolicy",
)


def _is_section(value: Json) -> bool:
    """A dump of several kinds without `configs` around it."""
    names = ("dynamic_active_clusters", "static_clusters", "dynamic_route_configs")
    return any(get(value, name) is not None for name in names)


def _updated(entry: Json) -> float | None:
    return _moment(word(entry, "last_updated"))


_moment = lru_cache(maxsize=1000)(moment_of)
