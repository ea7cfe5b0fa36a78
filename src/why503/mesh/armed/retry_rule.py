"""Retries that cannot help, and retries that harm."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest, Source
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.retry_on import NOT_SENT, RESETS, words_of
from why503.mesh.route import HttpRule, http_rules
from why503.mesh.setting import mapping_of, whole_number, word_of

_WRITING = frozenset({"POST", "PATCH"})
_HARMLESS = NOT_SENT | {"retriable-4xx", "envoy-ratelimited", "http3-post-connect-failure"}
_AMPLIFIED = 10
"""Requests that one may become before the product of two hops is told."""


def _retrying(mesh: Mesh) -> Iterator[tuple[Manifest, HttpRule, Mapping[str, Any], list[str]]]:
    for route in mesh.manifests("VirtualService"):
        for rule in http_rules(route):
            retries = mapping_of(rule.fields.get("retries"))
            text = retries.get("retryOn")
            words = [word.strip() for word in words_of(text)] if isinstance(text, str) else []
            if retries and whole_number(retries.get("attempts", 2)) != 0:
                yield route, rule, retries, words


def status_is_no_reset(mesh: Mesh) -> Iterator[Spotted]:
    """A retryOn with 503 and nothing for connections that end: `route`, `words`."""
    for route, rule, _retries, words in _retrying(mesh):
        if "503" in words and not set(words) & (RESETS | {"connect-failure"}):
            where = route.where(*rule.path, "retries", "retryOn")
            yield spotted(where, route=route.full_name, words=",".join(words))


def no_status_named(mesh: Mesh) -> Iterator[Spotted]:
    """A retryOn with `retriable-status-codes` and without any code: `route`."""
    for route, rule, _retries, words in _retrying(mesh):
        if "retriable-status-codes" in words and not any(word.isdigit() for word in words):
            yield spotted(route.where(*rule.path, "retries", "retryOn"), route=route.full_name)


def repeated_writes(mesh: Mesh) -> Iterator[Spotted]:
    """Rules for POST or PATCH alone that repeat what may have been done: `route`, `words`."""
    for route, rule, _retries, words in _retrying(mesh):
        risky = [word for word in words if word not in _HARMLESS]
        if risky and _methods(rule) and _methods(rule) <= _WRITING:
            where = route.where(*rule.path, "retries", "retryOn")
            method = "/".join(sorted(_methods(rule)))
            yield spotted(where, route=route.full_name, words=",".join(risky), method=method)


def _methods(rule: HttpRule) -> frozenset[str]:
    """Methods that a rule takes; empty where it takes others too."""
    matches = rule.fields.get("match")
    found = [
        word_of(mapping_of(mapping_of(match).get("method")).get("exact"))
        for match in (matches if isinstance(matches, list) else ())
    ]
    return frozenset(found) if found and all(found) else frozenset()


def amplified(mesh: Mesh) -> Iterator[Spotted]:
    """Retries at a gateway and again at the sidecars for one host: `route`, `other`, `requests`."""
    known = inventory(mesh)
    inner: dict[int, tuple[Manifest, int, Source | None]] = {}
    outer: list[tuple[Manifest, HttpRule, int, int]] = []
    for route, rule, retries, _words in _retrying(mesh):
        tries = (whole_number(retries.get("attempts")) or 2) + 1
        gateways = {word_of(name) for _, name in route.items("spec", "gateways")} or {"mesh"}
        for _index, target in route.items(*rule.path, "route"):
            host = word_of(mapping_of(mapping_of(target).get("destination")).get("host"))
            service = known.service(host, route.namespace)
            if service is None:
                continue
            if gateways - {"mesh"}:
                outer.append((route, rule, id(service), tries))
            elif tries > inner.get(id(service), (route, 0, None))[1]:
                where = route.where(*rule.path, "retries", "attempts")
                inner[id(service)] = (route, tries, where)
    for route, rule, service_id, tries in outer:
        other, more, further = inner.get(service_id, (route, 1, None))
        if other is not route and tries * more >= _AMPLIFIED:
            where = route.where(*rule.path, "retries", "attempts")
            values = {"route": route.full_name, "other": other.full_name}
            yield spotted(where, further, **values, requests=tries * more)
