"""Rules of the API itself: what the CRDs of the version in use do not accept."""

from collections.abc import Iterator, Sequence

from why503.diagnosis import advice
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.misplaced_field import place_of, wrong_names
from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.crd import cel, schema
from why503.support.secret import MASK
from why503.support.text import _

GROUP = "schema"
UNKNOWN_FIELD = Rule(
    "unknown-field",
    Severity.ERROR,
    _("`{field}` is no field of {where} in Istio {istio}: it is refused, or dropped in silence."),
    same_as=("IST0106",),
)
WRONG_VALUE = Rule(
    "wrong-value",
    Severity.ERROR,
    _("`{field}` is refused by the schema of Istio {istio}: {said}."),
    same_as=("IST0106",),
)
MISSING_FIELD = Rule(
    "missing-field",
    Severity.ERROR,
    _("{where} needs the field `{field}` in Istio {istio}."),
    same_as=("IST0106",),
)
BROKEN_RULE = Rule(
    "broken-rule",
    Severity.ERROR,
    _("`{field}` breaks a rule of the schema of Istio {istio}: {said}."),
    same_as=("IST0106", "KIA1503"),
)
NOT_SERVED = Rule(
    "not-served",
    Severity.ERROR,
    _("Istio {istio} does not serve {kind} as {api}; it serves {served}."),
)
RULES = (UNKNOWN_FIELD, WRONG_VALUE, MISSING_FIELD, BROKEN_RULE, NOT_SERVED)

_MOST = 40
"""Findings of one object."""


def hazards(manifests: Sequence[Manifest], version: tuple[int, int]) -> Iterator[Hazard]:
    """Where an object of Istio or of the Gateway API does not fit its schema."""
    for manifest in manifests:
        if manifest.partial or not schema.is_judged(manifest.api_version):
            continue
        for count, hazard in enumerate(_of_object(manifest, version)):
            if count == _MOST:
                break
            yield hazard


def _of_object(manifest: Manifest, version: tuple[int, int]) -> Iterator[Hazard]:
    istio = ".".join(map(str, schema.known(version)))
    found = schema.schema_of(version, manifest.api_version, manifest.kind)
    if found is None:
        if manifest.kind in schema.kinds(version, manifest.api_version):
            served = ", ".join(schema.served(version, manifest.api_version, manifest.kind))
            place = manifest.where("apiVersion")
            yield NOT_SERVED.at(
                place, istio=istio, kind=manifest.kind, api=manifest.api_version, served=served
            )
        return
    broken = schema.violations(found, manifest.data)
    for one in broken:
        yield from _of_violation(manifest, found, one, one.path, version)
    if all(one.keyword == "additionalProperties" for one in broken):
        for rule in cel.broken_rules(found.tree, manifest.data):
            yield BROKEN_RULE.at(
                manifest.where(*rule.path),
                istio=istio,
                field=_spelled(rule.path),
                said=rule.message.strip().rstrip("."),
            )


def _of_violation(
    manifest: Manifest,
    judged: schema.Schema,
    found: schema.Violation,
    at: Path,
    version: tuple[int, int],
) -> Iterator[Hazard]:
    """What is told of a violation, which stands at ``at`` and is judged as if at its own path."""
    istio = ".".join(map(str, schema.known(version)))
    where = f"{manifest.kind} {_spelled(at)}".strip()
    if found.keyword == "additionalProperties":
        for name in found.names:
            advised = advice.of_unknown(manifest, found.path, name, at, schema.known(version))
            place = manifest.where(*at, name)
            yield advised or UNKNOWN_FIELD.at(place, istio=istio, field=name, where=where)
            yield from _inside(manifest, judged, (*found.path, name), (*at, name), version)
    elif found.keyword == "required":
        yield MISSING_FIELD.at(manifest.where(*at), istio=istio, field=found.names[0], where=where)
    elif not _is_masked(manifest.get(*at)):
        said = _said(manifest.get(*at), found)
        yield WRONG_VALUE.at(manifest.where(*at), istio=istio, field=_spelled(at), said=said)


def _inside(
    manifest: Manifest, judged: schema.Schema, path: Path, at: Path, version: tuple[int, int]
) -> Iterator[Hazard]:
    """What is wrong below an unknown field once it stands where it belongs."""
    value = manifest.get(*at)
    if not isinstance(value, dict | list):
        return
    place = place_of(manifest.kind, path[:-1], str(path[-1]), value)
    if place is None:
        for inner, name in wrong_names(value):
            there = (*at, *inner)
            advised = advice.of_unknown(manifest, there, name, there, schema.known(version))
            if advised is not None:
                yield advised
        return
    for one in schema.violations(judged, _nested(place, value)):
        below = one.path[len(place) :]
        if one.path[: len(place)] == place and (below or one.keyword == "additionalProperties"):
            yield from _of_violation(manifest, judged, one, (*at, *below), version)


def _nested(path: Path, value: object) -> object:
    """An object that has nothing but ``value`` at ``path``."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def _said(value: object, found: schema.Violation) -> str:
    if found.keyword == "enum" and not isinstance(value, dict | list):
        told = _("{value} is none of {allowed}")
        return told.format(value=str(value)[:80], allowed=", ".join(found.names))
    if found.keyword in {"oneOf", "anyOf", "not"}:
        return _("its fields do not go together, or one of several is needed")
    return found.message[:200].strip().rstrip(".")


def _is_masked(value: object) -> bool:
    return isinstance(value, str) and MASK in value


def _spelled(path: Path) -> str:
    """A path as people write it: `spec.http[0].timeout`."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".")
