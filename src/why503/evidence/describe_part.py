"""Parts of `kubectl describe` pages: conditions, nodes, autoscalers, EndpointSlices."""

from typing import Any

from why503.evidence.describe_entry import Entry
from why503.evidence.kubectl_row import NONE
from why503.support.pattern import lazy_re

_CONDITION = lazy_re(r"(?P<type>[A-Z]\w{2,60})\s{1,80}(?P<status>True|False|Unknown)\b(?P<rest>.*)")
_REASON = lazy_re(r"\s{2,80}(?P<reason>[A-Z][A-Za-z]{2,60})(?:\s{2,80}(?P<message>\S.*))?$")
_TAINT = lazy_re(r"(?P<key>[\w./-]{1,253})(?:=(?P<value>[\w.-]{0,63}))?:(?P<effect>\w{1,40})")
_SCALED = lazy_re(r"(?P<current>\d{1,6}) current / (?P<desired>\d{1,6}) desired")
_USE = lazy_re(r"(?P<now>\d{1,6})% \([^)]{1,40}\) / (?P<aim>\d{1,6})%")


def conditions(page: Entry) -> list[dict[str, str]]:
    """Rows of the Conditions table: type, status, and where the page has them reason and message.

    A node's rows have two times before the reason; those are not kept.
    """
    holder = page.child("Conditions")
    found = []
    for row in holder.texts if holder is not None else []:
        told = _CONDITION.match(row)
        if told is None:
            continue
        one = {"type": told["type"], "status": told["status"]}
        if (reason := _REASON.search(told["rest"])) is not None:
            one["reason"] = reason["reason"]
            if reason["message"]:
                one["message"] = reason["message"].strip()
        found.append(one)
    return found


def node(page: Entry, data: dict[str, Any]) -> None:
    """Conditions, addresses, taints, and whether it takes new pods."""
    status: dict[str, Any] = {"conditions": conditions(page)}
    addresses = page.child("Addresses")
    if addresses is not None and addresses.below:
        status["addresses"] = [
            {"type": entry.key, "address": entry.value} for entry in addresses.below
        ]
    spec: dict[str, Any] = {}
    if page.get("Unschedulable") == "true":
        spec["unschedulable"] = True
    if taints := _taints(page):
        spec["taints"] = taints
    data["status"] = status
    if spec:
        data["spec"] = spec


def _taints(page: Entry) -> list[dict[str, str]]:
    """Taints: the first beside the title, the others below it, where some look like entries."""
    holder = page.child("Taints")
    if holder is None:
        return []
    below = [f"{entry.key}:{entry.value}" for entry in holder.below]
    found = []
    for text in (holder.value, *holder.texts, *below):
        told = _TAINT.fullmatch(text.strip())
        if told is not None:
            found.append({name: value for name, value in told.groupdict().items() if value})
    return found


def autoscaler(page: Entry, data: dict[str, Any]) -> None:
    """What it scales, between which numbers, and whether it has reached its limit."""
    kind, _slash, name = page.get("Reference").partition("/")
    spec: dict[str, Any] = {"scaleTargetRef": {"kind": kind, "name": name}}
    for key, field in (("Min replicas", "minReplicas"), ("Max replicas", "maxReplicas")):
        text = page.get(key)
        if text.isascii() and text.isdigit() and len(text) < 7:
            spec[field] = int(text)
    status: dict[str, Any] = {"conditions": conditions(page)}
    for entry in page.below:
        if entry.key.endswith(" pods") and (found := _SCALED.match(entry.value)) is not None:
            status["currentReplicas"] = int(found["current"])
            status["desiredReplicas"] = int(found["desired"])
    metrics = page.child("Metrics")
    for entry in metrics.below if metrics is not None else []:
        use = _USE.match(entry.value)
        if use is not None and "resource cpu" in entry.key:
            spec["targetCPUUtilizationPercentage"] = int(use["aim"])
            status["currentCPUUtilizationPercentage"] = int(use["now"])
    data["spec"], data["status"] = spec, status


def endpoint_slice(page: Entry, data: dict[str, Any]) -> None:
    """Ports, and each endpoint with its condition and its pod."""
    data["addressType"] = page.get("AddressType")
    ports = page.child("Ports")
    rows = [row.split() for row in ports.texts] if ports is not None else []
    data["ports"] = [
        {"name": "" if row[0] in {"<unset>", *NONE} else row[0], "port": int(row[1])}
        for row in rows
        if len(row) == 3 and row[1].isascii() and row[1].isdigit() and len(row[1]) < 6
    ]
    holder = page.child("Endpoints")
    data["endpoints"] = [
        _endpoint(entry)
        for entry in (holder.below if holder is not None else [])
        if entry.key == "Addresses"
    ]


def _endpoint(entry: Entry) -> dict[str, Any]:
    endpoint: dict[str, Any] = {
        "addresses": [part.strip() for part in entry.value.split(",") if part.strip() not in NONE]
    }
    told = entry.child("Conditions")
    found = {
        part.key.lower(): part.value == "true"
        for part in (told.below if told is not None else [])
        if part.value in ("true", "false")
    }
    if found:
        endpoint["conditions"] = found
    kind, slash, name = entry.get("TargetRef").partition("/")
    if slash:
        endpoint["targetRef"] = {"kind": kind, "name": name}
    if where := entry.get("NodeName"):
        endpoint["nodeName"] = where
    return endpoint
