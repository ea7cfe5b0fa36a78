"""The mesh by its objects alone: where a change has to be made that proxies load afterwards."""

from dataclasses import replace
from typing import TypeVar

from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting

T = TypeVar("T")
_LOADED = "why503.facts.loaded"


def as_written(mesh: Mesh) -> Mesh:
    """``mesh`` without what proxies have loaded, so that settings name the objects behind it."""
    return mesh.kept("as written", lambda: _without_loaded(mesh))


def _without_loaded(mesh: Mesh) -> Mesh:
    facts = tuple(fact for fact in mesh.bundle.facts if type(fact).__module__ != _LOADED)
    if len(facts) == len(mesh.bundle.facts):
        return mesh
    return Mesh(replace(mesh.bundle, facts=facts), istio=mesh.istio)


def behind(loaded: Setting[T] | None, written: Setting[T] | None) -> Setting[T] | None:
    """The written setting that the loaded one was made of; else the loaded one.

    Where their values differ, the proxy has something else than the object, and a change of the
    object is not what is missing.
    """
    if loaded is None or written is None or loaded.value != written.value:
        return loaded
    return written
