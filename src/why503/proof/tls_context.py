"""Mutual TLS between the proxies, in Istio's shapes: certificates by SDS, identities by SPIFFE."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from why503.proof.certificate import Pair
from why503.proof.overlay import merged
from why503.proof.proto import extension, from_file, typed

_TLS = "envoy.transport_sockets.tls"
_CONTEXT = "envoy.extensions.transport_sockets.tls.v3"
_RAW = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"

TRUST_DOMAIN = "cluster.local"


def identity(namespace: str, workload: str) -> str:
    """The SPIFFE name of a workload, whose service account bears its name."""
    return f"spiffe://{TRUST_DOMAIN}/ns/{namespace}/sa/{workload}"


def secrets(pair: Pair) -> dict[str, dict[str, Any]]:
    """What the files of SDS hold, by the secret's name."""
    kind = f"{_CONTEXT}.Secret"
    own = {
        "certificate_chain": {"inline_string": pair.certificate.read_text("ascii")},
        "private_key": {"inline_string": pair.key.read_text("ascii")},
    }
    root = {"trusted_ca": {"inline_string": pair.root.read_text("ascii")}}
    return {
        "default": typed(kind, name="default", tls_certificate=own),
        "ROOTCA": typed(kind, name="ROOTCA", validation_context=root),
    }


def upstream_tls(folder: Path, sni: str, peer: str, over: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's end: it expects ``peer``; ``over`` is the scenario's overlay."""
    base = {
        "common_tls_context": {
            "alpn_protocols": ["istio"],
            **_common(folder, {"exact": peer}),
        },
        "sni": sni,
    }
    return extension(_TLS, f"{_CONTEXT}.UpstreamTlsContext", **merged(base, over))


def downstream_tls(folder: Path, over: Mapping[str, Any]) -> dict[str, Any]:
    """The server's end: it wants a certificate of this trust domain."""
    base = {
        "common_tls_context": {
            "alpn_protocols": ["h2", "http/1.1"],
            **_common(folder, {"prefix": f"spiffe://{TRUST_DOMAIN}/"}),
        },
        "require_client_certificate": True,
    }
    return extension(_TLS, f"{_CONTEXT}.DownstreamTlsContext", **merged(base, over))


def raw_buffer() -> dict[str, Any]:
    """No TLS."""
    return extension("envoy.transport_sockets.raw_buffer", _RAW)


def _common(folder: Path, matcher: Mapping[str, str]) -> dict[str, Any]:
    names = [{"san_type": "URI", "matcher": dict(matcher)}]
    return {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
        "tls_certificate_sds_secret_configs": [_secret(folder, "default")],
        "combined_validation_context": {
            "default_validation_context": {"match_typed_subject_alt_names": names},
            "validation_context_sds_secret_config": _secret(folder, "ROOTCA"),
        },
    }


def _secret(folder: Path, name: str) -> dict[str, Any]:
    return {"name": name, "sds_config": from_file(folder / f"sds-{name}.json")}
