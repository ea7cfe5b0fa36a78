"""Makes believable requests, logs and meshes by hand."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from why503.facts import AccessLog, Bundle, Fact, Manifest, Request, RequestGroup, Source
from why503.mesh import Mesh

START = 1_750_000_000.0
HOST = "orders.shop.svc.cluster.local"
OUTBOUND = f"outbound|8080||{HOST}"
INBOUND = "inbound|8080||"
SNI = f"outbound_.8080_._.{HOST}"
RESET = "upstream_reset_before_response_started"


def flags_of(text: str) -> frozenset[str]:
    return frozenset(text.split(",")) - {"", "-"}


def request(code: int | None = 503, flags: str | None = "-", **fields: Any) -> Request:
    """One HTTP line; `at` is seconds after START, `line` its line number."""
    at, line = fields.pop("at", 0.0), fields.pop("line", 1)
    teller = fields.pop("teller", "caller")
    told: dict[str, Any] = {"method": "GET", "path": "/", "authority": "orders:8080"}
    return Request(
        source=Source(path=f"{teller}.log", line=line),
        teller=teller,
        time=None if at is None else START + at,
        code=code,
        flags=None if flags is None else flags_of(flags),
        **{**told, **fields},
    )


def outbound(code: int | None = 503, flags: str = "-", **fields: Any) -> Request:
    """A line of the caller's proxy."""
    told = {"upstream_cluster": OUTBOUND, "upstream_host": "10.1.0.7:8080"}
    return request(code, flags, **{**told, **fields})


def inbound(code: int | None = 503, flags: str = "-", **fields: Any) -> Request:
    """A line of the server's proxy."""
    told = {
        "teller": "server",
        "upstream_cluster": INBOUND,
        "upstream_host": "10.1.0.7:8080",
        "downstream_local": "10.1.0.7:8080",
        "server_name": SNI,
    }
    return request(code, flags, **{**told, **fields})


def log(*failures: Request, ids: Iterable[str] = (), well: int = 0, **fields: Any) -> AccessLog:
    """One proxy's log of these lines and of `well` requests like the first that went well."""
    groups: Counter[tuple[str | None, ...]] = Counter()
    for told in failures:
        groups[told.upstream_cluster, told.upstream_host, told.authority] += 1
    if failures and well:
        groups[next(iter(groups))] += well
    teller = fields.get("teller", failures[0].teller if failures else "caller")
    times = [told.time for told in failures if told.time is not None]
    known = {told.request_id for told in failures if told.request_id} | set(ids)
    lines = len(failures) + well
    return AccessLog(
        source=Source(path=f"{teller}.log"),
        teller=teller,
        formats=("istio 1.9",),
        lines=lines,
        understood=fields.get("understood", lines),
        misread=(),
        first=fields.get("first", min(times, default=None)),
        last=fields.get("last", max(times, default=None)),
        groups=tuple(group(teller, *key, count=count) for key, count in groups.items()),
        failures=failures,
        request_ids=frozenset(known),
        request_ids_complete=fields.get("complete", True),
    )


def group(
    teller: str,
    cluster: str | None,
    host: str | None = None,
    authority: str | None = "orders:8080",
    *,
    count: int = 1,
) -> RequestGroup:
    return RequestGroup(
        teller=teller,
        upstream_cluster=cluster,
        upstream_host=host,
        authority=authority,
        code=None,
        flags=None,
        details=None,
        transport_failure=None,
        method=None,
        protocol=None,
        minute=None,
        count=count,
        first=None,
        last=None,
        duration_p50=None,
        duration_p99=None,
        idle_p50=None,
        exemplars=(),
    )


def manifest(kind: str, name: str = "", namespace: str = "", **data: Any) -> Manifest:
    return Manifest(
        source=Source(path=f"k8s/{kind}.yaml", line=1),
        kind=kind,
        name=name,
        namespace=namespace,
        data=data,
    )


def mesh(*facts: Fact) -> Mesh:
    return Mesh(Bundle(facts=facts))
