"""The list of all causes: the one place that names them."""

from why503.causes.application import upstream_returned_5xx
from why503.causes.capacity import (
    circuit_breaker,
    outlier_ejection,
    overload_manager,
    rate_limited,
    retry_exhausted,
    upstream_overloaded,
)
from why503.causes.connection import (
    client_disconnect,
    connect_timeout,
    connection_refused,
    front_lb,
    keepalive_max_requests,
    keepalive_race,
    network_policy_blocked,
    stale_connection,
    upstream_reset,
)
from why503.causes.control_plane import ambient_path_broken, config_rejected, xds_stale
from why503.causes.lifecycle import (
    canary_ordering,
    listener_drain,
    pod_terminating,
    probe_failure,
    startup_race,
    upstream_crash,
)
from why503.causes.policy import (
    ext_authz_failure,
    fault_injection,
    filter_broken,
    jwks_unavailable,
    rbac_denied,
)
from why503.causes.protocol import (
    h2_mismatch,
    protocol_error,
    protocol_selection,
    url_malformed,
)
from why503.causes.routing import (
    egress_address_stale,
    egress_blocked,
    gateway_misconfig,
    headless_service,
    missing_subset,
    no_cluster,
    no_healthy_endpoints,
    no_route,
    sidecar_egress_scope,
)
from why503.causes.time import max_duration, route_timeout, stream_idle_timeout
from why503.causes.tls import (
    certificate_invalid,
    mtls_mismatch,
    secret_not_delivered,
    tls_origination_mismatch,
)
from why503.diagnosis.cause import Cause

CATALOGUE: tuple[Cause, ...] = (
    upstream_returned_5xx,
    circuit_breaker,
    outlier_ejection,
    overload_manager,
    rate_limited,
    retry_exhausted,
    upstream_overloaded,
    client_disconnect,
    connect_timeout,
    connection_refused,
    front_lb,
    keepalive_max_requests,
    keepalive_race,
    network_policy_blocked,
    stale_connection,
    upstream_reset,
    ambient_path_broken,
    config_rejected,
    xds_stale,
    canary_ordering,
    listener_drain,
    pod_terminating,
    probe_failure,
    startup_race,
    upstream_crash,
    ext_authz_failure,
    fault_injection,
    filter_broken,
    jwks_unavailable,
    rbac_denied,
    h2_mismatch,
    protocol_error,
    protocol_selection,
    url_malformed,
    egress_address_stale,
    egress_blocked,
    gateway_misconfig,
    headless_service,
    missing_subset,
    no_cluster,
    no_healthy_endpoints,
    no_route,
    sidecar_egress_scope,
    max_duration,
    route_timeout,
    stream_idle_timeout,
    certificate_invalid,
    mtls_mismatch,
    secret_not_delivered,
    tls_origination_mismatch,
)
"""Every known cause, by room."""
