"""What the evidence holds, found by name: for rules that ask about every object of a large set."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from why503.facts import Manifest
from why503.mesh.address import short_name
from why503.mesh.mesh import Mesh
from why503.mesh.selection import full_host
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.workload import labels_of

_MAKERS = ("Deployment", "StatefulSet", "DaemonSet", "Pod")
_WITHOUT_PODS = frozenset(
    {"apps", "batch", "policy", "autoscaling", "extensions", "cert-manager.io", "bitnami.com"}
    | {"external-secrets.io", "kyverno.io", "keda.sh"}
)
"""Groups beside those of Kubernetes and Istio of whose objects nobody makes pods."""
_KINDS_WITHOUT_PODS = frozenset(
    {"ServiceMonitor", "PodMonitor", "PrometheusRule", "Probe", "ScrapeConfig", "VMRule", "VMUser"}
    | {"AlertmanagerConfig", "VMServiceScrape", "VMPodScrape", "VMProbe", "VMNodeScrape"}
)
_OUTSIDE_PODS = frozenset({"WorkloadEntry", "WorkloadGroup"})
_OWN = ".svc.cluster.local"


class Inventory:
    """Services, ServiceEntries and workloads of one mesh by name, namespace and label."""

    def __init__(self, mesh: Mesh) -> None:
        """Look at the objects of ``mesh``; each index is made when it is asked for."""
        self._services = [one for one in mesh.manifests("Service") if one.name]
        self._entries = mesh.manifests("ServiceEntry")
        self._objects = mesh.facts(Manifest)
        self._behind: dict[int, tuple[Manifest, tuple[Manifest, ...]]] = {}
        self.workloads = tuple(one for kind in _MAKERS for one in mesh.manifests(kind))

    @cached_property
    def _by_name(self) -> dict[str, list[Manifest]]:
        found: defaultdict[str, list[Manifest]] = defaultdict(list)
        for service in self._services:
            found[service.name.lower()].append(service)
        return found

    @cached_property
    def spaces(self) -> frozenset[str]:
        """Namespaces of the Services given; ``""`` for those that name none."""
        return frozenset(service.namespace for service in self._services)

    @cached_property
    def _outside(self) -> tuple[dict[str, list[Manifest]], list[tuple[str, Manifest]]]:
        """ServiceEntries by host, and those with a wildcard by its ending."""
        exact: defaultdict[str, list[Manifest]] = defaultdict(list)
        wild: list[tuple[str, Manifest]] = []
        for entry in self._entries:
            for _index, host in entry.items("spec", "hosts"):
                word = word_of(host).lower()
                if word.startswith("*"):
                    wild.append((word[1:], entry))
                else:
                    exact[word].append(entry)
        return exact, wild

    def service(self, host: str, namespace: str) -> Manifest | None:
        """The Service that ``host`` means in an object of ``namespace``; None where none is."""
        name, space = short_name(full_host(host, namespace))
        if "." in name:
            return None
        space = space or namespace
        for found in self._by_name.get(name.lower(), ()):
            if not space or not found.namespace or found.namespace == space:
                return found
        return None

    def entries(self, host: str, namespace: str = "") -> tuple[Manifest, ...]:
        """ServiceEntries that carry ``host``, wildcards included."""
        exact, wild = self._outside
        words = {host.lower(), full_host(host, namespace).lower()}
        found = [entry for word in words for entry in exact.get(word, ())]
        found += [entry for end, entry in wild for word in words if word.endswith(end)]
        return tuple({id(entry): entry for entry in found}.values())

    def is_missing(self, host: str, namespace: str) -> bool:
        """Whether nobody given has ``host``, though Services of its namespace are given."""
        word = full_host(host, namespace)
        if "*" in word or self.service(host, namespace) is not None:
            return False
        if self.entries(host, namespace):
            return False
        name, space = short_name(word)
        if not word.endswith(_OWN) and "." in name:
            return False
        return (space or namespace) in self.spaces

    @cached_property
    def _by_label(self) -> dict[tuple[str, str, str], list[Manifest]]:
        found: defaultdict[tuple[str, str, str], list[Manifest]] = defaultdict(list)
        for workload in self.workloads:
            for key, value in labels_of(workload).items():
                found[workload.namespace, str(key), str(value)].append(workload)
        return found

    def selected(self, namespace: str, selector: Mapping[str, Any]) -> tuple[Manifest, ...]:
        """Workloads of a namespace whose pods carry every label of a selector."""
        wanted = [(str(key), str(value)) for key, value in selector.items()]
        if not wanted:
            return ()
        lists = [self._by_label.get((namespace, *pair), []) for pair in wanted]
        least = min(lists, key=len)
        others = [{id(one) for one in found} for found in lists if found is not least]
        return tuple(one for one in least if all(id(one) in found for found in others))

    @cached_property
    def _peopled(self) -> frozenset[str]:
        return frozenset(one.namespace for one in self.workloads if not one.partial)

    @cached_property
    def _made_by_others(self) -> frozenset[str]:
        """Namespaces with pods that no workload here shows: an operator's, or machines outside."""
        return frozenset(one.namespace for one in self._objects if _makes_endpoints(one))

    def has_workloads(self, namespace: str) -> bool:
        """Whether workloads of a namespace are given, so that a lack among them says something.

        False too where a custom resource (a Prometheus, a Rollout) may stand for pods that are not.
        """
        return namespace in self._peopled and not self.has_unseen_pods(namespace)

    def has_unseen_pods(self, namespace: str) -> bool:
        """Whether an operator's object, or a machine outside, may be behind Services too."""
        return namespace in self._made_by_others

    def behind(self, service: Manifest) -> tuple[Manifest, ...]:
        """Workloads that a Service selects."""
        found = self._behind.get(id(service))
        if found is None or found[0] is not service:
            selector = mapping_of(service.get("spec", "selector"))
            found = service, self.selected(service.namespace, selector)
            self._behind[id(service)] = found
        return found[1]


def _makes_endpoints(manifest: Manifest) -> bool:
    group = manifest.api_version.rpartition("/")[0]
    if manifest.kind in _OUTSIDE_PODS or not group or manifest.partial:
        return manifest.kind in _OUTSIDE_PODS
    if group.endswith((".k8s.io", ".istio.io")) or group in _WITHOUT_PODS:
        return False
    return manifest.kind not in _KINDS_WITHOUT_PODS


_KEPT: WeakKeyDictionary[Mesh, Inventory] = WeakKeyDictionary()


def inventory(mesh: Mesh) -> Inventory:
    """The inventory of ``mesh``, made once."""
    found = _KEPT.get(mesh)
    if found is None:
        found = _KEPT[mesh] = Inventory(mesh)
    return found
