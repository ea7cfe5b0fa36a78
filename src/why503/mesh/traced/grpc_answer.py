"""How a proxy's own answer reads for a gRPC call: HTTP 200 with a grpc-status."""

from dataclasses import replace

from why503.mesh.traced.call import Call
from why503.mesh.traced.step import Outcome
from why503.support.text import _

_CONTENT = "application/grpc"
_BY_STATUS = {
    400: (13, "INTERNAL"),
    401: (16, "UNAUTHENTICATED"),
    403: (7, "PERMISSION_DENIED"),
    404: (12, "UNIMPLEMENTED"),
    429: (14, "UNAVAILABLE"),
    502: (14, "UNAVAILABLE"),
    503: (14, "UNAVAILABLE"),
    504: (14, "UNAVAILABLE"),
}
"""Envoy's `Grpc::Utility::httpToGrpcStatus`; all others are UNKNOWN."""
_UNKNOWN = (2, "UNKNOWN")
_OK = 200


def is_grpc(call: Call) -> bool:
    """Whether Envoy takes a request for a gRPC call: by its content type alone."""
    content = call.headers.get("content-type", "").lower()
    return call.is_http and (content == _CONTENT or content.startswith(f"{_CONTENT}+"))


def as_grpc(found: Outcome) -> Outcome:
    """The outcome as the proxy logs it where the request is a gRPC call."""
    if found.status is None or found.status == _OK:
        return found
    number, name = _BY_STATUS.get(found.status, _UNKNOWN)
    told = _("A gRPC call gets the {status} as HTTP 200 with grpc-status {number} ({name}).")
    told = told.format(status=found.status, number=number, name=name)
    text = f"{found.text} {told}"
    return replace(found, status=_OK, text=text)
