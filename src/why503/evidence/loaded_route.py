"""Routes of a configuration dump as facts."""

from collections.abc import Iterator
from typing import Any

from why503.evidence.proto_json import (
    Json,
    get,
    message,
    messages,
    number,
    seconds,
    typed,
    word,
    words,
)
from why503.facts.loaded import LoadedFault, LoadedRoute, RetryPolicy
from why503.facts.source import Source
from why503.support.pattern import lazy_re
from why503.support.secret import mask

_PATHS = ("prefix", "path", "path_separated_prefix")
_PLAIN = lazy_re(r"(?:/[\w.~%-]{0,60}){0,20}")
_STRINGS = ("exact", "prefix", "suffix", "contains")
_FAULT = "envoy.filters.http.fault"
_HUNDRED = {"HUNDRED": 100.0, "TEN_THOUSAND": 10_000.0, "MILLION": 1_000_000.0}
_NEEDS_TLS = frozenset({"ALL", "EXTERNAL_ONLY"})
_REDIRECTS = {
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}
_CODE = 1000
"""Status codes end below."""


def routes_of(config: Json, source: Source, teller: str) -> Iterator[LoadedRoute]:
    """Every route of one `RouteConfiguration`."""
    name = word(config, "name")
    for host in messages(config, "virtual_hosts"):
        domains = words(host, "domains")
        retry = _retry(get(host, "retry_policy"))
        needs_tls = word(host, "require_tls") in _NEEDS_TLS
        for route in _routes(host):
            action = message(route, "route")
            own = _retry(get(action, "retry_policy"))
            answer = message(route, "direct_response")
            yield LoadedRoute(
                source=source,
                teller=teller,
                config=name,
                virtual_host=word(host, "name"),
                domains=domains,
                name=word(route, "name"),
                match=_match(message(route, "match")),
                headers=tuple(_conditions(message(route, "match"), "headers")),
                query=tuple(_conditions(message(route, "match"), "query_parameters")),
                cluster=word(action, "cluster"),
                weighted=_weighted(action),
                timeout=seconds(action, "timeout"),
                idle_timeout=seconds(action, "idle_timeout"),
                max_stream_duration=seconds(
                    message(action, "max_stream_duration"), "max_stream_duration"
                ),
                retry=retry if own is None else own,
                direct_response=number(answer, "status"),
                redirect=get(route, "redirect") is not None,
                redirect_status=_redirect(message(route, "redirect")),
                requires_tls=needs_tls,
                mirrors=tuple(_mirrors(action)),
                fault=_fault(message(route, "typed_per_filter_config", _FAULT)),
            )


def _routes(host: Json) -> Iterator[Json]:
    """Routes of a virtual host, those of a matcher tree (`matcher:`) too, in order."""
    yield from messages(host, "routes")
    waiting: list[Any] = [get(host, "matcher")]
    for _node in range(10_000):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        elif typed(node, "route.v3.Route"):
            yield node
        elif isinstance(node, dict):
            waiting += reversed(node.values())


def _weighted(action: Json) -> tuple[tuple[str, int], ...]:
    return tuple(
        (word(part, "name"), number(part, "weight") or 0)
        for part in messages(message(action, "weighted_clusters"), "clusters")
    )


def _redirect(told: Json) -> int:
    """The status in numbers; Envoy writes it in words."""
    return _REDIRECTS.get(word(told, "response_code"), 301)


def _mirrors(action: Json) -> Iterator[tuple[str, float]]:
    for policy in messages(action, "request_mirror_policies"):
        share = message(message(policy, "runtime_fraction"), "default_value")
        if name := word(policy, "cluster"):
            yield name, _percent(share) if share else 100.0


def _retry(policy: object) -> RetryPolicy | None:
    if not isinstance(policy, dict):
        return None
    codes = get(policy, "retriable_status_codes")
    return RetryPolicy(
        retry_on=tuple(
            part.strip() for part in word(policy, "retry_on").split(",") if part.strip()
        ),
        num_retries=number(policy, "num_retries"),
        status_codes=tuple(
            code
            for code in (codes if isinstance(codes, list) else ())
            if isinstance(code, int) and 0 < code < _CODE
        ),
        per_try_timeout=seconds(policy, "per_try_timeout"),
        per_try_idle_timeout=seconds(policy, "per_try_idle_timeout"),
    )


def _match(match: Json) -> str:
    """What a request must be, in words; a header's wanted value is not kept."""
    parts = [f"{kind} {_clean(path)}" for kind in _PATHS if (path := word(match, kind))]
    if get(match, "connect_matcher") is not None:
        parts.append("connect")
    if pattern := word(message(match, "safe_regex"), "regex"):
        parts.append(f"regex {_clean(pattern)}")
    parts += [f"+ header {word(part, 'name')}" for part in messages(match, "headers")]
    parts += [f"+ query {word(part, 'name')}" for part in messages(match, "query_parameters")]
    return " ".join(parts)


def _conditions(match: Json, field: str) -> Iterator[tuple[str, str]]:
    """What each header or query parameter must be."""
    for part in messages(match, field):
        name, told = word(part, "name"), "present"
        string = message(part, "string_match")
        regex = word(message(string, "safe_regex"), "regex") or word(
            message(part, "safe_regex_match"), "regex"
        )
        if regex:
            told = f"regex {mask(regex)}"
        for kind in _STRINGS:
            value = word(string, kind) or word(part, f"{kind}_match")
            if value:
                told = f"{kind} {mask(f'{name}: {value}').removeprefix(f'{name}: ')}"
        negated = get(part, "invert_match") is True or get(part, "present_match") is False
        yield name, f"not {told}" if negated else told


def _clean(path: str) -> str:
    """``path``, masked where it is more than a plain path."""
    return path if _PLAIN.fullmatch(path) else mask(path)


def _fault(config: Json) -> LoadedFault | None:
    """What the fault filter was given for one route."""
    abort, delay = message(config, "abort"), message(config, "delay")
    if not abort and not delay:
        return None
    return LoadedFault(
        status=number(abort, "http_status"),
        abort_percent=_percent(message(abort, "percentage")),
        delay=seconds(delay, "fixed_delay"),
        delay_percent=_percent(message(delay, "percentage")),
    )


def _percent(fraction: Json) -> float:
    whole = _HUNDRED.get(word(fraction, "denominator") or "HUNDRED", 100.0)
    return 100.0 * (number(fraction, "numerator") or 0) / whole
