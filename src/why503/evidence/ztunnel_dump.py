"""ztunnel's `/config_dump`: workloads as endpoints, and certificates; the rest is named only."""

from typing import Any

from why503.evidence.json_document import NameLines
from why503.evidence.proto_json import Json, get, message, messages, word, words
from why503.evidence.reader import Context, Reading
from why503.facts.certificate import Certificate
from why503.facts.loaded import LoadedEndpoint
from why503.facts.reading import Unread
from why503.support.duration import moment_of
from why503.support.pattern import lazy_re
from why503.support.text import _

_WORKLOADS = lazy_re(r'"(?:workloads|by_addr|workload_ips|workloadIps)"\s{0,4}:')
_OWN = lazy_re(r'"(?:workloadIps|workload_ips|serviceAccount|trustDomain|vips|staged_services)"')
_TAIL = 6000


def is_dump(head: str, text: str) -> bool:
    """Whether a text looks like ztunnel's dump by its beginning, or by its end."""
    if head.lstrip()[:1] != "{":
        return False
    return any(_WORKLOADS.search(part) and _OWN.search(part) for part in (head, text[-_TAIL:]))


def is_ztunnel(value: Json) -> bool:
    """Whether a document is ztunnel's dump."""
    return get(value, "configs") is None and bool(_workloads(value))


def read_value(value: Json, text: str, context: Context) -> Reading:
    """Workloads and certificates of the dump; a sentence for services and policies."""
    reading = Reading()
    lines = NameLines(text)
    for workload in _workloads(value):
        name = word(workload, "name")
        source = context.source(lines.line(name))
        addresses = words(workload, "workload_ips") or ("",)
        reading.facts.extend(
            LoadedEndpoint(
                source=source,
                teller=context.teller,
                cluster="",
                address=address,
                health=word(workload, "status").upper() or "HEALTHY",
                tls_mode=_protocol(word(workload, "protocol")),
                workload=f"{word(workload, 'namespace')}/{name}",
            )
            for address in addresses
        )
    for entry in messages(value, "certificates"):
        reading.facts.extend(_certificates(entry, context))
    if any(get(value, name) for name in ("services", "policies")):
        reason = _(
            "Of ztunnel's dump `{path}` workloads and certificates were read, services and "
            "policies were not. Give the objects themselves: "
            "`kubectl get services,authorizationpolicies -A -o yaml`."
        ).format(path=context.path)
        reading.unread.append(Unread(source=context.source(), reason=reason))
    return reading


def _workloads(value: Json) -> list[Json]:
    """Workloads of a list, or of the older mapping by address."""
    found = get(value, "workloads")
    if isinstance(found, dict):
        found = list((message(found, "by_addr") or found).values())
    parts: list[Any] = found if isinstance(found, list) else []
    return [
        part
        for part in parts
        if isinstance(part, dict) and (get(part, "workload_ips") is not None or "uid" in part)
    ]


def _protocol(text: str) -> str:
    return "HBONE" if text.upper() == "HBONE" else ""


def _certificates(entry: Json, context: Context) -> list[Certificate]:
    identity = word(entry, "identity")
    return [
        Certificate(
            source=context.source(),
            teller=context.teller,
            name=identity,
            sans=() if is_ca or not identity else (identity,),
            serial=word(part, "serial_number"),
            valid_from=moment_of(word(part, "valid_from")),
            expires=moment_of(word(part, "expiration_time")),
            is_ca=is_ca,
        )
        for name, is_ca in (("cert_chain", False), ("root_certs", True))
        for part in messages(entry, name)
    ]
