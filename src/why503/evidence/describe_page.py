"""The text of one `kubectl describe` page as objects with the paths of the real ones."""

import re
from collections.abc import Iterator
from typing import Any

from why503.evidence.describe_entry import Entry
from why503.evidence.describe_part import autoscaler, conditions, endpoint_slice, node
from why503.evidence.kubectl_row import NONE, kind_named
from why503.support.pattern import lazy_re

_NUMBER = lazy_re(r"\d{1,9}")
_PORT = lazy_re(r"(\d{1,5})/([A-Z]{2,5})")
_AMOUNT = lazy_re(r"(\d{1,6}) (?:desired|updated|total|available|unavailable)")

Object = tuple[dict[str, Any], int]
"""An object and the line that it begins on."""


def objects_of(entries: list[Entry], asked_kind: str) -> Iterator[Object]:
    """The page's object, where its kind is known, and one Event for each row of its events."""
    page = Entry(key="", value="", line=0, below=entries)
    if not entries:
        return
    kind = page.get("Kind") or asked_kind or _kind(page)
    metadata: dict[str, Any] = {"name": page.get("Name")}
    if page.get("Namespace"):
        metadata["namespace"] = page.get("Namespace")
    if page.get("Namespace") in NONE:
        metadata.pop("namespace", None)
    if labels := _pairs(page.child("Labels")):
        metadata["labels"] = labels
    if kind:
        data: dict[str, Any] = {"kind": kind, "metadata": metadata}
        if version := page.get("API Version"):
            data["apiVersion"] = version
        _fill(kind, page, data)
        yield data, entries[0].line
    if kind == "Service":
        yield from _endpoints_of_service(page, metadata)
    yield from _events(page, kind, metadata)


_PARTS = {
    "Node": node,
    "HorizontalPodAutoscaler": autoscaler,
    "EndpointSlice": endpoint_slice,
}


def _kind(page: Entry) -> str:
    keys = {entry.key for entry in page.below}
    for sign, kind in (
        ("Subsets", "Endpoints"),
        ("AddressType", "EndpointSlice"),
        ("StrategyType", "Deployment"),
        ("Containers", "Pod"),
        ("Session Affinity", "Service"),
        ("Capacity", "Node"),
        ("Max replicas", "HorizontalPodAutoscaler"),
    ):
        if sign in keys:
            return kind
    return ""


def _fill(kind: str, page: Entry, data: dict[str, Any]) -> None:
    if kind == "Pod":
        _pod(page, data)
    elif kind == "Service":
        _service(page, data)
    elif kind == "Endpoints":
        _endpoints(page, data)
    elif kind in ("Deployment", "ReplicaSet", "StatefulSet"):
        _scaled(page, data)
    elif kind in _PARTS:
        _PARTS[kind](page, data)
    else:
        for name in ("Spec", "Status"):
            if (entry := page.child(name)) is not None:
                data[name.lower()] = _generic(entry)


def _pairs(entry: Entry | None) -> dict[str, str]:
    """`a=b` pairs of an entry's value and of the lines below it."""
    if entry is None:
        return {}
    words = [part.strip() for text in (entry.value, *entry.texts) for part in text.split(",")]
    pairs = [word.partition("=") for word in words if "=" in word]
    return {name: value for name, _sign, value in pairs}


def _whole(text: str) -> int | None:
    found = _NUMBER.match(text)
    return int(found[0]) if found else None


def _pod(page: Entry, data: dict[str, Any]) -> None:
    status: dict[str, Any] = {"conditions": conditions(page)}
    spec: dict[str, Any] = {}
    for key, path in (
        ("IP", "podIP"),
        ("Start Time", "startTime"),
        ("Reason", "reason"),
        ("Message", "message"),
    ):
        if value := page.get(key):
            status[path] = value
    if phase := page.get("Status"):
        terminating = phase.startswith("Terminating")
        status["phase"] = "Running" if terminating else phase
        if terminating:
            status["reason"] = "Terminating"
            data["metadata"]["deletionTimestamp"] = ""
    if node := page.get("Node").partition("/")[0]:
        spec["nodeName"] = node
    grace = page.get("Termination Grace Period").rstrip("s")
    if grace.isdigit():
        spec["terminationGracePeriodSeconds"] = int(grace[:9])
    for title, wanted, told in (
        ("Containers", "containers", "containerStatuses"),
        ("Init Containers", "initContainers", "initContainerStatuses"),
    ):
        holder = page.child(title)
        if holder is not None:
            spec[wanted] = [_container(entry) for entry in holder.below]
            status[told] = [_container_status(entry) for entry in holder.below]
    data["spec"], data["status"] = spec, status


