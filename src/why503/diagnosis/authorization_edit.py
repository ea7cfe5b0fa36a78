"""Edits of AuthorizationPolicies by the caller's service account: excepted, or let in."""

from collections.abc import Iterator

from why503.diagnosis.edit import Append, Edit, Put, target_of
from why503.diagnosis.workload_edit import calling_workload
from why503.facts import Manifest
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_namespace
from why503.mesh.pod_naming import calling_pod
from why503.mesh.selection import scoped
from why503.mesh.setting import mapping_of, word_of


def principal_of(hop: Hop, mesh: Mesh) -> str:
    """The caller's principal in the usual trust domain; `<service-account>` where nothing tells."""
    pod = calling_pod(hop, mesh)
    found = [one for one in mesh.manifests("Pod") if one.name == pod.name]
    accounts = [word_of(one.get("spec", "serviceAccountName")) for one in found]
    workload = calling_workload(hop, mesh)
    if workload is not None:
        path = ("spec", "template", "spec")
        if workload.get(*path) is not None:
            accounts.append(word_of(workload.get(*path, "serviceAccountName")) or "default")
    account = next(filter(None, accounts), "<service-account>")
    return f"cluster.local/ns/{caller_namespace(hop, mesh)}/sa/{account}"


def excepted(hop: Hop, mesh: Mesh, policy: str, rule: str) -> tuple[Edit, ...]:
    """The caller excepted from rule number ``rule`` of the DENY policy `namespace/name`."""
    namespace, _slash, name = policy.partition("/")
    for one in mesh.manifests("AuthorizationPolicy"):
        is_it = one.name == name and one.namespace in ("", namespace) and not one.partial
        if is_it and rule.isdigit() and int(rule) < len(one.items("spec", "rules")):
            return tuple(_excepting(one, int(rule), principal_of(hop, mesh)))
    return ()


def _excepting(policy: Manifest, rule: int, principal: str) -> Iterator[Edit]:
    target, path = target_of(policy), ("spec", "rules", rule, "from")
    entries = policy.items(*path)
    if not entries:
        value = [{"source": {"notPrincipals": [principal]}}]
        yield Put(target=target, path=path, value=value)
    for place, _entry in entries:
        where = (*path, place, "source", "notPrincipals")
        yield Append(target=target, path=where, value=principal)


def let_in(hop: Hop, mesh: Mesh) -> tuple[Edit, ...]:
    """The caller in a rule of its own in the ALLOW policy of the server, where there is one."""
    if not hop.host:
        return ()
    found = scoped(mesh, "AuthorizationPolicy", hop.host, "spec", "selector", "matchLabels")
    allowing = [
        one.manifest
        for one in found
        if word_of(one.manifest.get("spec", "action")).upper() in {"", "ALLOW"}
        and mapping_of(one.manifest.get("spec"))
        and not one.manifest.partial
    ]
    if len(allowing) != 1:
        return ()
    value = {"from": [{"source": {"principals": [principal_of(hop, mesh)]}}]}
    return (Append(target=target_of(allowing[0]), path=("spec", "rules"), value=value),)
