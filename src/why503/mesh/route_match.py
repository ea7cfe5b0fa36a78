"""Whether a rule of a route takes a request: host, path, method, authority, port."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest, Request
from why503.mesh.address import split_host
from why503.mesh.destination import ROUTE_KINDS
from why503.mesh.mesh import Mesh
from why503.mesh.open_answer import every, some
from why503.mesh.route import HttpRule, http_rules
from why503.mesh.selection import covers
from why503.mesh.setting import mapping_of, whole_number, word_of

_LOGGED = frozenset(
    {"uri", "path", "method", "authority", "port", "name", "ignoreUriCase", "scheme"}
)
"""Conditions that an access log line can answer, and those that decide nothing here."""
_MOST = 5
"""Most rules that a sentence lists."""


def hosts_of(route: Manifest) -> tuple[str, ...]:
    """Hosts that a route or Gateway object takes requests for; `*` where it names none.

    A Gateway's `namespace/host` is given without the namespace.
    """
    if route.kind in ROUTE_KINDS:
        found = [word_of(host) for _, host in route.items("spec", "hostnames")]
        return tuple(host for host in found if host) or ("*",)
    if route.kind == "Gateway":
        found = [
            word_of(host).rpartition("/")[2]
            for index, _ in route.items("spec", "servers")
            for _, host in route.items("spec", "servers", index, "hosts")
        ]
        return tuple(host for host in found if host)
    return tuple(word_of(host) for _, host in route.items("spec", "hosts") if word_of(host))


def takes_host(route: Manifest, host: str) -> bool:
    """True where one of the route's hosts means ``host``."""
    return any(
        pattern == "*" or covers(pattern, host, route.namespace) for pattern in hosts_of(route)
    )


def routes_taking(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """VirtualServices and HTTPRoutes, given whole, that take requests for ``host``."""
    return tuple(
        route
        for kind in ("VirtualService", *ROUTE_KINDS)
        for route in mesh.manifests(kind)
        if not route.partial and takes_host(route, host)
    )


def rule_takes(rule: HttpRule, request: Request) -> bool | None:
    """Whether an HTTP rule takes the request; None where the log does not tell.

    Regular expressions, headers and labels of the caller are not judged.
    """
    section = "match" if rule.manifest.kind == "VirtualService" else "matches"
    conditions = rule.fields.get(section)
    if not isinstance(conditions, list) or not conditions:
        return True
    return some(every(_conditions(mapping_of(entry), request)) for entry in conditions)


def route_takes(route: Manifest, request: Request) -> bool | None:
    """Whether any HTTP rule of a route takes the request; None where that cannot be told.

    None as well for a route without HTTP rules.
    """
    rules = http_rules(route)
    return some(rule_takes(rule, request) for rule in rules) if rules else None


def matches_listed(route: Manifest) -> str:
    """Path conditions of a route's rules for a sentence: `prefix /v1/, exact /health`."""
    words: list[str] = []
    for rule in http_rules(route):
        section = "match" if route.kind == "VirtualService" else "matches"
        conditions = rule.fields.get(section)
        for entry in conditions if isinstance(conditions, list) else []:
            words += _spelled(mapping_of(entry))
    return ", ".join(dict.fromkeys(words[:_MOST])) + (", ..." if len(words) > _MOST else "")


def _spelled(entry: Mapping[str, Any]) -> Iterator[str]:
    uri = mapping_of(entry.get("uri"))
    for kind, value in uri.items():
        yield f"{kind} {word_of(value)}"
    path = mapping_of(entry.get("path"))
    if path:
        yield f"{word_of(path.get('type')) or 'PathPrefix'} {word_of(path.get('value'))}"
    for name in sorted(set(entry) - {"uri", "path", "name", "ignoreUriCase"}):
        yield str(name)


def _conditions(entry: Mapping[str, Any], request: Request) -> Iterator[bool | None]:
    """The answer to each condition of one match entry."""
    path = (request.path or "").partition("?")[0]
    if "uri" in entry:
        yield _string(
            mapping_of(entry["uri"]), path, ignore_case=entry.get("ignoreUriCase") is True
        )
    if "path" in entry:
        yield _gateway_path(mapping_of(entry["path"]), path)
    if "method" in entry:
        method = entry["method"]
        wanted = mapping_of(method) if isinstance(method, Mapping) else {"exact": method}
        yield _string(wanted, request.method or "")
    if "authority" in entry:
        yield _string(mapping_of(entry["authority"]), request.authority or "")
    if "port" in entry:
        port = split_host(request.downstream_local)[1]
        yield None if port is None else (True if port == whole_number(entry["port"]) else None)
    if set(entry) - _LOGGED:
        yield None


def _string(wanted: Mapping[str, Any], text: str, *, ignore_case: bool = False) -> bool | None:
    """Istio's StringMatch; None for a regular expression and where the text is not told."""
    if not text or "regex" in wanted:
        return None
    fold = str.lower if ignore_case else str
    told = fold(text)
    if "exact" in wanted:
        return told == fold(word_of(wanted["exact"]))
    if "prefix" in wanted:
        return told.startswith(fold(word_of(wanted["prefix"])))
    return None


def _gateway_path(wanted: Mapping[str, Any], path: str) -> bool | None:
    """The Gateway API's path match; a prefix there ends at a slash."""
    value = word_of(wanted.get("value")) or "/"
    kind = word_of(wanted.get("type")) or "PathPrefix"
    if not path or kind not in {"Exact", "PathPrefix"}:
        return None
    if kind == "Exact":
        return path == value
    base = value.rstrip("/")
    return path == base or path.startswith(f"{base}/")
