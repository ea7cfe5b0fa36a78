"""Envoy's `/clusters?format=json` and `istioctl proxy-config endpoint -o json|yaml`."""

from collections.abc import Iterator

from why503.evidence.istio_name import cluster_fact
from why503.evidence.json_document import NameLines, cut, decoded
from why503.evidence.proto_json import Json, address_of, message, messages, number, truth, word
from why503.evidence.reader import Context, Reading
from why503.facts.counter import Counter
from why503.facts.proxy_config import ProxyEndpoint
from why503.facts.reading import Unread
from why503.support.pattern import lazy_re
from why503.support.text import _

NAME = "clusters"

_SIGN = lazy_re(
    r'(?:^|[\s{,-])"?(?:cluster_statuses|clusterStatuses|host_statuses|hostStatuses|added_via_api|'
    r'addedViaApi)"?\s{0,4}:'
)
_UNHEALTHY = (
    "failed_active_health_check",
    "pending_active_hc",
    "excluded_via_immediate_hc_fail",
)
_UNHEALTHY_EDS = frozenset({"UNHEALTHY", "DRAINING", "TIMEOUT"})


def bid(text: str) -> float:
    """0.97 for statuses of clusters, in JSON or YAML."""
    head = text[:4000].lstrip("\ufeff")
    opening = head.lstrip()[:1]
    if opening not in ("{", "[", "-") or "ConfigDump" in head:
        return 0.0
    return 0.97 if _SIGN.search(head) else 0.0


def read(text: str, context: Context) -> Reading:
    """Clusters, their endpoints with health, and each endpoint's own counters."""
    document = decoded(text)
    if document is None:
        reason = _("Cannot read `{path}`: fetch `/clusters?format=json` of the proxy again.")
        unread = Unread(source=context.source(), reason=reason.format(path=context.path))
        return Reading(unread=[unread])
    value = document.value
    statuses = {"cluster_statuses": value} if isinstance(value, list) else value
    reading = Reading(unread=cut(document, context))
    lines = NameLines(text)
    for status in messages(statuses, "cluster_statuses"):
        name = word(status, "name")
        if name:
            line = lines.line(name)
            reading.facts.append(cluster_fact(name, context, line, context.teller))
            reading.facts.extend(_hosts(status, name, line, context))
    return reading


def _hosts(
    status: Json, cluster: str, line: int, context: Context
) -> Iterator[ProxyEndpoint | Counter]:
    source = context.source(line)
    for host in messages(status, "host_statuses"):
        address = address_of(message(host, "address"))
        health = message(host, "health_status")
        yield ProxyEndpoint(
            source=source,
            teller=context.teller,
            cluster=cluster,
            address=address,
            healthy=not any(truth(health, name) for name in _UNHEALTHY)
            and word(health, "eds_health_status") not in _UNHEALTHY_EDS,
            ejected=truth(health, "failed_outlier_check"),
        )
        for stat in messages(host, "stats"):
            yield Counter(
                source=source,
                teller=context.teller,
                name=f"cluster.{cluster}.{word(stat, 'name')}",
                value=float(number(stat, "value") or 0),
                labels=(("address", address),),
            )
