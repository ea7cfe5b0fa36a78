"""Whether an object of the Gateway API may name one of another namespace (ReferenceGrant)."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from why503.facts import Manifest
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, word_of
from why503.support.text import _

GROUP = "gateway.networking.k8s.io"


class Referred(NamedTuple):
    """What is named."""

    kind: str
    """`Service` or `Secret`, of the core group."""
    name: str
    namespace: str


def refusal(mesh: Mesh, by: Manifest, own: str, to: Referred) -> str:
    """A sentence where ``by`` of namespace ``own`` may not name ``to``; ``""`` where it may."""
    if to.namespace == own or any(_grants(one, by.kind, own, to) for one in _in(mesh, to)):
        return ""
    text = _(
        "No ReferenceGrant in namespace {there} lets {object} name {kind} {name} of that namespace."
    )
    return text.format(there=to.namespace, object=by.full_name, kind=to.kind, name=to.name)


def _in(mesh: Mesh, to: Referred) -> Iterator[Manifest]:
    for grant in mesh.manifests("ReferenceGrant"):
        if grant.namespace == to.namespace and not grant.partial:
            yield grant


def _grants(grant: Manifest, kind: str, own: str, to: Referred) -> bool:
    lets = any(
        (word_of(one.get("group")), word_of(one.get("kind")), word_of(one.get("namespace")))
        == (GROUP, kind, own)
        for one in _blocks(grant, "from")
    )
    return lets and any(
        not word_of(one.get("group"))
        and word_of(one.get("kind")) == to.kind
        and word_of(one.get("name")) in ("", to.name)
        for one in _blocks(grant, "to")
    )


def _blocks(grant: Manifest, side: str) -> Iterator[Mapping[str, Any]]:
    for _index, told in grant.items("spec", side):
        yield mapping_of(told)
