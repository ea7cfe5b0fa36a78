"""How a request ends where a proxy lets it go no further, as the first proxy tells it."""

from dataclasses import replace

from why503.facts import Source
from why503.mesh.traced.call import Call, Speech, Tls, Way
from why503.mesh.traced.config import Route
from why503.mesh.traced.envoy import Passage, Stop
from why503.mesh.traced.step import Outcome
from why503.support.text import _

_RESET = "upstream_reset_before_response_started"
_TERMINATED = f"{_RESET}{{connection_termination}}"
_WRONG_VERSION = (
    f"{_RESET}{{remote_connection_failure|TLS_error:|268435703:SSL_routines:OPENSSL_internal:"
    "WRONG_VERSION_NUMBER:TLS_error_end}"
)
_NO_CERTIFICATE = (
    f"{_RESET}{{remote_connection_failure|TLS_error:|268436496:SSL_routines:OPENSSL_internal:"
    "SSLV3_ALERT_HANDSHAKE_FAILURE:TLS_error_end}"
)
_REDIRECT = 301


def stopped(passage: Passage, call: Call, *, http: bool, source: Source | None) -> Outcome:
    """The end at a proxy that the client itself talks to.

    ``http``: whether the client awaits an HTTP answer.
    """
    stop = passage.stop or Stop.NO_ROUTE
    status, flag, details = _signs(passage, stop)
    return Outcome(
        id=stop.value,
        text=_text(passage, call, stop),
        status=status if http or stop is Stop.PROTOCOL_ERROR else None,
        flag=flag,
        details=details,
        passes=stop in (Stop.REDIRECT, Stop.TLS_REDIRECT) or _answers_well(passage.route, stop),
        sure=not passage.doubts and not _without_routes(passage),
        source=source,
    )


def _without_routes(passage: Passage) -> bool:
    """Whether the route configuration was not given at all: it may hold the host."""
    return passage.stop is Stop.NO_VIRTUAL_HOST and passage.config is None


def _answers_well(route: Route | None, stop: Stop) -> bool:
    """Whether the proxy's own answer is none of an error."""
    answer = route.answer if route is not None else None
    return stop is Stop.DIRECT_RESPONSE and answer is not None and answer < 400


def _signs(passage: Passage, stop: Stop) -> tuple[int | None, str, str]:
    """Status, flag and details in the proxy's access log."""
    if stop is Stop.DIRECT_RESPONSE and passage.route is not None:
        return passage.route.answer, "", "direct_response"
    if stop is Stop.REDIRECT and passage.route is not None:
        return passage.route.redirect, "", "direct_response"
    told: dict[Stop, tuple[int | None, str, str]] = {
        Stop.NO_VIRTUAL_HOST: (404, "NR", "route_not_found"),
        Stop.NO_ROUTE: (404, "NR", "route_not_found"),
        Stop.TLS_REDIRECT: (_REDIRECT, "", "direct_response"),
        Stop.PROTOCOL_ERROR: (400, "DPE", "http1.codec_error"),
        Stop.NO_FILTER_CHAIN: (None, "NR", "filter_chain_not_found"),
    }
    return told.get(stop, (None, "", ""))


def _text(passage: Passage, call: Call, stop: Stop) -> str:
    listener = passage.listener.name if passage.listener is not None else ""
    ends = passage.chain.tls if passage.chain is not None else None
    if stop is Stop.TLS_ERROR and ends is not None and ends.refused:
        return _("{reason} Without its certificate the handshake fails.").format(
            reason=ends.refused
        )
    if stop is Stop.PROTOCOL_ERROR and call.speech is Speech.TCP:
        text = _("The port awaits HTTP and gets something else in {wire}.")
        return text.format(wire=wire(call))
    texts = {
        Stop.NO_LISTENER: _("Nothing listens on port {port}: the connection is refused."),
        Stop.NO_FILTER_CHAIN: _(
            "No filter chain of {listener} takes {wire} for port {port}: the connection is closed."
        )
        if not call.sni or (call.tls is Tls.MESH and call.way is Way.INBOUND)
        else _(
            "No filter chain of {listener} takes {wire} for port {port} with the server name "
            "{name}: the connection is closed."
        ),
        Stop.SEVERAL_FILTER_CHAINS: _(
            "Two filter chains of {listener} ask for the same, so Envoy refuses the listener."
        ),
        Stop.PROTOCOL_ERROR: _("The port awaits plain HTTP and gets {wire}."),
        Stop.TLS_ERROR: _("The port awaits TLS and gets plain text: the handshake fails."),
        Stop.MTLS_ERROR: _("The port awaits mutual TLS of the mesh and gets {wire}.")
        if ends is None or ends.mesh
        else _("The port asks for a client certificate and gets {wire}."),
        Stop.NO_VIRTUAL_HOST: _("No virtual host of {config} is for {host}."),
        Stop.NO_ROUTE: _("The virtual host {virtual} has no route for {method} {path}."),
        Stop.TLS_REDIRECT: _("The gateway redirects plain HTTP for {host} to https."),
        Stop.REDIRECT: _("The route answers with a redirect."),
        Stop.DIRECT_RESPONSE: _("The proxy answers by itself."),
    }
    return texts[stop].format(
        port=call.port,
        listener=listener,
        wire=wire(call),
        name=call.sni,
        config=passage.config_name or "-",
        host=call.host or "-",
        virtual=passage.host.name if passage.host is not None else "-",
        method=call.method,
        path=call.path,
    )


