"""Matches of routes whose conditions no request can meet."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts.manifest import Path
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.route import http_rules
from why503.mesh.setting import mapping_of, word_of
from why503.support.text import _


def matches_never_met(mesh: Mesh) -> Iterator[Spotted]:
    """Matches of VirtualServices that no request meets: `route`, `why`."""
    for route in mesh.manifests("VirtualService"):
        for rule in http_rules(route):
            for index, fields in route.items(*rule.path, "match"):
                place = (*rule.path, "match", index)
                for path, why in _impossible(mapping_of(fields)):
                    yield spotted(route.where(*place, *path), route=route.full_name, why=why)


def _impossible(match: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Conditions that contradict each other or the shape of a path, with the path of each."""
    wanted = {str(key).lower(): told for key, told in mapping_of(match.get("headers")).items()}
    for key, spared in mapping_of(match.get("withoutHeaders")).items():
        told = wanted.get(str(key).lower())
        if told is not None and (not spared or spared == told):
            why = _("withoutHeaders shuts out the header `{name}` that headers asks for")
            yield ("withoutHeaders", key), why.format(name=key)
    for kind in ("exact", "prefix"):
        path = word_of(mapping_of(match.get("uri")).get(kind))
        if path and path[0] not in "/*":
            why = _("paths begin with `/`, and `{path}` does not")
            yield ("uri", kind), why.format(path=path)
