"""How a request ended, in a sentence for each ending."""

from why503.mesh.ending import Ending
from why503.support.text import _

ENDING_WORDS: dict[Ending, str] = {
    Ending.OK: _("The request went well."),
    Ending.CONNECTION_TERMINATION: _(
        "The upstream connection was there and was closed or reset before the answer was complete."
    ),
    Ending.CONNECTION_REFUSED: _(
        "The upstream address refused the connection: nothing listens there."
    ),
    Ending.CONNECTION_TIMEOUT: _(
        "The connection to the upstream was not ready within the connect timeout."
    ),
    Ending.NO_ROUTE_TO_HOST: _("The network says that there is no way to the upstream address."),
    Ending.CONNECTION_FAILURE: _("The connection to the upstream could not be set up."),
    Ending.TLS_FAILURE: _("The TLS handshake with the upstream failed."),
    Ending.REMOTE_RESET: _("The upstream reset this one stream."),
    Ending.REFUSED_STREAM: _("The upstream refused this one stream before working on it."),
    Ending.LOCAL_RESET: _("The proxy reset the upstream stream by itself."),
    Ending.PROTOCOL_ERROR: _("The upstream sent what is no valid HTTP for the proxy."),
    Ending.OVERFLOW: _("A circuit breaker of the proxy was full, and the request was not sent."),
    Ending.NO_HEALTHY_UPSTREAM: _("The cluster had no host that could be chosen."),
    Ending.NO_ROUTE: _("No route of the proxy matches the request."),
    Ending.NO_CLUSTER: _("The route names a cluster that the proxy does not have."),
    Ending.NO_FILTER_CHAIN: _(
        "No filter chain of the listener matches the connection, so it was closed."
    ),
    Ending.BLOCKED: _(
        "The destination is unknown to the mesh, and REGISTRY_ONLY blocks such traffic."
    ),
    Ending.RESPONSE_TIMEOUT: _("The route timeout ran out before the answer was complete."),
    Ending.PER_TRY_TIMEOUT: _("The last attempt ran out of its share of time."),
    Ending.STREAM_IDLE_TIMEOUT: _("Nothing moved on the stream for the idle timeout."),
    Ending.MAX_DURATION: _(
        "The request or its connection reached the longest time that it may last."
    ),
    Ending.REQUEST_TIMEOUT: _("The caller did not send its whole request in time."),
    Ending.CLIENT_GONE: _("The caller went away before the answer was complete."),
    Ending.PROXY_CLOSED: _("The proxy closed the caller's connection by itself."),
    Ending.DOWNSTREAM_PROTOCOL_ERROR: _("The caller sent what the proxy refuses."),
    Ending.RATE_LIMITED: _("A rate limit refused the request."),
    Ending.RATE_LIMIT_ERROR: _("The rate limit service could not be asked."),
    Ending.EXT_AUTHZ_DENIED: _("The external authorization service refused the request."),
    Ending.EXT_AUTHZ_ERROR: _("The external authorization service could not be asked."),
    Ending.RBAC_DENIED: _("An AuthorizationPolicy refused the request."),
    Ending.JWT_DENIED: _("The token of the request was refused, or its keys could not be fetched."),
    Ending.FAULT_ABORT: _("A fault injection ended the request on purpose."),
    Ending.FAULT_DELAY: _("A fault injection delayed the request on purpose."),
    Ending.OVERLOAD: _("The proxy, or its control plane, dropped the request against overload."),
    Ending.DNS_FAILURE: _("The host name of the request could not be resolved."),
    Ending.FILTER_FAILED: _("A filter of the proxy failed or answered by itself."),
    Ending.DIRECT_RESPONSE: _("The route itself holds the answer."),
    Ending.VIA_UPSTREAM: _("The answer came from the upstream, and the proxy passed it on."),
    Ending.UNKNOWN: _("The evidence does not tell how the request ended."),
}
"""Every ending has its sentence."""
