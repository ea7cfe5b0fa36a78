"""One row of a `kubectl get` table as an object with the few fields that the row tells."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from why503.support.pattern import lazy_re

Row = Mapping[str, str]
"""Cells by column title."""

NONE = frozenset({"", "<none>", "<unknown>", "<nil>", "<pending>", "-"})
_PAIR = lazy_re(r"(\d{1,9})/(\d{1,9})")
_SERVICE_PORT = lazy_re(r"(\d{1,5})(?::(\d{1,5}))?/([A-Z]{2,5})")
_MORE = lazy_re(r"\s{0,3}\+ ?\d{1,9} more\.{3}$")

_NAMES = (
    "Pod Service EndpointSlice Deployment ReplicaSet StatefulSet DaemonSet "
    "HorizontalPodAutoscaler PodDisruptionBudget Event Node Namespace ConfigMap "
    "NetworkPolicy Ingress VirtualService DestinationRule Gateway ServiceEntry Sidecar "
    "PeerAuthentication AuthorizationPolicy RequestAuthentication EnvoyFilter Telemetry "
    "WorkloadEntry WorkloadGroup ProxyConfig WasmPlugin HTTPRoute GRPCRoute TCPRoute "
    "TLSRoute ReferenceGrant VMAlert VMCluster VMSingle VMAgent VMRule ServiceAccount Job "
    "CronJob"
)

KINDS = {
    "po": "Pod",
    "svc": "Service",
    "ep": "Endpoints",
    "endpoints": "Endpoints",
    "deploy": "Deployment",
    "rs": "ReplicaSet",
    "sts": "StatefulSet",
    "ds": "DaemonSet",
    "hpa": "HorizontalPodAutoscaler",
    "pdb": "PodDisruptionBudget",
    "ev": "Event",
    "no": "Node",
    "ns": "Namespace",
    "cm": "ConfigMap",
    "netpol": "NetworkPolicy",
    "networkpolicies": "NetworkPolicy",
    "ing": "Ingress",
    "ingresses": "Ingress",
    "vs": "VirtualService",
    "dr": "DestinationRule",
    "gw": "Gateway",
    "se": "ServiceEntry",
    "pa": "PeerAuthentication",
    "ap": "AuthorizationPolicy",
    "ra": "RequestAuthentication",
    "we": "WorkloadEntry",
    "wg": "WorkloadGroup",
    "sa": "ServiceAccount",
    **{kind.lower(): kind for kind in _NAMES.split()},
}
"""Kinds by the lower-case names that kubectl knows; plurals are found by `kind_named`."""


def kind_named(word: str) -> str:
    """Kind of a resource as typed after `kubectl get` (`svc`, `pods`, `gateways.networking...`).

    ``""`` where the word is no kind known here.
    """
    name = word.lower().split(".")[0].split("/")[0].split(",")[0]
    for form in (
        name,
        name.removesuffix("s"),
        name.removesuffix("es"),
        name.removesuffix("ies") + "y",
    ):
        if form in KINDS:
            return KINDS[form]
    return ""


_OF_NAMESPACES = frozenset({"NAME", "STATUS", "AGE", "LABELS", "ISTIO-INJECTION", "REV"})
"""All that a table of Namespaces shows, the columns of `-L istio-injection,istio.io/rev` too."""


def kind_by_titles(titles: frozenset[str]) -> str:
    """Kind whose table has these column titles, or ``""``."""
    for signs, kind in (
        ({"ENDPOINTS", "ADDRESSTYPE"}, "EndpointSlice"),
        ({"ENDPOINTS"}, "Endpoints"),
        ({"READY", "STATUS", "RESTARTS"}, "Pod"),
        ({"CLUSTER-IP", "PORT(S)"}, "Service"),
        ({"REASON", "OBJECT", "MESSAGE"}, "Event"),
        ({"DESIRED", "UP-TO-DATE"}, "DaemonSet"),
        ({"READY", "UP-TO-DATE"}, "Deployment"),
        ({"DESIRED", "CURRENT", "READY"}, "ReplicaSet"),
        ({"REFERENCE", "TARGETS"}, "HorizontalPodAutoscaler"),
        ({"ALLOWED DISRUPTIONS"}, "PodDisruptionBudget"),
        ({"STATUS", "ROLES"}, "Node"),
        ({"GATEWAYS", "HOSTS"}, "VirtualService"),
        ({"RESOLUTION", "HOSTS"}, "ServiceEntry"),
    ):
        if signs <= titles:
            return kind
    return "Namespace" if {"NAME", "STATUS", "AGE"} <= titles <= _OF_NAMESPACES else ""


def object_of(kind: str, row: Row, namespace: str) -> dict[str, Any]:
    """The object that a row tells of, with the paths that the whole object has.

    A pod's READY `x/y` becomes `y` container statuses without a name, of which `x` are ready; its
    STATUS other than `Running` stands in `status.reason`, and `Terminating` also gives an empty
    `metadata.deletionTimestamp`.
    """
    name = row.get("NAME", "")
    prefix, slash, rest = name.rpartition("/")
    metadata: dict[str, Any] = {"name": rest if slash else name}
    if place := row.get("NAMESPACE", "") or namespace:
        metadata["namespace"] = place
    data: dict[str, Any] = {"kind": kind or kind_named(prefix), "metadata": metadata}
    if (labels := _labels(row.get("LABELS", ""))) is not None:
        metadata["labels"] = labels
    fill = _FILLERS.get(data["kind"])
    if fill is not None:
        fill(row, data)
    return data


def _number(text: str) -> int | None:
    found = re.match(r"\d{1,9}(?=\D|$)", text)
    return int(found[0]) if found else None


def _some(values: dict[str, Any]) -> dict[str, Any]:
    """Only the fields that the row tells."""
    return {name: value for name, value in values.items() if value is not None}


def _cell(row: Row, title: str) -> str | None:
    text = row.get(title, "")
    return None if text in NONE else text


def _pod(row: Row, data: dict[str, Any]) -> None:
    word = row.get("STATUS", "")
    waiting = word in (
        "Pending",
        "ContainerCreating",
        "PodInitializing",
        "ErrImagePull",
        "ImagePullBackOff",
    )
    ended = {
        "Completed": "Succeeded",
        "Succeeded": "Succeeded",
        "Failed": "Failed",
        "Evicted": "Failed",
    }
    phase = ended.get(word, "Pending" if waiting or word.startswith("Init:") else "Running")
    status: dict[str, Any] = {"phase": phase}
    if word and word != "Running":
        status["reason"] = word
    if word == "Terminating":
        data["metadata"]["deletionTimestamp"] = ""
    if pair := _PAIR.fullmatch(row.get("READY", "")):
        status["containerStatuses"] = _containers(int(pair[1]), int(pair[2]), word, row)
        whole = "True" if pair[1] == pair[2] else "False"
        status["conditions"] = [{"type": "Ready", "status": whole}]
    if address := _cell(row, "IP"):
        status["podIP"] = address
    if node := _cell(row, "NODE"):
        data["spec"] = {"nodeName": node}
    data["status"] = status


def _containers(ready: int, total: int, word: str, row: Row) -> list[dict[str, Any]]:
    restarts = _number(row.get("RESTARTS", "")) or 0
    found = []
    for place in range(min(total, 50)):
        one: dict[str, Any] = {"ready": place < ready, "restartCount": 0}
        if place == min(ready, total - 1):
            one["restartCount"] = restarts
            if word.endswith(("BackOff", "ImagePull")) or word in (
                "ContainerCreating",
                "PodInitializing",
            ):
                one["state"] = {"waiting": {"reason": word}}
            elif word in ("OOMKilled", "Error", "Completed", "ContainerCannotRun"):
                one["state"] = {"terminated": {"reason": word}}
        if "state" not in one and place < ready:
            one["state"] = {"running": {}}
        found.append(one)
    return found


def _service(row: Row, data: dict[str, Any]) -> None:
    ports = [
        _some(
            {
                "port": int(found[1]),
                "nodePort": int(found[2]) if found[2] else None,
                "protocol": found[3],
            }
        )
        for found in _SERVICE_PORT.finditer(row.get("PORT(S)", ""))
    ]
    cluster_ip = row.get("CLUSTER-IP", "")
    data["spec"] = _some(
        {
            "type": _cell(row, "TYPE"),
            "clusterIP": cluster_ip if cluster_ip not in NONE else None,
            "ports": ports,
            "selector": _labels(row.get("SELECTOR", "")),
        }
    )
    if outside := _cell(row, "EXTERNAL-IP"):
        data["status"] = {
            "loadBalancer": {"ingress": [{"ip": part} for part in outside.split(",")]}
        }


def _labels(text: str) -> dict[str, str] | None:
    pairs = [part.split("=", 1) for part in text.split(",") if "=" in part]
    return {pair[0]: pair[1] for pair in pairs} or None


def _addresses(text: str) -> list[str]:
    cut = _MORE.sub("", text)
    return [] if cut in NONE else [part for part in cut.split(",") if part]


def _endpoints(row: Row, data: dict[str, Any]) -> None:
    by_port: dict[str, list[str]] = {}
    for part in _addresses(row.get("ENDPOINTS", "")):
        address, colon, port = part.rpartition(":")
        by_port.setdefault(port if colon else "", []).append(
            (address if colon else part).strip("[]")
        )
    data["subsets"] = [
        _some(
            {
                "addresses": [{"ip": address} for address in addresses],
                "ports": [{"port": int(port)}] if port.isdigit() and len(port) < 6 else None,
            }
        )
        for port, addresses in by_port.items()
    ]


def _endpoint_slice(row: Row, data: dict[str, Any]) -> None:
    found = _addresses(row.get("ENDPOINTS", ""))
    ports = [
        int(port) for port in row.get("PORTS", "").split(",") if port.isdigit() and len(port) < 6
    ]
    data["addressType"] = row.get("ADDRESSTYPE", "")
    data["endpoints"] = [{"addresses": [address]} for address in found]
    data["ports"] = [{"port": port} for port in ports]


def _event(row: Row, data: dict[str, Any]) -> None:
    owner, _slash, name = row.get("OBJECT", "").partition("/")
    data["metadata"]["name"] = ""
    place = data["metadata"].get("namespace", "")
    data["type"] = row.get("TYPE", "")
    data["reason"] = row.get("REASON", "")
    data["message"] = row.get("MESSAGE", "")
    data["involvedObject"] = _some(
        {"kind": kind_named(owner) or owner, "name": name, "namespace": place or None}
    )
    if count := _number(row.get("COUNT", "")):
        data["count"] = count


def _scaled(row: Row, data: dict[str, Any]) -> None:
    """Deployment, ReplicaSet, StatefulSet, DaemonSet."""
    pair = _PAIR.fullmatch(row.get("READY", ""))
    ready = int(pair[1]) if pair else _number(row.get("READY", ""))
    wanted = int(pair[2]) if pair else _number(row.get("DESIRED", ""))
    status = _some({"readyReplicas": ready, "availableReplicas": _number(row.get("AVAILABLE", ""))})
    if data["kind"] == "DaemonSet":
        data["status"] = _some({"numberReady": ready, "desiredNumberScheduled": wanted})
        return
    data["spec"] = _some({"replicas": wanted})
    data["status"] = status


def _autoscaler(row: Row, data: dict[str, Any]) -> None:
    owner, _slash, name = row.get("REFERENCE", "").partition("/")
    data["spec"] = _some(
        {
            "scaleTargetRef": {"kind": owner, "name": name},
            "minReplicas": _number(row.get("MINPODS", "")),
            "maxReplicas": _number(row.get("MAXPODS", "")),
        }
    )
    data["status"] = _some({"currentReplicas": _number(row.get("REPLICAS", ""))})


def _budget(row: Row, data: dict[str, Any]) -> None:
    def amount(title: str) -> int | str | None:
        text = row.get(title, "")
        return (
            int(text) if text.isdigit() and len(text) < 10 else text if text.endswith("%") else None
        )

    data["spec"] = _some(
        {"minAvailable": amount("MIN AVAILABLE"), "maxUnavailable": amount("MAX UNAVAILABLE")}
    )
    data["status"] = _some({"disruptionsAllowed": _number(row.get("ALLOWED DISRUPTIONS", ""))})


def _node(row: Row, data: dict[str, Any]) -> None:
    words = row.get("STATUS", "").split(",")
    data["status"] = {
        "conditions": [{"type": "Ready", "status": "True" if "Ready" in words else "False"}]
    }
    if "SchedulingDisabled" in words:
        data["spec"] = {"unschedulable": True}


def _list(text: str) -> list[str]:
    return [part.strip("\"' ") for part in text.strip("[]").split(",") if part.strip("\"' ")]


def _virtual_service(row: Row, data: dict[str, Any]) -> None:
    data["spec"] = {
        "gateways": _list(row.get("GATEWAYS", "")),
        "hosts": _list(row.get("HOSTS", "")),
    }


def _destination_rule(row: Row, data: dict[str, Any]) -> None:
    data["spec"] = _some({"host": _cell(row, "HOST")})


def _service_entry(row: Row, data: dict[str, Any]) -> None:
    data["spec"] = _some(
        {
            "hosts": _list(row.get("HOSTS", "")),
            "location": _cell(row, "LOCATION"),
            "resolution": _cell(row, "RESOLUTION"),
        }
    )


def _peer_authentication(row: Row, data: dict[str, Any]) -> None:
    if mode := _cell(row, "MODE"):
        data["spec"] = {"mtls": {"mode": mode}}


def _authorization_policy(row: Row, data: dict[str, Any]) -> None:
    data["spec"] = _some({"action": _cell(row, "ACTION")})


def _namespace(row: Row, data: dict[str, Any]) -> None:
    data["status"] = _some({"phase": _cell(row, "STATUS")})
    columns = (("ISTIO-INJECTION", "istio-injection"), ("REV", "istio.io/rev"))
    named = {label: _cell(row, title) for title, label in columns if _cell(row, title)}
    if named:
        data["metadata"]["labels"] = {**(data["metadata"].get("labels") or {}), **named}


_FILLERS: dict[str, Callable[[Row, dict[str, Any]], None]] = {
    "Pod": _pod,
    "Service": _service,
    "Endpoints": _endpoints,
    "EndpointSlice": _endpoint_slice,
    "Event": _event,
    "Deployment": _scaled,
    "ReplicaSet": _scaled,
    "StatefulSet": _scaled,
    "DaemonSet": _scaled,
    "HorizontalPodAutoscaler": _autoscaler,
    "PodDisruptionBudget": _budget,
    "Node": _node,
    "Namespace": _namespace,
    "VirtualService": _virtual_service,
    "DestinationRule": _destination_rule,
    "ServiceEntry": _service_entry,
    "PeerAuthentication": _peer_authentication,
    "AuthorizationPolicy": _authorization_policy,
}
