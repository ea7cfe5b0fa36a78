"""Every text format that Istio has shipped, and Envoy's own, newest first."""

from why503.evidence.access_log.format import Format, compile_format

_REQUEST = '"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%"'
_HEAD = f"[%START_TIME%] {_REQUEST} %RESPONSE_CODE% %RESPONSE_FLAGS%"
_MIXER = '"%DYNAMIC_METADATA(istio.mixer:status)%"'
_TRANSPORT = '"%UPSTREAM_TRANSPORT_FAILURE_REASON%"'
_BYTES = "%BYTES_RECEIVED% %BYTES_SENT%"
_NUMBERS = f"{_BYTES} %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"
_HEADERS = (
    '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" '
    '"%UPSTREAM_HOST%"'
)
_ADDRESSES = (
    "%UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% "
    "%DOWNSTREAM_REMOTE_ADDRESS%"
)
_SNI = "%REQUESTED_SERVER_NAME%"
_ROUTE = "%ROUTE_NAME%"
_DETAILS = "%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS%"

_TEMPLATES: tuple[tuple[str, str], ...] = (
    (
        "Istio 1.9+",
        f"{_HEAD} {_DETAILS} {_TRANSPORT} {_NUMBERS} {_HEADERS} {_ADDRESSES} {_SNI} {_ROUTE}",
    ),
    ("Istio 1.8", f"{_HEAD} {_TRANSPORT} {_NUMBERS} {_HEADERS} {_ADDRESSES} {_SNI} {_ROUTE}"),
    (
        "Istio 1.3-1.7",
        f"{_HEAD} {_MIXER} {_TRANSPORT} {_NUMBERS} {_HEADERS} {_ADDRESSES} {_SNI} {_ROUTE}",
    ),
    ("Istio 1.2", f"{_HEAD} {_MIXER} {_TRANSPORT} {_NUMBERS} {_HEADERS} {_ADDRESSES} {_SNI}"),
    ("Istio 1.1", f"{_HEAD} {_MIXER} {_NUMBERS} {_HEADERS} {_ADDRESSES} {_SNI}"),
    ("Envoy default", f"{_HEAD} {_NUMBERS} {_HEADERS}"),
    (
        "Istio 1.0.3-1.0.9",
        f"{_HEAD} {_NUMBERS} {_HEADERS} {_ADDRESSES}".replace(
            ":PATH)% %PROTOCOL%", ":PATH)%%PROTOCOL%"
        ),
    ),
    ("Envoy default with addresses", f"{_HEAD} {_NUMBERS} {_HEADERS} {_ADDRESSES}"),
    (
        "Istio 1.0.3-1.0.9 TCP",
        f'[%START_TIME%] %RESPONSE_FLAGS% {_BYTES} %DURATION% "%UPSTREAM_HOST%" {_ADDRESSES}',
    ),
)

KNOWN_FORMATS: tuple[Format, ...] = tuple(
    compile_format(template, name) for name, template in _TEMPLATES
)
"""Tried in this order; no line fits two of them but through a value that holds delimiters."""
