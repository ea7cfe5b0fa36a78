"""AuthorizationPolicies: whether one request is let in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from why503.facts import Manifest, Source
from why503.mesh.open_answer import every, some
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.traced.call import Call, Tls
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.support.dataclass import dataclass

_HTTP_OPERATIONS = ("hosts", "methods", "paths", "notHosts", "notMethods", "notPaths")
_HTTP_SOURCES = ("requestPrincipals", "notRequestPrincipals", "remoteIpBlocks", "notRemoteIpBlocks")


class Judged(NamedTuple):
    """What one policy means for a request."""

    policy: Manifest
    action: str
    """`ALLOW`, `DENY`, `CUSTOM` or `AUDIT`."""
    holds: bool | None
    """Whether one of its rules takes the request; None where that cannot be told."""
    rule: int
    """Index of that rule; -1 for none."""
    source: Source


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, as the server's proxy sees it."""

    namespace: str
    account: str
    """``""`` where it is not known."""
    mesh: bool
    """It shows a certificate of the mesh."""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a request is let in."""

    allowed: bool | None
    """None where it cannot be told."""
    judged: tuple[Judged, ...]
    """All policies for the workload."""
    by: Judged | None = None
    """The policy that decides; None where no ALLOW policy takes it, or none is there."""
    details: str = ""
    """Response code details of a denial."""


def verdict(push: Push, proxy: Proxy, call: Call, caller: Caller) -> Verdict:
    """CUSTOM first, then DENY, then ALLOW, as Istio has it."""
    judged = tuple(_judge(push, policy, call, caller) for policy in policies_for(push, proxy))
    unsure = False
    for one in judged:
        if one.action in ("CUSTOM", "DENY") and one.holds is not False:
            if one.action == "DENY" and one.holds:
                return Verdict(allowed=False, judged=judged, by=one, details=_details(push, one))
            unsure = True
    allowing = [one for one in judged if one.action == "ALLOW"]
    taken = next((one for one in allowing if one.holds), None)
    if allowing and taken is None:
        if any(one.holds is None for one in allowing):
            return Verdict(allowed=None, judged=judged)
        none = "rbac_access_denied_matched_policy[none]"
        return Verdict(allowed=False, judged=judged, details=none)
    return Verdict(allowed=None if unsure else True, judged=judged, by=taken)


def _details(push: Push, one: Judged) -> str:
    name = f"ns[{push.space_of(one.policy)}]-policy[{one.policy.name}]-rule[{one.rule}]"
    return f"rbac_access_denied_matched_policy[{name}]"


def policies_for(push: Push, proxy: Proxy) -> tuple[Manifest, ...]:
    """Policies for a workload, the whole mesh's first."""
    found = []
    for policy in push.whole("AuthorizationPolicy"):
        own = push.space_of(policy)
        if policy.get("spec", "targetRefs") is not None or policy.get("spec", "targetRef"):
            continue
        labels = mapping_of(policy.get("spec", "selector", "matchLabels"))
        if own in (push.root, proxy.namespace) and has_labels(proxy.labels, labels):
            found.append((own != push.root, policy))
    return tuple(policy for _own, policy in sorted(found, key=lambda pair: pair[0]))


def _judge(push: Push, policy: Manifest, call: Call, caller: Caller) -> Judged:
    action = word_of(policy.get("spec", "action")).upper() or "ALLOW"
    answers = [
        (_rule(mapping_of(told), call, caller, deny=action == "DENY"), index)
        for index, told in policy.items("spec", "rules")
    ]
    certain = [pair for pair in answers if pair[0]]
    holds, index = next(iter(certain or [pair for pair in answers if pair[0] is None]), (False, -1))
    place = ("rules", index) if index >= 0 else ()
    return Judged(policy, action, holds, index, policy.where("spec", *place))


