"""Objects that may mean a host, found by its first label instead of by looking at all of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from why503.facts import Manifest
from why503.mesh.mesh import Mesh
from why503.mesh.setting import word_of


def _hosts(manifest: Manifest) -> Iterable[str]:
    return (word_of(value) for _index, value in manifest.items("spec", "hosts"))


_NAMES: dict[str, Callable[[Manifest], Iterable[str]]] = {
    "Service": lambda manifest: [manifest.name],
    "DestinationRule": lambda manifest: [word_of(manifest.get("spec", "host"))],
    "VirtualService": _hosts,
    "ServiceEntry": _hosts,
}
"""Hosts that an object of a kind is about, as written."""
_Index = dict[str, list[tuple[int, Manifest]]]
_ANY = "*"


def candidates(mesh: Mesh, kind: str, host: str) -> tuple[Manifest, ...]:
    """Objects of ``kind`` that can mean ``host``, in the order of the evidence.

    Those whose host begins with the same label, and all wildcards; whether one really means it is
    for the caller to say.
    """
    given = mesh.manifests(kind)
    if len(given) < 2:
        return given
    index = mesh.kept(f"candidates {kind}", lambda: _indexed(given, _NAMES[kind]))
    named, wild = index.get(_label(host), []), index.get(_ANY, [])
    if not wild:
        return tuple(manifest for _place, manifest in named)
    found = dict([*named, *wild])
    return tuple(found[place] for place in sorted(found))


def _indexed(given: tuple[Manifest, ...], names: Callable[[Manifest], Iterable[str]]) -> _Index:
    found: defaultdict[str, list[tuple[int, Manifest]]] = defaultdict(list)
    for place, manifest in enumerate(given):
        for label in dict.fromkeys(map(_label, names(manifest))):
            found[label].append((place, manifest))
    return dict(found)


def _label(host: str) -> str:
    """The first label of a host; `*` for every wildcard."""
    word = host.strip().lower()
    return _ANY if word.startswith(_ANY) else word.partition(".")[0]
