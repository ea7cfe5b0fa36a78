"""Rules of AuthorizationPolicies, with the path of each of their parts."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.armed.reference import selectors_without_pods
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, word_of

_DRY_RUN = "istio.io/dry-run"


class PolicyRule(NamedTuple):
    """One rule of a policy."""

    policy: Manifest
    path: Path
    fields: Mapping[str, Any]

    def parts(self, section: str, inner: str) -> list[tuple[Path, Mapping[str, Any]]]:
        """Sources (`from`, `source`) or operations (`to`, `operation`), each with its path."""
        return [
            ((*self.path, section, index, inner), mapping_of(mapping_of(one).get(inner)))
            for index, one in self.policy.items(*self.path, section)
        ]


def policies_of(mesh: Mesh, action: str) -> list[Manifest]:
    """Policies of one action that are in force for workloads."""
    return [
        policy
        for policy in mesh.manifests("AuthorizationPolicy")
        if not policy.partial
        and (word_of(policy.get("spec", "action")).upper() or "ALLOW") == action
        and not (policy.get("spec", "targetRefs") or policy.get("spec", "targetRef"))
        and word_of(policy.get("metadata", "annotations", _DRY_RUN)).lower() != "true"
    ]


def rules_of(policy: Manifest) -> list[PolicyRule]:
    """Rules of one policy, in order."""
    return [
        PolicyRule(policy, ("spec", "rules", index), mapping_of(fields))
        for index, fields in policy.items("spec", "rules")
    ]


def words_of(value: object) -> list[str]:
    """The words of a list; none where there is no list."""
    return [word_of(one) for one in value] if isinstance(value, list) else []


def without_rules(mesh: Mesh) -> Iterator[Spotted]:
    """ALLOW policies without any rule: `policy`."""
    for policy in mesh.manifests("AuthorizationPolicy"):
        allows = (word_of(policy.get("spec", "action")) or "ALLOW") == "ALLOW"
        if allows and not policy.partial and not policy.get("spec", "rules"):
            yield spotted(policy.source, policy=policy.full_name)


def for_no_pod(mesh: Mesh) -> Iterator[Spotted]:
    """Policies whose labels no workload of the namespace has: `policy`, `labels`."""
    return selectors_without_pods(mesh, "AuthorizationPolicy")