def _rule(rule: Mapping[str, Any], call: Call, caller: Caller, *, deny: bool) -> bool | None:
    sources = [mapping_of(mapping_of(one).get("source")) for one in _list(rule.get("from"))]
    targets = [mapping_of(mapping_of(one).get("operation")) for one in _list(rule.get("to"))]
    conditions = [mapping_of(one) for one in _list(rule.get("when"))]
    answers = [
        some(_source(one, call, caller, deny=deny) for one in sources) if sources else True,
        some(_operation(one, call, deny=deny) for one in targets) if targets else True,
        *(_condition(one, call, caller) for one in conditions),
    ]
    return every(answers)


def _source(told: Mapping[str, Any], call: Call, caller: Caller, *, deny: bool) -> bool | None:
    if not call.is_http and any(name in told for name in _HTTP_SOURCES) and not deny:
        return False
    known = bool(caller.account) or not caller.mesh
    principal = f"cluster.local/ns/{caller.namespace}/sa/{caller.account}" if caller.mesh else ""
    space = caller.namespace if caller.mesh else ""
    account = f"{caller.namespace}/{caller.account}" if caller.mesh else ""
    shown = "authorization" in call.headers
    checks: dict[str, tuple[str, bool]] = {
        "principals": (principal, known),
        "namespaces": (space, True),
        "serviceAccounts": (account, known),
        "requestPrincipals": ("", not shown),
    }
    answers: list[bool | None] = []
    for name, (value, sure) in checks.items():
        answers += _both(told, name, _is_listed(value) if sure else _open)
    for name in ("ipBlocks", "remoteIpBlocks"):
        answers += _both(told, name, partial(_inside, caller.address))
    return every(answers)


def _both(
    told: Mapping[str, Any], name: str, holds: Callable[[Sequence[str]], bool | None]
) -> Iterator[bool | None]:
    """The answer to `name` and to its `notName`: whether what is listed there ``holds``."""
    negated = f"not{name[0].upper()}{name[1:]}"
    for field in (name, negated):
        if listed := _words(told.get(field)):
            answer = holds(listed)
            yield None if answer is None else answer != (field == negated)


def _is_listed(value: str) -> Callable[[Sequence[str]], bool]:
    return lambda listed: any(_fits(pattern, value) for pattern in listed)


def _open(_listed: Sequence[str]) -> None:
    """Nobody can tell."""


def _inside(address: str, ranges: Sequence[str]) -> bool | None:
    try:
        asked = ip_address(address)
        return any(asked in ip_network(one, strict=False) for one in ranges)
    except ValueError:
        return None


def _operation(told: Mapping[str, Any], call: Call, *, deny: bool) -> bool | None:
    if not call.is_http and any(name in told for name in _HTTP_OPERATIONS):
        if not deny:
            return False
        told = {name: value for name, value in told.items() if name not in _HTTP_OPERATIONS}
    answers: list[bool | None] = []
    for name, value in (("hosts", call.host), ("methods", call.method), ("paths", call.path)):
        if name == "paths" and any("{" in one for one in _words(told.get(name))):
            answers.append(None)
        else:
            answers += _both(told, name, _is_listed(value))
    answers += _both(told, "ports", _is_listed(str(call.port)))
    return every(answers)


def _condition(told: Mapping[str, Any], call: Call, caller: Caller) -> bool | None:
    key = word_of(told.get("key"))
    value: str | None = None
    if key.startswith("request.headers["):
        value = call.headers.get(key[len("request.headers[") : -1].lower(), "")
    elif key == "source.namespace":
        value = caller.namespace if caller.mesh else ""
    elif key == "destination.port":
        value = str(call.port)
    elif key == "connection.sni" and call.tls is not Tls.MESH:
        value = call.sni
    if value is None:
        return None
    renamed = {"values": told.get("values"), "notValues": told.get("notValues")}
    return every(_both(renamed, "values", _is_listed(value)))


def _fits(pattern: str, value: str) -> bool:
    """Istio's words: exact, `*` for anything that is there, `x*`, `*x`."""
    if pattern == "*":
        return bool(value)
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def _words(value: object) -> tuple[str, ...]:
    return tuple(word_of(one) for one in _list(value))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
