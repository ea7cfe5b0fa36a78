"""Statuses of gRPC, which stand in for HTTP's: the answer itself is a 200."""

import re

from why503.mesh.glossary_entry import APP_LOG, BOTH_SIDES, Entry, Kind, signs
from why503.support.pattern import lazy_re
from why503.support.text import _

_WRITER = _("the application, or the proxy that answers a gRPC request in its place")
_FLAGS = _("Flags and details of the proxies' lines: `via_upstream` means that the server said it")
_METHOD = _("Whether the server that answers has that service and method")
_LIMITS = _("Limits of the server, and of the proxies before it")
_DEADLINE = _("The caller's deadline (`grpc-timeout`), against the durations logged")

_STATUSES: tuple[tuple[int, str, str, tuple[str, ...], str], ...] = (
    (0, "OK", _("It went well."), (), ""),
    (1, "CANCELLED", _("The caller gave the call up."), (_DEADLINE,), "DC"),
    (2, "UNKNOWN", _("The server failed and said no more."), (APP_LOG,), ""),
    (
        4,
        "DEADLINE_EXCEEDED",
        _("The call took longer than its deadline. A proxy's own 504 is told as 14."),
        (_DEADLINE,),
        "",
    ),
    (
        7,
        "PERMISSION_DENIED",
        _("The caller may not do this. A proxy's 403 (RBAC, ext_authz) is told so."),
        (_FLAGS,),
        "rbac_access_denied_matched_policy",
    ),
    (8, "RESOURCE_EXHAUSTED", _("A quota or limit was met."), (_LIMITS,), ""),
    (
        12,
        "UNIMPLEMENTED",
        _("The server has no such service or method. A proxy's 404 (NR) is told so."),
        (_METHOD, _FLAGS),
        "NR",
    ),
    (13, "INTERNAL", _("The server, or the protocol on the way, broke."), (APP_LOG, _FLAGS), ""),
    (
        14,
        "UNAVAILABLE",
        _(
            "The service cannot be reached just now. A proxy's 429, 502, 503 and 504 are told so: "
            "the flags of its line say which it was."
        ),
        (_FLAGS, BOTH_SIDES),
        "",
    ),
    (16, "UNAUTHENTICATED", _("The caller's token is missing or not accepted."), (_FLAGS,), ""),
)

GRPC: dict[int, Entry] = {
    number: Entry(
        kind=Kind.GRPC,
        token=f"grpc-status: {number}",
        title=name,
        meaning=meaning,
        writer=_WRITER,
        code="200",
        look_at=look_at,
        signs=signs(sign) if sign else (),
    )
    for number, name, meaning, look_at, sign in _STATUSES
}
"""By number."""

_NUMBER = lazy_re(
    r"\bgrpc[-_ ]?(?:status|code)(?:[-_ ]code)?[\"']?\W{1,4}(\d{1,2})\b", re.IGNORECASE
)
_NAME = lazy_re(r"\bcode ?= ?([A-Za-z_]{2,20})|\A([A-Z_]{2,20})\Z")
_NAMES = {entry.title.replace("_", "").casefold(): entry for entry in GRPC.values()}


def grpc_entries(text: str) -> tuple[Entry, ...]:
    """Entry of `grpc-status: 14`, of `code = Unavailable` or of `UNAVAILABLE`; else none."""
    if found := _NUMBER.search(text):
        entry = GRPC.get(int(found[1]))
    elif named := _NAME.search(text):
        word = named[1] or named[2]
        entry = _NAMES.get(word.replace("_", "").casefold())
    else:
        entry = None
    return () if entry is None else (entry,)
