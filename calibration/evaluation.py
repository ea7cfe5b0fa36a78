"""Weighs evidence once, with the functions that a diagnosis uses."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from calibration.item import Item, Truth, WeighedHop
from calibration.thinning import thinned
from why503.causes import CATALOGUE
from why503.diagnosis.weighing import weighed, weights
from why503.evidence import read_paths
from why503.evidence.reader import Options
from why503.mesh import Mesh


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Files of one case, with what they are evidence of."""

    corpus: str
    name: str
    truth: Truth
    files: Mapping[str, bytes]
    """Content by path below the case's folder."""
    worth: float
    """How much it counts in the fit."""
    thin_worth: float
    """How much each of its thinned variants counts; 0 for none."""
    promise: bool = False
    """True for a case of the project's own tests."""


def items_of(cases: Sequence[Evidence]) -> list[Item]:
    """Every case, and its thinned variants, weighed on all processors."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return [item for items in pool.map(_items, cases, chunksize=4) for item in items]


def _items(case: Evidence) -> list[Item]:
    mesh, hops = _weighed(case.files)
    items = [replace(_item(case, case.corpus, case.worth, hops), promise=case.promise)]
    known = [hops]
    if case.truth.cause and case.thin_worth:
        for files in thinned(case.files, mesh):
            _mesh, hops = _weighed(files)
            if hops not in known:
                known.append(hops)
                items.append(_item(case, f"{case.corpus}, thinned", case.thin_worth, hops))
    return items


def _item(case: Evidence, corpus: str, worth: float, hops: tuple[WeighedHop, ...]) -> Item:
    return Item(corpus=corpus, name=case.name, truth=case.truth, hops=hops, worth=worth)


def _weighed(files: Mapping[str, bytes]) -> tuple[Mesh, tuple[WeighedHop, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        bundle = read_paths([folder], Options())
        mesh = Mesh(bundle)
        hops = tuple(
            WeighedHop(
                failures=hop.count,
                destination=hop.destination,
                weights=weights(weighed(hop, mesh, CATALOGUE)),
            )
            for hop in mesh.hops
        )
    return mesh, hops
