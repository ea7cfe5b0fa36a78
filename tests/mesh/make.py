"""Makes a mesh of YAML text and further facts, and asks for lines in it."""

from dataclasses import replace
from textwrap import dedent

from why503.evidence.manifest import read
from why503.evidence.reader import Context
from why503.facts import Bundle, Fact, Manifest
from why503.mesh.mesh import Mesh


def manifests(text: str, *, partial: bool = False) -> list[Manifest]:
    reading = read(dedent(text), Context(path="mesh.yaml", teller=""))
    found = [fact for fact in reading.facts if isinstance(fact, Manifest)]
    return [replace(manifest, partial=partial) for manifest in found]


def mesh_of(text: str = "", *facts: Fact) -> Mesh:
    return Mesh(Bundle(facts=(*manifests(text), *facts)))


def line_of(text: str, part: str) -> int:
    """Number of the first line that holds ``part``."""
    return next(n for n, line in enumerate(dedent(text).splitlines(), 1) if part in line)


def obj(kind: str, name: str, spec: str, namespace: str = "shop") -> str:
    """One YAML document; ``spec`` is its body in flow style, ``namespace`` may be empty."""
    place = f", namespace: {namespace}" if namespace else ""
    return f"---\nkind: {kind}\nmetadata: {{name: {name}{place}}}\nspec: {spec}\n"


ODD = """
    kind: {kind}
    metadata: {{name: 7, namespace: 8, labels: [1]}}
    spec: {spec}
    ---
    kind: {kind}
    metadata: [a]
    """


def odd(kind: str, *specs: str) -> Mesh:
    """A mesh of objects of ``kind`` whose fields have types that nobody expects."""
    bodies = (*specs, "null", "7", "[1, null]", "text", "{}")
    return mesh_of("---\n".join(dedent(ODD).format(kind=kind, spec=spec) for spec in bodies))
