"""Where a new object belongs in the user's files, and by which API version they would write it."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from why503.facts import Manifest
from why503.mesh.crd.schema import is_judged, served
from why503.support.dataclass import dataclass

KUSTOMIZATION = "Kustomization"
_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The file of a new object."""

    path: str
    like: str = ""
    """A file whose indentation it takes; ``""`` for none."""
    listed_in: str = ""
    """A kustomization that names its files and has to name a new one; ``""`` for none."""


def place_of(data: Mapping[str, Any], manifests: Sequence[Manifest], beside: str = "") -> Place:
    """The file for the new object ``data``, by the user's own conventions.

    The file that gathers this kind; else the file ``beside`` that holds the objects it belongs to,
    where files mix kinds; else a new file, named as its neighbours are.
    """
    kind, name = str(data.get("kind", "")), _word(data, "name")
    held = _held(manifests)
    gathering = [path for path, found in held.items() if _gathers(found, kind)]
    if gathering:
        near = _nearest(gathering, beside)
        return Place(path=near, like=near)
    if beside in held and len({one.kind for one in held[beside]}) > 1:
        return Place(path=beside, like=beside)
    alone = {path: found[0] for path, found in held.items() if len(found) == 1}
    same_kind = [path for path, one in alone.items() if one.kind == kind]
    models = same_kind or [path for path in alone if not beside or _folder(path) == _folder(beside)]
    model = _nearest(models, beside) if models else ""
    if not model and beside:
        return Place(path=beside, like=beside)
    path = _file_name(model, alone.get(model), kind, name)
    taken = path in held
    if taken:
        return Place(path=path, like=path)
    return Place(path=path, like=model, listed_in=_listing(path, manifests))


def conventional(
    data: Mapping[str, Any], manifests: Sequence[Manifest], istio: tuple[int, int] | None = None
) -> dict[str, Any]:
    """``data`` with the API version that the user's objects of this kind (else group) have.

    It keeps its own where the minor version ``istio`` does not serve theirs (None: not known).
    Its namespace is left out where none of the objects of that kind or group names one.
    """
    group = _group(str(data.get("apiVersion", "")))
    kin = [one for one in manifests if one.kind == data.get("kind")]
    kin = kin or [one for one in manifests if _group(one.api_version) == group]
    kin = [one for one in kin if _group(one.api_version) == group and not one.partial]
    made = dict(data)
    if not kin:
        return made
    theirs = Counter(one.api_version for one in kin).most_common(1)[0][0]
    if istio is None or _is_served(istio, theirs, str(data.get("kind", ""))):
        made["apiVersion"] = theirs
    if not any(one.namespace for one in kin) and isinstance(made.get("metadata"), Mapping):
        metadata = {key: one for key, one in made["metadata"].items() if key != "namespace"}
        made["metadata"] = metadata
    return made


def _is_served(istio: tuple[int, int], api_version: str, kind: str) -> bool:
    versions = served(istio, api_version, kind) if is_judged(api_version) else ()
    return not versions or api_version.partition("/")[2] in versions


def _held(manifests: Sequence[Manifest]) -> dict[str, list[Manifest]]:
    """Whole objects by file, kustomizations and command output aside."""
    held: defaultdict[str, list[Manifest]] = defaultdict(list)
    for one in manifests:
        is_file = PurePath(one.source.path).suffix in {".yaml", ".yml"}
        if is_file and one.kind and one.name and not one.partial and one.kind != KUSTOMIZATION:
            held[one.source.path].append(one)
    return dict(held)


def _gathers(found: list[Manifest], kind: str) -> bool:
    return len(found) > 1 and {one.kind for one in found} == {kind}


def _nearest(paths: Sequence[str], beside: str) -> str:
    """The path that shares most folders with ``beside``, by name among equals."""
    wanted = PurePath(beside).parent.parts

    def distance(path: str) -> tuple[int, str]:
        here = PurePath(path).parent.parts
        shared = 0
        for mine, theirs in zip(here, wanted, strict=False):
            if mine != theirs:
                break
            shared += 1
        return len(here) + len(wanted) - 2 * shared, path

    return min(paths, key=distance)


def _file_name(model: str, held: Manifest | None, kind: str, name: str) -> str:
    """A file named as ``model`` is named after the object that it holds."""
    short = kind.lower()
    if held is None:
        return f"{name}-{short}.yaml"
    path = PurePath(model)
    stem = path.stem
    folder = str(path.parent)
    if held.name and held.name in stem:
        stem = stem.replace(held.name, name)
    elif PurePath(folder).name == held.name and held.kind == kind:
        folder = str(PurePath(folder).parent / name)
    elif held.name:
        stem = f"{name}-{stem}"
    if held.kind != kind:
        stem, count = _kind_word(held.kind).subn(_spelled_as(stem, held.kind, kind), stem)
        if not count and stem in {name, f"{name}-{path.stem}"}:
            stem = f"{name}-{short}"
    return str(PurePath(folder) / f"{stem}{path.suffix}")


def _kind_word(kind: str) -> re.Pattern[str]:
    words = re.findall(r"[A-Z][a-z0-9]*", kind) or [kind]
    return re.compile("[-_]?".join(map(re.escape, words)), re.IGNORECASE)


def _spelled_as(stem: str, old: str, new: str) -> str:
    """Kind ``new`` with the separators that ``old`` has in ``stem``."""
    found = _kind_word(old).search(stem)
    word = found[0] if found else ""
    if word == old:
        return new
    sign = "-" if "-" in word else "_" if "_" in word else ""
    return sign.join(re.findall(r"[A-Z][a-z0-9]*", new) or [new]).lower()


def _listing(path: str, manifests: Sequence[Manifest]) -> str:
    """The kustomization beside or above a new file whose `resources` name single files."""
    folder = PurePath(path).parent
    for one in manifests:
        place = PurePath(one.source.path)
        is_here = place.parent == folder or place.parent in folder.parents
        if place.name in _NAMES and is_here:
            listed = one.get("resources")
            if isinstance(listed, list) and any(
                PurePath(place.parent / str(entry)).parent == folder for entry in listed
            ):
                return one.source.path
    return ""


def _folder(path: str) -> PurePath:
    return PurePath(path).parent


def _group(api_version: str) -> str:
    return api_version.partition("/")[0] if "/" in api_version else ""


def _word(data: Mapping[str, Any], name: str) -> str:
    metadata = data.get("metadata")
    return str(metadata.get(name) or "") if isinstance(metadata, Mapping) else ""
