"""How the proxies write their access logs: as Istio does today, as it once did, and as JSON."""

from enum import StrEnum
from typing import Any

_REQUEST = '"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%"'
_FIRST = f"[%START_TIME%] {_REQUEST} %RESPONSE_CODE% %RESPONSE_FLAGS%"
_DETAILS = "%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS%"
_MIXER = '"-"'
_MIDDLE = (
    '"%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% '
    '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" '
    '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"'
)
_LAST = (
    "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%"
)


class LogFormat(StrEnum):
    """An access log's format."""

    TEXT = "text"
    """Istio 1.9 and later."""
    OLD = "old"
    """Istio 1.3 to 1.7: a column of Mixer's and no details."""
    JSON = "json"
    """Istio's own JSON encoding."""


_JSON = {
    "authority": "%REQ(:AUTHORITY)%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "connection_termination_details": "%CONNECTION_TERMINATION_DETAILS%",
    "downstream_local_address": "%DOWNSTREAM_LOCAL_ADDRESS%",
    "downstream_remote_address": "%DOWNSTREAM_REMOTE_ADDRESS%",
    "duration": "%DURATION%",
    "method": "%REQ(:METHOD)%",
    "path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "protocol": "%PROTOCOL%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "requested_server_name": "%REQUESTED_SERVER_NAME%",
    "response_code": "%RESPONSE_CODE%",
    "response_code_details": "%RESPONSE_CODE_DETAILS%",
    "response_flags": "%RESPONSE_FLAGS%",
    "route_name": "%ROUTE_NAME%",
    "start_time": "%START_TIME%",
    "upstream_cluster": "%UPSTREAM_CLUSTER_RAW%",
    "upstream_host": "%UPSTREAM_HOST%",
    "upstream_local_address": "%UPSTREAM_LOCAL_ADDRESS%",
    "upstream_service_time": "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%",
    "upstream_transport_failure_reason": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "user_agent": "%REQ(USER-AGENT)%",
    "x_forwarded_for": "%REQ(X-FORWARDED-FOR)%",
}


def envoy_format(log_format: LogFormat) -> dict[str, Any]:
    """Envoy's `SubstitutionFormatString` of a format."""
    if log_format is LogFormat.JSON:
        return {"json_format": _JSON}
    if log_format is LogFormat.OLD:
        text = f"{_FIRST} {_MIXER} {_MIDDLE} %UPSTREAM_CLUSTER% {_LAST}\n"
    else:
        text = f"{_FIRST} {_DETAILS} {_MIDDLE} %UPSTREAM_CLUSTER_RAW% {_LAST}\n"
    return {"text_format_source": {"inline_string": text}}
