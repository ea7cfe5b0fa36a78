"""Which mTLS mode a workload's port demands, by PeerAuthentication."""

from collections.abc import Iterator

from why503.facts import Manifest
from why503.mesh.mtls import mode_at
from why503.mesh.selection import has_labels
from why503.mesh.setting import Setting, mapping_of, whole_number
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.support.dataclass import dataclass
from why503.support.text import _


@dataclass(frozen=True, kw_only=True)
class PeerModes:
    """Modes of one workload: STRICT, PERMISSIVE or DISABLE."""

    usual: Setting[str]
    ports: dict[int, Setting[str]]
    """Ports (inside the pod) that are told apart."""

    def at(self, port: int) -> Setting[str]:
        """The mode of a port."""
        return self.ports.get(port, self.usual)


def peer_modes(push: Push, proxy: Proxy) -> PeerModes:
    """The mode of a workload: its own PeerAuthentication, its namespace's, the mesh's."""
    own: list[Manifest] = []
    space: list[Manifest] = []
    whole: list[Manifest] = []
    for policy in push.whole("PeerAuthentication"):
        labels = mapping_of(policy.get("spec", "selector", "matchLabels"))
        at = push.space_of(policy)
        if labels:
            if at in (proxy.namespace, push.root) and has_labels(proxy.labels, labels):
                own.append(policy)
        elif at == push.root:
            whole.append(policy)
        elif at == proxy.namespace:
            space.append(policy)
    usual = Setting(value="PERMISSIVE", source=None, default=True, by=_("Istio's default"))
    for policies in (whole, space, own):
        for policy in policies[:1]:
            usual = mode_at(policy, ("spec", "mtls", "mode")) or usual
    ports = dict(_of_ports(own[0], usual)) if own else {}
    return PeerModes(usual=usual, ports=ports)


def _of_ports(policy: Manifest, usual: Setting[str]) -> Iterator[tuple[int, Setting[str]]]:
    for key in mapping_of(policy.get("spec", "portLevelMtls")):
        number = whole_number(key)
        if number is not None:
            yield number, mode_at(policy, ("spec", "portLevelMtls", key, "mode")) or usual
