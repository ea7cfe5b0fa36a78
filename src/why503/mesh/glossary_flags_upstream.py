"""The response flags that are met most: upstream, route, limit, timeout."""

from typing import Any

from why503.mesh.glossary_entry import (
    ANALYZE,
    ANY_PROXY,
    APP_LOG,
    BOTH_SIDES,
    BREAKERS,
    CLUSTERS,
    DEBUG_LOG,
    ENDPOINTS,
    KEEPALIVE,
    LISTENERS,
    LISTENING,
    MTLS,
    NETWORK_POLICY,
    RESTARTS,
    ROUTES,
    TARGET_PORT,
    TIMEOUTS,
    Entry,
    Kind,
    signs,
    since,
)
from why503.support.text import _

_UPSTREAM = _("the upstream, or what lies between")
CONFIGURATION = _("the configuration")
LIMIT = _("a limit of this proxy")


def flag(
    token: str, title: str, code: str, caused_by: str, meaning: str, **more: Any
) -> tuple[str, Entry]:
    """A table row; ``more`` may hold `look_at`, `since` and `writer`."""
    look_at, version, writer = more.get("look_at", ()), more.get("since", ""), more.get("writer")
    return token, Entry(
        kind=Kind.FLAG,
        token=token,
        title=title,
        meaning=meaning,
        writer=str(writer or ANY_PROXY),
        code=code,
        caused_by=caused_by,
        look_at=tuple(look_at),
        since=str(version),
        signs=signs(token),
    )


UPSTREAM_FLAGS: dict[str, Entry] = dict(
    (
        flag(
            "UH",
            "NoHealthyUpstream",
            "503",
            CONFIGURATION,
            _(
                "The cluster exists, but no host in it can be chosen: it is empty, all hosts are "
                "unready, ejected or failed their health check, the subset matches no pod, or "
                "its DNS name has no answer. No connection was tried."
            ),
            look_at=(
                ENDPOINTS,
                _("Pods behind the Service and their readiness: `kubectl get endpointslices`"),
                ANALYZE,
            ),
        ),
        flag(
            "UF",
            "UpstreamConnectionFailure",
            "503",
            _UPSTREAM,
            _(
                "The connection to the upstream could not be set up: refused, no way there, no "
                "answer within the connect timeout, or the TLS handshake failed. The request was "
                "never sent, so it is safe to repeat."
            ),
            look_at=(
                _(
                    "The transport failure reason of the same line, which tells refusal, timeout "
                    "and TLS apart"
                ),
                LISTENING,
                TARGET_PORT,
                MTLS,
                NETWORK_POLICY,
            ),
        ),
        flag(
            "UC",
            "UpstreamConnectionTermination",
            "503",
            _UPSTREAM,
            _(
                "The connection to the upstream had been set up and was closed or reset before "
                "the answer was complete. The upstream may have handled the request or not. With "
                "code 200 or 0 the answer had already begun."
            ),
            look_at=(BOTH_SIDES, KEEPALIVE, RESTARTS, MTLS, DEBUG_LOG),
        ),
        flag(
            "UO",
            "UpstreamOverflow",
            "503",
            LIMIT,
            _(
                "A circuit breaker was full (connections, pending requests, requests or "
                "retries), so this proxy turned the request away without sending it. Maintenance "
                "mode gives the same flag."
            ),
            look_at=(
                BREAKERS,
                _(
                    "Requests and connections in flight at that minute, and how slow the upstream "
                    "was then"
                ),
            ),
        ),
        flag(
            "UR",
            "UpstreamRemoteReset",
            "503",
            _UPSTREAM,
            _(
                "The upstream reset this one HTTP/2 or HTTP/3 stream (RST_STREAM, or a GOAWAY "
                "that does not cover it). For TCP: the upstream sent a reset."
            ),
            look_at=(
                BOTH_SIDES,
                APP_LOG,
                _("The HTTP/2 limits of the server: concurrent streams, maximal connection age"),
            ),
        ),
        flag(
            "LR",
            "LocalReset",
            "503",
            _("this proxy"),
            _(
                "This proxy reset the upstream stream by itself: its codec gave up, or an HTTP/1 "
                "server half-closed the connection too early."
            ),
            look_at=(DEBUG_LOG, BOTH_SIDES),
        ),
        flag(
            "UT",
            "UpstreamRequestTimeout",
            "504",
            _("a slow upstream, or a timeout that is too short"),
            _(
                "The route timeout, the per-try timeout or the per-try idle timeout ran out "
                "before the answer was complete."
            ),
            look_at=(TIMEOUTS, APP_LOG, BOTH_SIDES),
        ),
        flag(
            "URX",
            "UpstreamRetryLimitExceeded",
            _("that of the last attempt"),
            _("whatever made each attempt fail"),
            _(
                "The proxy tried again as its retry policy says and the retries were used up "
                "(for TCP: the connection attempts). A companion flag: the flag or the details "
                "beside it tell why the last attempt failed."
            ),
            look_at=(
                _("The other flags and the details of the same line"),
                _("`retries` of the VirtualService: retries add load to an upstream in trouble"),
            ),
        ),
        flag(
            "NR",
            "NoRouteFound",
            "404",
            CONFIGURATION,
            _(
                "No virtual host or route matches the host, port and path of the request. In a "
                "listener's line (code 0): no filter chain matches the connection. Envoy before "
                "1.18 wrote it with 503 for a missing cluster as well."
            ),
            look_at=(ROUTES, LISTENERS, ANALYZE),
        ),
        flag(
            "NC",
            "NoClusterFound",
            "503",
            CONFIGURATION,
            _(
                "A route matched, but it points to a cluster that this proxy does not have: "
                "wrong host, port or namespace, a subset that no DestinationRule in scope "
                "defines, or a cluster that has not arrived yet."
            ),
            look_at=(CLUSTERS, ROUTES, ANALYZE),
            since=since(18),
        ),
    )
)
"""By short name."""