def _container(entry: Entry) -> dict[str, Any]:
    data: dict[str, Any] = {"name": entry.key, "image": entry.get("Image")}
    ports = _PORT.findall(entry.get("Ports") or entry.get("Port"))
    if ports:
        data["ports"] = [
            {"containerPort": int(port), "protocol": protocol} for port, protocol in ports
        ]
    resources = {
        name.lower(): {part.key: part.value for part in holder.below}
        for name in ("Limits", "Requests")
        if (holder := entry.child(name)) is not None
    }
    if resources:
        data["resources"] = resources
    for key, name in (
        ("Liveness", "livenessProbe"),
        ("Readiness", "readinessProbe"),
        ("Startup", "startupProbe"),
    ):
        if text := entry.get(key):
            data[name] = _probe(text)
    for key, name in (("Command", "command"), ("Args", "args")):
        holder = entry.child(key)
        if holder is not None and holder.texts:
            data[name] = holder.texts
    return data


def _probe(text: str) -> dict[str, Any]:
    """A probe's line (`http-get http://:8080/ready delay=0s timeout=1s period=10s ...`)."""
    probe: dict[str, Any] = {}
    if (
        found := re.match(r"http-get (https?)://([^/\s:]{0,200}):([\w-]{1,20})(/\S{0,500})?", text)
    ) is not None:
        port: int | str = int(found[3]) if found[3].isdigit() else found[3]
        probe["httpGet"] = {"scheme": found[1].upper(), "port": port, "path": found[4] or "/"}
    elif (socket := re.match(r"tcp-socket [^\s:]{0,200}:([\w-]{1,20})", text)) is not None:
        probe["tcpSocket"] = {"port": int(socket[1]) if socket[1].isdigit() else socket[1]}
    else:
        probe["description"] = text
    for sign, name in (
        (r"delay=(\d{1,6})s", "initialDelaySeconds"),
        (r"timeout=(\d{1,6})s", "timeoutSeconds"),
        (r"period=(\d{1,6})s", "periodSeconds"),
        (r"#success=(\d{1,6})", "successThreshold"),
        (r"#failure=(\d{1,6})", "failureThreshold"),
    ):
        if (value := re.search(sign, text)) is not None:
            probe[name] = int(value[1])
    return probe


def _container_status(entry: Entry) -> dict[str, Any]:
    status: dict[str, Any] = {"name": entry.key}
    if entry.get("Ready") in ("True", "False"):
        status["ready"] = entry.get("Ready") == "True"
    if (restarts := _whole(entry.get("Restart Count"))) is not None:
        status["restartCount"] = restarts
    for key, name in (("State", "state"), ("Last State", "lastState")):
        holder = entry.child(key)
        if holder is not None and holder.value in ("Running", "Waiting", "Terminated"):
            status[name] = {holder.value.lower(): _state(holder)}
    return status


def places_of(entries: list[Entry]) -> dict[tuple[str | int, ...], tuple[int, int]]:
    """Line and column of what a Pod's page tells of each container, by path in the object."""
    places: dict[tuple[str | int, ...], tuple[int, int]] = {}
    page = Entry(key="", value="", line=0, below=entries)
    for title, told in (
        ("Containers", "containerStatuses"),
        ("Init Containers", "initContainerStatuses"),
    ):
        holder = page.child(title)
        for index, container in enumerate(holder.below if holder is not None else ()):
            way = ("status", told, index)
            places[way] = (container.line, 1)
            for key, name in (
                ("Ready", "ready"),
                ("Restart Count", "restartCount"),
                ("State", "state"),
                ("Last State", "lastState"),
            ):
                entry = container.child(key)
                if entry is not None:
                    places[*way, name] = ((entry.child("Reason") or entry).line, 1)
    return places


def _state(holder: Entry) -> dict[str, Any]:
    names = {
        "Reason": "reason",
        "Message": "message",
        "Started": "startedAt",
        "Finished": "finishedAt",
    }
    state: dict[str, Any] = {
        names[part.key]: part.value for part in holder.below if part.key in names
    }
    for key, name in (("Exit Code", "exitCode"), ("Signal", "signal")):
        if (value := _whole(holder.get(key))) is not None:
            state[name] = value
    return state


def _service(page: Entry, data: dict[str, Any]) -> None:
    ports: list[dict[str, Any]] = []
    for entry in page.below:
        found = _PORT.search(entry.value)
        if entry.key == "Port" and found is not None:
            port: dict[str, Any] = {"port": int(found[1]), "protocol": found[2]}
            name = entry.value.split()[0]
            if name not in NONE and name != "<unset>" and not _PORT.match(name):
                port["name"] = name
            ports.append(port)
        elif entry.key == "TargetPort" and ports:
            target = entry.value.partition("/")[0]
            ports[-1]["targetPort"] = int(target[:5]) if target.isdigit() else target
    spec: dict[str, Any] = {"type": page.get("Type"), "clusterIP": page.get("IP"), "ports": ports}
    if selector := _pairs(page.child("Selector")):
        spec["selector"] = selector
    data["spec"] = {name: value for name, value in spec.items() if value}


