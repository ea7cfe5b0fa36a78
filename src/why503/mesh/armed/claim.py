"""Routes by the claims of a token at gateways where nobody reads tokens."""

from collections.abc import Iterator

from why503.facts import Manifest
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.gateway import gateways_named
from why503.mesh.mesh import Mesh
from why503.mesh.route import http_rules
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of

_CLAIMS = "@request.auth.claims"


def claims_without_tokens(mesh: Mesh) -> Iterator[Spotted]:
    """Matches by claims at a gateway without RequestAuthentication: `route`, `claim`, `gateway`."""
    given = mesh.manifests("Gateway")
    for route in mesh.manifests("VirtualService") if given else ():
        bare = [one for one in gateways_named(route, given) if not _reads_tokens(mesh, one)]
        for rule in http_rules(route) if bare else ():
            for index, fields in route.items(*rule.path, "match"):
                for section in ("headers", "withoutHeaders"):
                    for key in mapping_of(mapping_of(fields).get(section)):
                        if str(key).startswith(_CLAIMS):
                            where = route.where(*rule.path, "match", index, section, key)
                            values = {"route": route.full_name, "gateway": bare[0].full_name}
                            yield spotted(where, **values, claim=key)


def _reads_tokens(mesh: Mesh, gateway: Manifest) -> bool:
    """Whether a RequestAuthentication may be for the pods of a Gateway."""
    pods = mapping_of(gateway.get("spec", "selector"))
    for policy in mesh.manifests("RequestAuthentication"):
        labels = mapping_of(policy.get("spec", "selector", "matchLabels"))
        aimed = policy.get("spec", "targetRefs") or policy.get("spec", "targetRef")
        if aimed or not labels or has_labels(pods, labels) or has_labels(labels, pods):
            return True
    return False
