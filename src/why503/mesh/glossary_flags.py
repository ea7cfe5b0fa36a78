"""The response flags, all of them: long name, meaning, usual code, who brings them about."""

from why503.mesh.glossary_entry import (
    ANY_PROXY,
    APP_LOG,
    AUTH_SERVICE,
    BOTH_SIDES,
    CALLER_TIMEOUT,
    CLUSTERS,
    DEBUG_LOG,
    ENDPOINTS,
    HEADERS,
    RESTARTS,
    Entry,
    Kind,
    signs,
    since,
)
from why503.mesh.glossary_flags_upstream import LIMIT, UPSTREAM_FLAGS, flag
from why503.support.text import _

_CLIENT = _("the caller")

FLAGS: dict[str, Entry] = UPSTREAM_FLAGS | dict(
    (
        flag(
            "DC",
            "DownstreamConnectionTermination",
            "0",
            _CLIENT,
            _(
                "The caller closed its connection before the answer was complete. Often its own "
                "timeout ran out, so this is the consequence of a slow answer."
            ),
            look_at=(CALLER_TIMEOUT, APP_LOG, BOTH_SIDES),
        ),
        flag(
            "DR",
            "DownstreamRemoteReset",
            "0",
            _CLIENT,
            _("The caller reset its HTTP/2 stream: it cancelled the request or ran out of time."),
            look_at=(CALLER_TIMEOUT,),
            since=since(30),
        ),
        flag(
            "DPE",
            "DownstreamProtocolError",
            "400, 426, 431 or 501",
            _CLIENT,
            _(
                "The caller sent HTTP that this proxy refuses. The response code details name "
                "the rule that was broken."
            ),
            look_at=(
                HEADERS,
                _("What the caller speaks: TLS, HTTP/2 or another protocol on a plain HTTP/1 port"),
            ),
        ),
        flag(
            "UPE",
            "UpstreamProtocolError",
            "502",
            _("the upstream"),
            _(
                "The upstream's answer is not valid HTTP for this proxy: another protocol than "
                "expected, or headers and framing that the codec refuses. Before Envoy 1.18 this "
                "was a 503."
            ),
            look_at=(
                HEADERS,
                _(
                    "Name and `appProtocol` of the Service port against the protocol that the "
                    "server speaks"
                ),
                DEBUG_LOG,
            ),
            since=since(18),
        ),
        flag(
            "DT",
            "DurationTimeout",
            "0, 408 or 504",
            LIMIT,
            _(
                "The connection reached the longest time that it may live (max connection "
                "duration)."
            ),
            look_at=(_("`maxConnectionDuration` in DestinationRule or EnvoyFilter"),),
        ),
        flag(
            "SI",
            "StreamIdleTimeout",
            _("504 if the request was complete, else 408"),
            _("a caller or an upstream that fell silent"),
            _(
                "No byte moved on the stream for the stream idle timeout. Istio leaves this "
                "timeout off, so somebody has set it."
            ),
            look_at=(
                _(
                    "EnvoyFilters and connection settings with `stream_idle_timeout` or a route "
                    "`idle_timeout`"
                ),
                APP_LOG,
            ),
        ),
        flag(
            "UMSDR",
            "UpstreamMaxStreamDurationReached",
            _("504, or 408 while the request was incomplete"),
            LIMIT,
            _("The request lasted longer than the cluster's max stream duration allows."),
            look_at=(_("`max_stream_duration` in an EnvoyFilter for the cluster"),),
        ),
        flag(
            "LH",
            "FailedLocalHealthCheck",
            "503",
            _("this proxy's own host"),
            _(
                "The health check filter was told to fail, so this proxy answers health checks "
                "with an error."
            ),
            look_at=(
                _(
                    "Who failed the health check by hand (`/healthcheck/fail`), or a drain in "
                    "progress"
                ),
            ),
        ),
        flag(
            "RL",
            "RateLimited",
            "429",
            _("a policy"),
            _("A rate limit, local or global, refused the request."),
            look_at=(
                _("EnvoyFilters with a rate limit filter; the details tell local from global"),
            ),
        ),
        flag(
            "RLSE",
            "RateLimitServiceError",
            "500",
            _("the rate limit service"),
            _(
                "The rate limit service could not be asked, and the filter is set to refuse in "
                "that case."
            ),
            look_at=(_("The rate limit service: is it up, and can this proxy reach it?"), CLUSTERS),
        ),
        flag(
            "UAEX",
            "UnauthorizedExternalService",
            "403",
            _("the authorization service"),
            _(
                "The external authorization service refused the request, or could not be asked; "
                "the details tell which."
            ),
            look_at=(
                _("The log of the authorization service"),
                _(
                    "AuthorizationPolicies with action CUSTOM and their provider in the mesh "
                    "configuration"
                ),
            ),
            writer=AUTH_SERVICE,
        ),
        flag(
            "IH",
            "InvalidEnvoyRequestHeaders",
            "400",
            _CLIENT,
            _(
                "The request carries an `x-envoy-…` header with a value that the strict header "
                "check refuses."
            ),
            look_at=(HEADERS,),
        ),
        flag(
            "DI",
            "DelayInjected",
            _("unchanged"),
            _("a fault injection"),
            _("A fault filter held the request back on purpose."),
            look_at=(_("VirtualServices with `fault.delay`"),),
        ),
        flag(
            "FI",
            "FaultInjected",
            _("as configured"),
            _("a fault injection"),
            _(
                "A fault filter ended the request on purpose with the configured code; the "
                "upstream was not asked."
            ),
            look_at=(_("VirtualServices with `fault.abort`"),),
        ),
        flag(
            "RFCF",
            "ResponseFromCacheFilter",
            _("any"),
            _("nobody: no failure"),
            _("The answer came from the proxy's cache filter."),
        ),
        flag(
            "NFCF",
            "NoFilterConfigFound",
            "500",
            _("the control plane"),
            _(
                "The configuration of a filter, delivered apart from the listener (ECDS), had "
                "not arrived in time; a Wasm plugin whose image cannot be fetched is the usual "
                "one."
            ),
            look_at=(
                _("WasmPlugins and whether their image can be pulled"),
                _("`istioctl proxy-config ecds POD`"),
                _("The proxy's log for a refused or missing extension configuration"),
            ),
        ),
        flag(
            "OM",
            "OverloadManagerTerminated",
            "503",
            _("this proxy, short of resources"),
            _(
                "The overload manager ended the stream to protect the proxy, as when memory runs "
                "out."
            ),
            look_at=(_("Memory limit and use of the `istio-proxy` container"), RESTARTS),
            since=since(19),
        ),
        flag(
            "DF",
            "DnsResolutionFailed",
            "503",
            _("DNS"),
            _("The dynamic forward proxy could not resolve the host name of the request."),
            look_at=(
                _("The name, resolved from inside the proxy's pod"),
                _("CoreDNS: log and latency"),
            ),
            since=since(22),
        ),
        flag(
            "DO",
            "DropOverload",
            "503",
            _("the control plane"),
            _(
                "The control plane told the proxy to drop a share of the requests to this "
                "cluster (EDS drop_overload), and this one was drawn."
            ),
            look_at=(ENDPOINTS,),
            since=since(29),
        ),
        flag(
            "UDO",
            "UnconditionalDropOverload",
            "503",
            _("the control plane"),
            _(
                "The control plane told the proxy to drop every request to this cluster (EDS "
                "drop_overload at 100 %)."
            ),
            look_at=(ENDPOINTS,),
            since=since(34),
        ),
    )
)
"""By short name, as `%RESPONSE_FLAGS%` prints it."""

LONG_NAMES: dict[str, str] = {entry.title.casefold(): token for token, entry in FLAGS.items()}
"""`%RESPONSE_FLAGS_LONG%`, in lower case, to the short name."""

_NONE = "-"

NO_FLAG = Entry(
    kind=Kind.FLAG,
    token=_NONE,
    title=_("no flag"),
    meaning=_(
        "No condition of the proxy's own. A 5xx with `-` and details `via_upstream` was answered "
        "by the upstream; refusals by RBAC or JWT have no flag either."
    ),
    writer=ANY_PROXY,
    look_at=(_("The response code details of the same line"), APP_LOG),
    signs=signs("via_upstream"),
)
