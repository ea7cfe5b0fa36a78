"""Negations in AuthorizationPolicies that leave nothing, or everything, to their rules."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.armed.policy_rule import policies_of, rules_of, words_of
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.selection import labels_told
from why503.mesh.setting import mapping_of

_PAIRS = (
    *("hosts", "methods", "paths", "ports"),
    *("ipBlocks", "remoteIpBlocks", "namespaces"),
    *("principals", "requestPrincipals", "serviceAccounts"),
)
"""Fields of a policy that have a negation."""
_ALWAYS_THERE = frozenset({"hosts", "methods", "paths"})
"""What every HTTP request has: `*` under its negation spares nothing."""


def never_met(mesh: Mesh) -> Iterator[Spotted]:
    """Conditions that no request meets, for their own negation takes all: `policy`, `field`."""
    for policy in mesh.manifests("AuthorizationPolicy"):
        for rule in rules_of(policy):
            for path, fields in (*rule.parts("to", "operation"), *rule.parts("from", "source")):
                for name in _PAIRS:
                    yield from _contradiction(policy, path, fields, name, _negated(name))
            for index, fields in policy.items(*rule.path, "when"):
                place = (*rule.path, "when", index)
                yield from _contradiction(policy, place, mapping_of(fields), "values", "notValues")


def _negated(name: str) -> str:
    return f"not{name[0].upper()}{name[1:]}"


def _contradiction(
    policy: Manifest, path: Path, fields: Mapping[str, Any], name: str, negated: str
) -> Iterator[Spotted]:
    wanted, spared = words_of(fields.get(name)), words_of(fields.get(negated))
    all_of_them = name in _ALWAYS_THERE and "*" in spared
    if all_of_them or (wanted and all(_covered(one, spared) for one in wanted)):
        where = policy.where(*path, negated)
        yield spotted(where, policy=policy.full_name, field=negated)


def _covered(word: str, patterns: Iterable[str]) -> bool:
    """Whether a word of Istio's (`x`, `x*`, `*x`, `*`) lies within one of ``patterns``."""
    for pattern in patterns:
        if pattern in {"*", word}:
            return True
        if pattern.endswith("*") and word.startswith(pattern[:-1]) and not word.startswith("*"):
            return True
        if pattern.startswith("*") and word.endswith(pattern[1:]) and not word.endswith("*"):
            return True
    return False


def all_denied(mesh: Mesh) -> Iterator[Spotted]:
    """DENY rules that spare different ones, so that together they deny all: `policy`, `field`.

    Rules, sources and operations stand for "or": what one of them spares the other denies.
    Values further: `one`, `other` (what each spares), `by` (the other policy).
    """
    seen: dict[tuple[str, str, str], tuple[Manifest, frozenset[str]]] = {}
    for policy in policies_of(mesh, "DENY"):
        labels = mapping_of(policy.get("spec", "selector", "matchLabels"))
        told = labels_told(labels)
        for path, name, spared in _lone_negations(policy):
            by, others = seen.setdefault((policy.namespace, told, name), (policy, spared))
            if not _may_overlap(spared, others):
                yield spotted(
                    policy.where(*path, name),
                    policy=policy.full_name,
                    field=name,
                    one=", ".join(sorted(spared)),
                    other=", ".join(sorted(others)),
                    by=by.full_name,
                )


def _lone_negations(policy: Manifest) -> Iterator[tuple[Path, str, frozenset[str]]]:
    """Negations that stand alone in their rule: nothing else narrows what it denies."""
    for rule in rules_of(policy):
        sources, operations = rule.parts("from", "source"), rule.parts("to", "operation")
        if rule.fields.get("when") or (sources and operations):
            continue
        for path, fields in (*sources, *operations):
            names = [name for name in fields if fields[name]]
            if len(names) == 1 and names[0] in map(_negated, _PAIRS):
                yield path, names[0], frozenset(words_of(fields[names[0]]))


def _is_wide(word: str) -> bool:
    """Whether a word stands for several values: a wildcard, a range of addresses."""
    return "*" in word or ("/" in word and word[0].isdigit())


def _may_overlap(spared: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a value may be spared by both, words for several values taken generously."""
    one, other = list(spared), list(others)
    if any(_is_wide(word) for word in (*one, *other)):
        return True
    return bool(set(one) & set(other))
