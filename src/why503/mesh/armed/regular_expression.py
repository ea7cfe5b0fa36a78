"""Regular expressions that Istio does not take, wherever objects carry them."""

from collections.abc import Iterator, Mapping

from why503.facts.manifest import Path
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.re2 import fault_in

_KINDS = ("VirtualService", "HTTPRoute", "GRPCRoute", "EnvoyFilter")
_DEEPEST = 24
_SHOWN = 60
"""Characters of an expression that are told."""


def invalid_expressions(mesh: Mesh) -> Iterator[Spotted]:
    """Expressions that RE2 does not take: `object`, `expression`, `problem`."""
    for kind in _KINDS:
        for manifest in mesh.manifests(kind):
            for path, expression in _expressions(manifest.get("spec"), ("spec",)):
                problem = fault_in(expression)
                if problem is not None:
                    told = expression if len(expression) <= _SHOWN else f"{expression[:_SHOWN]}…"
                    values = {"object": manifest.full_name, "expression": told}
                    yield spotted(manifest.where(*path), **values, problem=problem)


def _expressions(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Every expression below ``value``, with its path."""
    if len(path) > _DEEPEST:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _expressions(item, (*path, index))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, str) and _is_expression(str(key), value, path):
                yield (*path, str(key)), item
            else:
                yield from _expressions(item, (*path, str(key)))


def _is_expression(key: str, fields: Mapping[object, object], path: Path) -> bool:
    """Whether the words under ``key`` are a regular expression."""
    if key == "value":
        return fields.get("type") == "RegularExpression"
    return key == "regex" or (key == "match" and path[-1] == "uriRegexRewrite")
