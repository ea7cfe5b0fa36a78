"""The schemas of Istio's CRDs by minor version, and the only module that meets jsonschema-rs."""

import gzip
import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from why503.facts.manifest import Path

OLDEST = (1, 20)
"""Earliest minor version of Istio whose schemas are known."""
NEWEST = (1, 29)
"""Latest one; what later versions add is not known."""
_GATEWAY_API = "gateway-api-1.4"
_GROUPS = ("networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io")
_GATEWAY_GROUP = "gateway.networking.k8s.io"


class Violation(NamedTuple):
    """One thing in an object that its schema does not allow."""

    path: Path
    keyword: str
    """Word of JSON Schema: `additionalProperties`, `enum`, `type`, `required`, ..."""
    names: tuple[str, ...]
    """Fields that are unknown or missing; values that are allowed."""
    message: str


class Schema(NamedTuple):
    """The schema of one kind in one version of the API."""

    tree: dict[str, Any]
    validator: Any


def known(version: tuple[int, int]) -> tuple[int, int]:
    """``version``, or the nearest one whose schemas are known."""
    return min(max(version, OLDEST), NEWEST)


def is_judged(api_version: str) -> bool:
    """Whether objects of this `apiVersion` belong to Istio or the Gateway API."""
    group = api_version.partition("/")[0]
    return group in _GROUPS or group == _GATEWAY_GROUP


def schema_of(version: tuple[int, int], api_version: str, kind: str) -> Schema | None:
    """The schema of a kind in a minor version of Istio; None where its CRDs do not serve it."""
    pack = _pack(_name(version, api_version))
    number = pack["index"].get(f"{api_version}/{kind}")
    return None if number is None else _compiled(_name(version, api_version), number)


def served(version: tuple[int, int], api_version: str, kind: str) -> tuple[str, ...]:
    """The versions of the API in which a kind of this group is served: `v1`, `v1beta1`."""
    group = api_version.partition("/")[0]
    names = (name.split("/") for name in _pack(_name(version, api_version))["index"])
    return tuple(sorted(found[1] for found in names if (found[0], found[2]) == (group, kind)))


def kinds(version: tuple[int, int], api_version: str) -> frozenset[str]:
    """All kinds of the group of ``api_version``."""
    group = api_version.partition("/")[0]
    names = (name.split("/") for name in _pack(_name(version, api_version))["index"])
    return frozenset(found[2] for found in names if found[0] == group)


def violations(schema: Schema, value: Any) -> list[Violation]:
    """Everything in ``value`` that the schema does not allow; fields that are null do not count."""
    if schema.validator.is_valid(value):
        return []
    bare = without_nulls(value)
    return [_violation(error, bare) for error in schema.validator.iter_errors(bare)]


def without_nulls(value: Any) -> Any:
    """``value`` as the API server takes it: null fields are dropped."""
    if isinstance(value, dict):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [without_nulls(part) for part in value]
    return value


def _name(version: tuple[int, int], api_version: str) -> str:
    if api_version.partition("/")[0] == _GATEWAY_GROUP:
        return _GATEWAY_API
    major, minor = known(version)
    return f"istio-{major}.{minor}"


@cache
def _pack(name: str) -> Any:
    packed = files("why503.mesh.crd").joinpath("data", f"{name}.json.gz").read_bytes()
    return json.loads(gzip.decompress(packed))


@cache
def _compiled(name: str, number: int) -> Schema:
    import jsonschema_rs

    tree = _pack(name)["schemas"][number]
    return Schema(tree, jsonschema_rs.validator_for(tree))


def _violation(error: Any, value: Any) -> Violation:
    path: Path = tuple(error.instance_path)
    keyword = str(getattr(error.kind, "name", ""))
    names: tuple[str, ...] = ()
    if keyword == "additionalProperties":
        names = tuple(sorted(map(str, error.kind.unexpected)))
    elif keyword == "required":
        names = (str(error.kind.property),)
    elif keyword == "enum":
        names = tuple(map(str, error.kind.options))
    return Violation(path, keyword, names, str(error.message))
