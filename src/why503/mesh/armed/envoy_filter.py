"""Operations of EnvoyFilters that do nothing, or that break with the next version."""

from collections.abc import Iterator

from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, word_of

_NO_ADD = frozenset({"ROUTE_CONFIGURATION", "HTTP_ROUTE"})
_NO_REMOVE = frozenset({"ROUTE_CONFIGURATION", "HTTP_ROUTE"})
_REPLACES = frozenset({"HTTP_FILTER", "NETWORK_FILTER"})
_RELATIVE = frozenset({"INSERT_BEFORE", "INSERT_AFTER", "REPLACE"})


def idle_operations(mesh: Mesh) -> Iterator[Spotted]:
    """Operations that do nothing where they are applied: `filter`, `operation`, `target`."""
    for envoy_filter in mesh.manifests("EnvoyFilter"):
        for index, fields in envoy_filter.items("spec", "configPatches"):
            patch = mapping_of(fields)
            target = word_of(patch.get("applyTo"))
            operation = word_of(mapping_of(patch.get("patch")).get("operation"))
            if _does_nothing(operation, target):
                where = envoy_filter.where("spec", "configPatches", index, "patch", "operation")
                name = envoy_filter.full_name
                yield spotted(where, filter=name, operation=operation, target=target)


def _does_nothing(operation: str, target: str) -> bool:
    if operation == "ADD":
        return target in _NO_ADD
    if operation == "REMOVE":
        return target in _NO_REMOVE
    return operation == "REPLACE" and target not in _REPLACES


def relative_without_anchor(mesh: Mesh) -> Iterator[Spotted]:
    """Filters put before or behind one that is not named: `filter`, `operation`."""
    for envoy_filter in mesh.manifests("EnvoyFilter"):
        for index, fields in envoy_filter.items("spec", "configPatches"):
            base = ("spec", "configPatches", index)
            operation = word_of(envoy_filter.get(*base, "patch", "operation"))
            target = word_of(mapping_of(fields).get("applyTo"))
            if operation not in _RELATIVE or target not in _REPLACES:
                continue
            chain = mapping_of(envoy_filter.get(*base, "match", "listener", "filterChain"))
            anchor = mapping_of(chain.get("filter"))
            named = anchor.get("subFilter") if target == "HTTP_FILTER" else anchor.get("name")
            if not named:
                where = envoy_filter.where(*base, "patch", "operation")
                yield spotted(where, filter=envoy_filter.full_name, operation=operation)
