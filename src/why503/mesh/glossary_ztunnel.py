"""The errors that ztunnel logs at the end of a connection."""

from why503.mesh.glossary_entry import (
    LISTENING,
    NETWORK_POLICY,
    RESTARTS,
    TARGET_PORT,
    ZTUNNEL,
    Entry,
    Kind,
    signs,
)
from why503.support.text import _

_WORKLOADS = _(
    "What ztunnel knows: `istioctl ztunnel-config workloads`, `istioctl ztunnel-config services`"
)
_WAYPOINT = _("The waypoint: `istioctl waypoint status`, its pods and its log")
_POLICIES = _("AuthorizationPolicies in force: `istioctl ztunnel-config policies`")
_CERTIFICATES = _("Certificates of ztunnel: `istioctl ztunnel-config certificates`")

_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        ("maybe a NetworkPolicy is blocking HBONE port 15008"),
        _(
            "The ztunnel of the other node does not answer on port 15008: blocked, or the pod is "
            "not in the mesh any more."
        ),
        (NETWORK_POLICY, _WORKLOADS),
    ),
    (
        "connection timed out",
        _("No answer to the connection attempt."),
        (NETWORK_POLICY, _WORKLOADS),
    ),
    (
        "connection closed due to policy rejection",
        _("An AuthorizationPolicy refused the connection."),
        (_POLICIES,),
    ),
    (
        "connection closed due to policy change",
        _("A policy changed while the connection was open, and it is no longer allowed."),
        (_POLICIES,),
    ),
    (
        "peer certificate revoked by CRL",
        _("The peer's certificate is on the revocation list."),
        (_CERTIFICATES,),
    ),
    (
        "http status: 503",
        _(
            "The ztunnel or waypoint at the other end answered the tunnel request with 503: it "
            "could not reach the target."
        ),
        (_WORKLOADS, LISTENING, _WAYPOINT),
    ),
    (
        "http status: 401",
        _("The other end refused the tunnel: an AuthorizationPolicy, or the wrong identity."),
        (_POLICIES, _CERTIFICATES),
    ),
    (
        "http status:",
        _("The other end answered the tunnel request (CONNECT) with this status."),
        (_WORKLOADS, _WAYPOINT),
    ),
    (
        "http2 handshake failed",
        _("The HTTP/2 connection of the tunnel could not be begun."),
        (_CERTIFICATES, NETWORK_POLICY),
    ),
    ("h2 failed", _("The HTTP/2 connection of the tunnel broke."), (RESTARTS,)),
    ("tls error", _("The TLS handshake of the tunnel failed."), (_CERTIFICATES,)),
    ("identity error", _("ztunnel has no certificate for the workload."), (_CERTIFICATES,)),
    (
        "no service for target address",
        _("The dialled address belongs to no Service that ztunnel knows."),
        (_WORKLOADS,),
    ),
    (
        "unknown waypoint",
        _("The waypoint that the Service or namespace names is not known to ztunnel."),
        (_WAYPOINT, _WORKLOADS),
    ),
    (
        "no valid destination",
        _("The Service has no endpoint that ztunnel may choose."),
        (_WORKLOADS,),
    ),
    (
        "connection failed to drain within the timeout",
        _("The connection was still open when the pod's time to end was over."),
        (RESTARTS,),
    ),
    (
        "connection closed due to connection drain",
        _("The connection was closed in a shutdown."),
        (RESTARTS,),
    ),
    ("pool draining", _("The tunnel's pool of connections is shutting down."), (RESTARTS,)),
    (
        ("destination disconnected before all data was written"),
        _("The destination closed the connection while data were on the way to it."),
        (RESTARTS,),
    ),
    (
        "client disconnected before all data was written",
        _("The caller closed the connection while data were on the way to it."),
        (),
    ),
    (
        "dns response had no valid IP addresses",
        _("The name was resolved to no address that can be dialled."),
        (),
    ),
    ("dns lookup", _("The name could not be resolved."), ()),
    (
        "connection failed",
        _("The connection to the target could not be made."),
        (LISTENING, TARGET_PORT, NETWORK_POLICY),
    ),
)

ZTUNNEL_ERRORS: dict[str, Entry] = {
    words: Entry(
        kind=Kind.ZTUNNEL,
        token=words,
        title=_("ztunnel could not carry the connection"),
        meaning=meaning,
        writer=ZTUNNEL,
        look_at=look_at,
        signs=signs(words, "ztunnel"),
    )
    for words, meaning, look_at in _ROWS
}
"""By telling words; the more telling stand first."""

NOT_TELLING = frozenset(
    {
        "connection timed out",
        "http status: 503",
        "http status: 401",
        "http status:",
        "tls error",
        "identity error",
        "pool draining",
        "dns lookup",
        "connection failed",
    }
)
"""Words that other programs use as well: ztunnel's only in a line of ztunnel."""
