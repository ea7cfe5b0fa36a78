"""Names in ALLOW policies that nobody has, so that who was meant is denied."""

from collections import defaultdict
from collections.abc import Iterator

from why503.facts.manifest import Path
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.policy_rule import PolicyRule, policies_of, rules_of, words_of
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.setting import word_of
from why503.mesh.workload import pod_spec_path
from why503.support.pattern import lazy_re
from why503.support.text import _

_METHODS = frozenset(
    ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")
)
_PRINCIPAL = lazy_re(r"[^/*]{1,253}/ns/(?P<ns>[^/*]{1,253})/sa/(?P<name>[^/*]{1,253})")
_OF_EVERY_CLUSTER = "kube-system"
"""The namespace by which a list of all of a cluster's is known."""
_Lost = tuple[Path, str, str]
"""Where a name stands, what it is, and why nobody has it."""


def names_of_nobody(mesh: Mesh) -> Iterator[Spotted]:
    """Namespaces, accounts and methods in ALLOW policies that none is: `policy`, `who`, `why`.

    A namespace is held against a list of all, an account against those given for its namespace.
    """
    spaces = frozenset(space.name for space in mesh.manifests("Namespace"))
    accounts = _accounts(mesh)
    for policy in policies_of(mesh, "ALLOW"):
        for rule in rules_of(policy):
            lost = (*_spaces(rule, spaces), *_callers(rule, accounts), *_methods(rule))
            for path, who, why in lost:
                yield spotted(policy.where(*path), policy=policy.full_name, who=who, why=why)


def _spaces(rule: PolicyRule, spaces: frozenset[str]) -> Iterator[_Lost]:
    for path, space in _each(rule, "from", "source", "namespaces"):
        if _OF_EVERY_CLUSTER in spaces and "*" not in space and space not in spaces:
            who = _("namespace {name}").format(name=space)
            yield path, who, _("no namespace has that name")


def _callers(rule: PolicyRule, accounts: dict[str, frozenset[str]]) -> Iterator[_Lost]:
    for path, principal in _each(rule, "from", "source", "principals"):
        found = _PRINCIPAL.fullmatch(principal)
        known = accounts.get(found["ns"]) if found is not None else None
        if found is not None and known and found["name"] not in known:
            who = _("the service account {name} of namespace {namespace}")
            told = who.format(name=found["name"], namespace=found["ns"])
            yield path, told, _("it is none of those given")


def _methods(rule: PolicyRule) -> Iterator[_Lost]:
    for path, method in _each(rule, "to", "operation", "methods"):
        if method not in _METHODS and method.upper() in _METHODS:
            who = _("the method {name}").format(name=method)
            yield path, who, _("methods are written in capitals")


def _each(rule: PolicyRule, section: str, inner: str, name: str) -> Iterator[tuple[Path, str]]:
    """The words of one field, each with its path."""
    for path, fields in rule.parts(section, inner):
        for index, word in enumerate(words_of(fields.get(name))):
            yield (*path, name, index), word


def _accounts(mesh: Mesh) -> dict[str, frozenset[str]]:
    """Accounts by namespace: those that are declared and those that workloads use."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for account in mesh.manifests("ServiceAccount"):
        found[account.namespace] |= {account.name, "default"}
    for workload in inventory(mesh).workloads:
        if workload.namespace in found:
            name = word_of(workload.get(*pod_spec_path(workload), "serviceAccountName"))
            found[workload.namespace].add(name or "default")
    return {space: frozenset(names) for space, names in found.items()}
