"""TLS contexts and transports of a configuration dump; keys and certificates are passed over."""

from typing import Any

from why503.evidence.proto_json import Json, get, message, messages, truth, typed, word, words
from why503.facts.loaded import TlsContext, Transport

_MATCHERS = ("exact", "prefix", "suffix", "contains")


def transports_of(cluster: Json) -> tuple[Transport, ...]:
    """How a cluster connects: its matches in order, then its own socket."""
    found = [
        Transport(match=_match(part), tls=tls_of(message(part, "transport_socket")))
        for part in messages(cluster, "transport_socket_matches")
    ]
    own = message(cluster, "transport_socket")
    if own:
        found.append(Transport(tls=tls_of(own)))
    elif legacy := message(cluster, "tls_context"):
        found.append(Transport(tls=_context(legacy)))
    return tuple(found)


def tls_of(socket: Any) -> TlsContext | None:
    """TLS of a transport socket, also inside a wrapper (PROXY protocol, tap); None: plain text."""
    for _depth in range(4):
        config = message(socket, "typed_config") or message(socket, "config")
        if typed(config, "TlsContext") or get(config, "common_tls_context") is not None:
            return _context(config)
        if typed(config, "QuicUpstreamTransport"):
            return _context(message(config, "upstream_tls_context"))
        if typed(config, "QuicDownstreamTransport"):
            return _context(message(config, "downstream_tls_context"))
        socket = message(config, "transport_socket")
        if not socket:
            return None
    return None


def _match(part: Json) -> dict[str, str]:
    return {str(key): str(value) for key, value in message(part, "match").items()}


def _context(config: Json) -> TlsContext:
    common = message(config, "common_tls_context")
    combined = message(common, "combined_validation_context")
    validation = message(combined, "default_validation_context") or message(
        common, "validation_context"
    )
    remote = message(combined, "validation_context_sds_secret_config") or message(
        common, "validation_context_sds_secret_config"
    )
    return TlsContext(
        sni=word(config, "sni"),
        alpn=words(common, "alpn_protocols"),
        sans=_sans(validation),
        secrets=_secrets(common),
        trust=word(remote, "name") or _file(message(validation, "trusted_ca")),
        require_client_certificate=truth(config, "require_client_certificate"),
    )


def _secrets(common: Json) -> tuple[str, ...]:
    remote = (word(part, "name") for part in messages(common, "tls_certificate_sds_secret_configs"))
    local = (
        _file(message(part, "certificate_chain")) for part in messages(common, "tls_certificates")
    )
    return tuple(name for name in (*remote, *local) if name)


def _file(source: Json) -> str:
    """Name of the file of a data source; `inline` for one that stands in the dump."""
    if not source:
        return ""
    return word(source, "filename") or word(source, "environment_variable") or "inline"


def _sans(validation: Json) -> tuple[str, ...]:
    typed_names = (
        message(part, "matcher") for part in messages(validation, "match_typed_subject_alt_names")
    )
    matchers = (*typed_names, *messages(validation, "match_subject_alt_names"))
    told = tuple(name for name in map(_matcher, matchers) if name)
    return told or words(validation, "verify_subject_alt_name")


def _matcher(matcher: Json) -> str:
    for kind in _MATCHERS:
        if name := word(matcher, kind):
            return name if kind == "exact" else f"{name} ({kind})"
    pattern = word(message(matcher, "safe_regex"), "regex")
    return f"{pattern} (regex)" if pattern else ""
