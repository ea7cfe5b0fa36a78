"""Upstream transport failure reasons, and the error numbers of Linux inside them."""

from why503.mesh.glossary_entry import (
    DEBUG_LOG,
    KERNEL,
    LISTENING,
    MTLS,
    NETWORK_POLICY,
    SECRETS,
    TARGET_PORT,
    TELLING_PROXY,
    Entry,
    Kind,
    signs,
    since,
)
from why503.support.text import _

_ADDRESS = _("Whether the dialled address is still that of a living pod")
_SOURCES = _(
    "Open connections of the proxy's pod: `ss -s`, `/proc/sys/net/ipv4/ip_local_port_range`"
)

_REASONS: tuple[tuple[str, str, str, tuple[str, ...], str], ...] = (
    (
        "delayed connect error",
        _("connect() failed after a while"),
        _(
            "The kernel reported that the connection cannot be had. A number (Envoy 1.20-1.30) or "
            "words (from 1.31, Istio 1.23) say why."
        ),
        (LISTENING, TARGET_PORT, NETWORK_POLICY),
        since(20),
    ),
    (
        "immediate connect error",
        _("connect() failed at once"),
        _(
            "The kernel refused the connection attempt as such; a number or words say why, and "
            "from Envoy 1.34 the address follows."
        ),
        (_ADDRESS, _SOURCES),
        since(20),
    ),
    (
        "failed to bind to",
        _("no source address"),
        _("The proxy could not take the source address that it is set to dial from."),
        (_SOURCES,),
        since(20),
    ),
    (
        "socket creation failure",
        _("no socket"),
        _("The proxy could not make a socket, as when file descriptors have run out."),
        (_("File descriptors of the proxy: `/proc/1/limits`"),),
        since(30),
    ),
    (
        "connect timeout",
        _("TLS not ready in time"),
        _("The transport socket (TLS) was not ready in the time it has."),
        (NETWORK_POLICY, DEBUG_LOG),
        since(21),
    ),
    (
        "Secret is not supplied by SDS",
        _("no certificate yet"),
        _(
            "The proxy has not received the certificate that it needs for TLS: the Secret is "
            "missing or out of reach, or the agent could not get it signed."
        ),
        (
            SECRETS,
            _("The proxy's and istiod's log for the signing request or the Secret"),
            _("`credentialName`: the Secret must be in the gateway's namespace"),
        ),
        "",
    ),
    (
        "TLS error",
        _("the TLS handshake failed"),
        _(
            "The TCP connection was there and the TLS handshake on it failed. The name at the end "
            "of each part says why: `NUMBER:LIBRARY:FUNCTION:REASON`."
        ),
        (MTLS, SECRETS),
        "",
    ),
    (
        "codec error",
        _("the HTTP codec failed"),
        _(
            "The bytes are not the HTTP that this proxy expects; the text behind is the codec's "
            "own."
        ),
        (DEBUG_LOG,),
        since(31),
    ),
    (
        "verify cert failed",
        _("the peer's certificate was refused"),
        _(
            "This proxy checked the peer's certificate and refused it; the words that follow say "
            "why."
        ),
        (SECRETS,),
        since(28),
    ),
)

TRANSPORT: dict[str, Entry] = {
    word: Entry(
        kind=Kind.TRANSPORT,
        token=word,
        title=title,
        meaning=meaning,
        writer=TELLING_PROXY,
        code="503",
        look_at=look_at,
        since=version,
        signs=signs(f"{word};{word.replace(' ', '_')}", "UF"),
    )
    for word, title, meaning, look_at, version in _REASONS
}
"""By its first words, with blanks for underscores."""

_ERRNOS: tuple[tuple[int, str, str, str, tuple[str, ...]], ...] = (
    (
        111,
        "ECONNREFUSED",
        "Connection refused",
        _(
            "The address answered with a reset: nothing listens on that address and port. The "
            "application is down or not up yet, the port is wrong, or it listens on localhost or "
            "the other address family only."
        ),
        (LISTENING, TARGET_PORT),
    ),
    (
        113,
        "EHOSTUNREACH",
        "No route to host",
        _("The address is not there any more (pod or node gone), or a firewall rejects."),
        (_ADDRESS, NETWORK_POLICY),
    ),
    (
        110,
        "ETIMEDOUT",
        "Connection timed out",
        _("No answer to the connection attempt: packets vanish on the way there or back."),
        (NETWORK_POLICY, _ADDRESS),
    ),
    (
        104,
        "ECONNRESET",
        "Connection reset by peer",
        _(
            "The peer broke the connection off with a reset: it closed it while data were on the "
            "way, crashed, or did not take the protocol."
        ),
        (DEBUG_LOG, MTLS),
    ),
    (
        101,
        "ENETUNREACH",
        "Network is unreachable",
        _("There is no way to that network at all, as for an IPv6 address in a pod without IPv6."),
        (_ADDRESS,),
    ),
    (
        99,
        "EADDRNOTAVAIL",
        "Cannot assign requested address",
        _(
            "No source port is free (too many short connections to one address), or the source "
            "address is not this pod's."
        ),
        (_SOURCES,),
    ),
    (
        32,
        "EPIPE",
        "Broken pipe",
        _("The program wrote on a connection that its peer had closed already."),
        (DEBUG_LOG,),
    ),
    (
        24,
        "EMFILE",
        "Too many open files",
        _("The process has used up its file descriptors."),
        (_("File descriptors of the process: `/proc/1/limits`"),),
    ),
)

_ALSO = {110: ";connect_timeout;connection_timeout;connection timeout"}
"""Words that mean the same elsewhere."""
_OWN = frozenset({99, 24})
"""What fails at the dialling side itself: what `UF` usually stands for does not explain it."""

ERRNOS: dict[int, Entry] = {
    number: Entry(
        kind=Kind.ERRNO,
        token=words,
        title=f"{name} ({number})",
        meaning=meaning,
        writer=KERNEL,
        look_at=look_at,
        signs=signs(
            f"{words};{words.replace(' ', '_')};{name}{_ALSO.get(number, '')}",
            *(() if number in _OWN else ("UF",)),
        ),
    )
    for number, name, words, meaning, look_at in _ERRNOS
}
"""By Linux number."""

ERRNO_NAMES: dict[str, int] = {name: number for number, name, _w, _m, _l in _ERRNOS}
"""`ECONNREFUSED`, ... to the number."""