def _endpoints_of_service(page: Entry, metadata: dict[str, Any]) -> Iterator[Object]:
    """The `Endpoints:` lines of a Service's page as an Endpoints object; `<none>`: no subsets."""
    lines = [entry for entry in page.below if entry.key == "Endpoints"]
    by_port: dict[str, list[str]] = {}
    for entry in lines:
        for part in entry.value.split(",") if entry.value not in NONE else ():
            address, _colon, port = part.split(" ")[0].rpartition(":")
            if address and port.isdigit() and len(port) < 6:
                by_port.setdefault(port, []).append(address.strip("[]"))
    subsets = [
        {"addresses": [{"ip": address} for address in addresses], "ports": [{"port": int(port)}]}
        for port, addresses in by_port.items()
    ]
    if subsets or any(entry.value in NONE for entry in lines):
        named = {name: value for name, value in metadata.items() if name != "labels"}
        yield {"kind": "Endpoints", "metadata": named, "subsets": subsets}, lines[0].line


def _endpoints(page: Entry, data: dict[str, Any]) -> None:
    subsets: list[dict[str, Any]] = []
    holder = page.child("Subsets")
    for entry in holder.below if holder is not None else []:
        if entry.key in ("Addresses", "NotReadyAddresses"):
            if entry.key == "Addresses" or not subsets:
                subsets.append({})
            name = "addresses" if entry.key == "Addresses" else "notReadyAddresses"
            if entry.value not in NONE:
                subsets[-1][name] = [{"ip": part} for part in entry.value.split(",")]
        elif entry.key == "Ports" and subsets:
            rows = [row.split() for row in entry.texts]
            subsets[-1]["ports"] = [
                {"name": row[0], "port": int(row[1]), "protocol": row[2]}
                for row in rows
                if len(row) == 3 and row[1].isdigit() and len(row[1]) < 6
            ]
    data["subsets"] = subsets


def _scaled(page: Entry, data: dict[str, Any]) -> None:
    spec: dict[str, Any] = {}
    if selector := _pairs(page.child("Selector")):
        spec["selector"] = {"matchLabels": selector}
    if (found := _AMOUNT.search(page.get("Replicas"))) is not None:
        spec["replicas"] = int(found[1])
    template = page.child("Pod Template")
    holder = template.child("Containers") if template is not None else None
    if template is not None and holder is not None:
        pod: dict[str, Any] = {"containers": [_container(entry) for entry in holder.below]}
        spec["template"] = {"metadata": {"labels": _pairs(template.child("Labels"))}, "spec": pod}
    data["spec"] = spec
    if (ready := re.search(r"(\d{1,6}) available", page.get("Replicas"))) is not None:
        data["status"] = {"availableReplicas": int(ready[1])}


def _generic(entry: Entry) -> Any:
    """An entry of a custom resource's page: `Tls: / Mode: X` as `{tls: {mode: X}}`."""
    if entry.below:
        found: dict[str, Any] = {}
        for part in entry.below:
            words = part.key.split(" ")
            name = words[0][:1].lower() + words[0][1:] + "".join(words[1:])
            found.setdefault(name, _generic(part))
        return found
    if entry.texts and not entry.value:
        return entry.texts
    if entry.value in ("true", "false"):
        return entry.value == "true"
    return int(entry.value) if _NUMBER.fullmatch(entry.value) else entry.value


def _events(page: Entry, kind: str, owner: dict[str, Any]) -> Iterator[Object]:
    """Rows of the Events table (`Type  Reason  Age  From  Message`)."""
    holder = page.child("Events")
    if holder is None:
        return
    involved: dict[str, Any] = {"kind": kind_named(kind) or kind, "name": owner["name"]}
    place = {name: value for name, value in owner.items() if name == "namespace"}
    involved.update(place)
    for number, row in zip(holder.text_lines, holder.texts, strict=True):
        cells = re.split(r"[ ]{2,}", row, maxsplit=4)
        if len(cells) == 5 and cells[0] in ("Normal", "Warning"):
            data = {
                "kind": "Event",
                "metadata": place,
                "type": cells[0],
                "reason": cells[1],
                "message": cells[4],
                "source": {"component": cells[3]},
                "involvedObject": involved,
            }
            if (count := re.search(r"\(x(\d{1,9}) over", cells[2])) is not None:
                data["count"] = int(count[1])
            yield data, number