def wire(call: Call) -> str:
    """What is on the wire, in words."""
    words = {
        Tls.NONE: _("plain text") if not call.is_http else _("plain HTTP"),
        Tls.TLS: _("TLS without a client certificate"),
        Tls.MUTUAL: _("TLS with a client certificate that is not the mesh's"),
        Tls.MESH: _("mutual TLS of the mesh"),
    }
    return words[call.tls]


def refused_by_server(
    passage: Passage, call: Call, *, http: bool, source: Source | None
) -> Outcome:
    """The end at the server's proxy, as the caller's proxy tells it."""
    stop = passage.stop or Stop.NO_FILTER_CHAIN
    status: int | None = 503
    flag, details = "UC", _TERMINATED
    if stop is Stop.MTLS_ERROR:
        flag, details = "URX,UF", _NO_CERTIFICATE
    elif stop is Stop.PROTOCOL_ERROR and call.tls is not Tls.NONE:
        flag, details = "URX,UF", _WRONG_VERSION
    elif stop is Stop.PROTOCOL_ERROR:
        status, flag, details = None, "", ""
    return Outcome(
        id=stop.value,
        text=_text(passage, call, stop),
        status=status if http else None,
        flag=flag if http else "",
        details=details if http else "",
        far="NR filter_chain_not_found" if stop is Stop.NO_FILTER_CHAIN else "",
        source=source,
    )


def tls_to_plain(*, http: bool, source: Source | None) -> Outcome:
    """The caller's proxy speaks mutual TLS to a pod that has no proxy."""
    return Outcome(
        id=Stop.TLS_ERROR.value,
        text=_("The caller's proxy speaks TLS, and no proxy stands before the server to end it."),
        status=503 if http else None,
        flag="URX,UF" if http else "UF,URX",
        details=_WRONG_VERSION,
        source=source,
    )


def no_cluster(text: str, *, status: int | None, sure: bool, source: Source | None) -> Outcome:
    """The route names a cluster that the proxy does not have; ``status``: None for TCP."""
    return Outcome(
        id="no-cluster",
        text=text,
        status=status,
        flag="NC",
        details="cluster_not_found",
        sure=sure,
        source=source,
    )


def no_endpoint(*, http: bool, sure: bool, source: Source | None) -> Outcome:
    """The cluster has nowhere to send to."""
    return Outcome(
        id="no-endpoint",
        text=_("The cluster has no endpoint that is ready."),
        status=503 if http else None,
        flag="UH",
        details="no_healthy_upstream",
        sure=sure,
        source=source,
    )


def black_hole(text: str, *, source: Source | None) -> Outcome:
    """Where nothing else takes a connection and others are refused."""
    return Outcome(id="black-hole", text=text, flag="UH", source=source)


def passing(text: str, *, sure: bool = True, source: Source | None = None) -> Outcome:
    """It arrives."""
    return Outcome(id="passes", text=text, passes=True, sure=sure, source=source)


_ANSWERED = frozenset({"no-route", "no-virtual-host", "no-cluster", "no-endpoint", "denied"})
_ANSWERED |= {"fault-abort", "direct-response", "redirect", "tls-redirect"}
_CLOSED = frozenset({"no-filter-chain", "tls-error", "mtls-error", "protocol-error"})


def behind_gateway(found: Outcome, *, http: bool) -> Outcome:
    """An end at a gateway on the way, as the proxy before it tells it.

    ``http``: whether that proxy saw HTTP.
    """
    if not http:
        return replace(found, status=None, flag="", details="")
    if found.id == "no-listener":
        return replace(found, status=503, flag="URX,UF", details="")
    if found.id in _CLOSED:
        far = " ".join(filter(None, (found.flag, found.details)))
        return replace(found, status=503, flag="UC", details=_TERMINATED, far=far)
    if found.status is None or (found.passes and found.id not in _ANSWERED):
        return found
    far = found.far or " ".join(filter(None, (found.flag, found.details)))
    return replace(found, flag="", details="via_upstream", far=far)
