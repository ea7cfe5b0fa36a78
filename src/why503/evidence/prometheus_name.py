"""Envoy's statistics in Prometheus' spelling, spelled back as Envoy spells them.

`envoy_cluster_upstream_rq_xx{envoy_cluster_name="a",envoy_response_code_class="5"}` is
`cluster.a.upstream_rq_5xx`.
"""

import re

from why503.support.pattern import lazy_re
from why503.support.secret import mask

Labels = tuple[tuple[str, str], ...]

_LABEL = lazy_re(r'([A-Za-z_]\w{0,200})="((?:[^"\\]|\\.){0,4000})"')
_ESCAPE = lazy_re(r"\\(.)")

_PLACES = (
    ("listener_manager_", "listener_manager", ()),
    ("cluster_manager_", "cluster_manager", ()),
    ("listener_http_", "listener", ("listener_address",)),
    ("listener_admin_http_", "listener.admin.http", ("http_conn_manager_prefix",)),
    ("listener_admin_", "listener.admin", ()),
    ("listener_", "listener", ("listener_address",)),
    ("cluster_", "cluster", ("cluster_name",)),
    ("http_", "http", ("http_conn_manager_prefix",)),
    ("tcp_", "tcp", ("tcp_prefix",)),
    ("vhost_", "vhost", ("virtual_host",)),
    ("server_", "server", ()),
    ("control_plane_", "control_plane", ()),
    ("runtime_", "runtime", ()),
    ("filesystem_", "filesystem", ()),
    ("main_thread_", "main_thread", ()),
    ("overload_", "overload", ()),
    ("sds_", "sds", ("sds_secret", "xds_resource_name")),
    ("wasm_", "wasm", ()),
    ("tls_inspector_", "tls_inspector", ()),
    ("dns_", "dns", ()),
    ("workers_", "workers", ()),
    ("thread_local_cluster_manager_", "thread_local_cluster_manager", ()),
)
"""Beginning of the metric's name, scope, and the labels whose value stands in the name."""

_SCOPES = lazy_re(
    r"(circuit_breakers)_(default|high)_|(outlier_detection|health_check|client_ssl_socket_factory|"
    r"server_ssl_socket_factory|ssl|external|internal|http1|http2|http3|rbac|rds|"
    r"ext_authz|fault|http_local_rate_limit|ratelimit|jwt_authn|lds|cds|tracing|main_thread|worker|"
    r"compilation_settings)_"
)

_CUT = lazy_re(
    r"(?P<space>[a-z0-9_]{1,63}?)_svc_(?P<domain>[a-z0-9_]{1,100}?)_(?=upstream_|membership_|update_|"
    r"circuit_breakers_|outlier_detection_|ssl_|lb_|external_|internal_|http[123]_|health_check_|"
    r"assignment_|bind_errors|client_ssl_socket_factory_|default_|init_fetch|max_host_weight|"
    r"original_dst_|retry_or_shadow_|tlsMode_|version|warming_state)"
)
"""A service's name goes on in the metric where Envoy's own tag cuts it at the first dot."""


def labels_of(text: str) -> dict[str, str]:
    """Labels between the braces of a metric."""
    return {name: _ESCAPE.sub(r"\1", value) for name, value in _LABEL.findall(text)}


def envoy_name(metric: str, labels: dict[str, str]) -> tuple[str, Labels]:
    """Envoy's name of a metric, and the labels that did not go into it.

    A metric that is not Envoy's own (`istio_requests_total`) keeps its name.
    """
    rest = dict(labels)
    body = metric.removeprefix("envoy_")
    if body == metric:
        return metric, _kept(rest)
    scope = ""
    for start, place, keys in _PLACES:
        if body.startswith(start):
            body = body[len(start) :]
            inner = _take(rest, keys)
            if place == "cluster" and (rest_of_name := _CUT.match(body)) and "." not in inner:
                inner += _uncut(rest_of_name)
                body = body[rest_of_name.end() :]
            scope = f"{place}.{inner}." if inner else f"{place}."
            if start == "listener_http_":
                prefix = _take(rest, ("http_conn_manager_prefix",))
                scope += f"http.{prefix}." if prefix else "http."
            break
    return scope + _with_code(_scoped(body, rest), rest), _kept(rest)


def _take(labels: dict[str, str], keys: tuple[str, ...]) -> str:
    """Value of the first label with one of these names, bare or with `envoy_`; it is used up."""
    for key in keys:
        for name in (f"envoy_{key}", key):
            if name in labels:
                return labels.pop(name)
    return ""


def _uncut(found: re.Match[str]) -> str:
    """Namespace and domain as DNS spells them: a namespace has no dots, a domain no dashes."""
    space, domain = found["space"].replace("_", "-"), found["domain"].replace("_", ".")
    return f".{space}.svc.{domain}"


def _scoped(body: str, labels: dict[str, str]) -> str:
    """The scope inside a place, set apart by a dot again."""
    found = _SCOPES.match(body)
    if found is None:
        return body
    if found[3] == "worker":
        return f"worker_{_take(labels, ('worker_id',))}.{body[found.end() :]}"
    scope = f"{found[1]}.{found[2]}" if found[1] else found[3]
    return f"{scope}.{body[found.end() :]}"


def _with_code(body: str, labels: dict[str, str]) -> str:
    """The response code, or its class, back in its place."""
    if body.endswith("_rq_xx") and (digit := _take(labels, ("response_code_class",))):
        return f"{body[:-2]}{digit[:1]}xx"
    if body.endswith("_rq") and (code := _take(labels, ("response_code",))):
        return f"{body}_{code[:3]}"
    return body


def _kept(labels: dict[str, str]) -> Labels:
    return tuple(
        (name, mask(value) if "=" in value or "//" in value else value[:500])
        for name, value in labels.items()
    )
