"""Who a proxy is, as its node (in the bootstrap and in `/server_info`) tells."""

from typing import Any

from why503.evidence.proto_json import Json, get, message, number, word
from why503.facts.proxy_info import ProxyInfo
from why503.facts.source import Source
from why503.support.pattern import lazy_re

_ID = lazy_re(
    r"(?P<kind>[a-z]{1,20})~(?P<address>[^~]{0,64})~(?P<pod>[^~]{0,253}?)\.(?P<space>[^~.]{0,63})~"
)
_VERSION = lazy_re(r"(?:^|/)v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?=[-/]|$)")


def info_of(node: Json, source: Source, teller: str, **told: Any) -> ProxyInfo:
    """A proxy by its node; ``told`` are fields of `ProxyInfo` that stand outside of it."""
    metadata = message(node, "metadata")
    named = _ID.match(word(node, "id"))
    labels = message(metadata, "LABELS")
    proxy = message(metadata, "PROXY_CONFIG")
    fields: dict[str, Any] = {
        "envoy": _built(node),
        "concurrency": number(proxy, "concurrency"),
        **{name: value for name, value in told.items() if value is not None},
    }
    return ProxyInfo(
        source=source,
        teller=teller,
        istio=word(metadata, "ISTIO_VERSION"),
        kind=named["kind"] if named else "",
        pod=word(metadata, "NAME") or (named["pod"] if named else ""),
        namespace=word(metadata, "NAMESPACE") or (named["space"] if named else ""),
        addresses=_addresses(metadata, named["address"] if named else ""),
        labels={str(key): str(value) for key, value in labels.items()},
        workload=word(metadata, "WORKLOAD_NAME"),
        **fields,
    )


def version_of(text: str) -> tuple[int, int, int] | None:
    """Version in `SHA/1.36.2/Clean/RELEASE/BoringSSL`; None where there is none."""
    found = _VERSION.search(text[:300])
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _built(node: Json) -> tuple[int, int, int] | None:
    version = message(node, "user_agent_build_version", "version")
    major = number(version, "major_number")
    if major is None:
        return None
    return major, number(version, "minor_number") or 0, number(version, "patch") or 0


def _addresses(metadata: Json, address: str) -> tuple[str, ...]:
    told = get(metadata, "INSTANCE_IPS")
    listed = told.split(",") if isinstance(told, str) else []
    found = dict.fromkeys(part.strip()[:64] for part in (address, *listed[:50]))
    return tuple(name for name in found if name)
