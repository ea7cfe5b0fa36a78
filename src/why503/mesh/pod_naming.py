"""Which pods a hop's commands have to name: by what proxies say of themselves, else by address."""

from collections import defaultdict
from collections.abc import Iterable

from why503.facts import Manifest, ProxyEvent, ProxyInfo
from why503.mesh.address import is_address, split_host
from why503.mesh.failure import Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of
from why503.mesh.workload import proxies_of
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_POD = lazy_re(
    rf"[a-z0-9][a-z0-9-]{{0,200}}-(?:[a-z0-9]{{6,10}}-{_SAFE}{{5}}|{_SAFE}{{9,10}}-[a-z0-9]{{5}})"
)
"""Name that a Deployment's ReplicaSet gives its pods, also where its last part was made up."""
_LABEL = lazy_re(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SIDES = frozenset(
    {"app", "callee", "caller", "client", "clients", "downstream", "evidence", "gateway", "logs"}
    | {"pod", "pods", "proxies", "proxy", "server", "servers", "sidecar", "upstream"}
)
"""Names of folders that say which side they are from, and are no namespaces."""
_LOOPING = "CrashLoopBackOff"
_WORKLOADS = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds"}


@dataclass(frozen=True, kw_only=True)
class PodName:
    """A pod as kubectl takes it, each part ``""`` where nothing tells."""

    namespace: str = ""
    name: str = ""
    """`web-7d9c-x2x4z`, or `deploy/web` where only the workload is known."""


UNKNOWN = PodName()


def calling_pod(hop: Hop, mesh: Mesh) -> PodName:
    """Pod of the calling proxy: as it names itself, else by the addresses of its connections."""
    return mesh.kept("calling pod", lambda: _calling(hop, mesh), hop)


def _calling(hop: Hop, mesh: Mesh) -> PodName:
    found = UNKNOWN if hop.failures else _only_teller(mesh)
    names: dict[str, PodName] = {}
    for failure in hop.failures:
        account = failure.downstream
        if account is None and failure.role is Role.DOWNSTREAM:
            account = failure.teller
        if account is not None:
            if account.teller not in names:
                names[account.teller] = _told(mesh, account.teller)
            addresses = (account.upstream_local, account.downstream_remote)
            found = _best(names[account.teller], *(at_address(mesh, each) for each in addresses))
        elif failure.role is Role.UPSTREAM and not failure.teller.forwarded_for:
            # Only without x-forwarded-for it is the address of the caller's own pod.
            found = at_address(mesh, failure.teller.downstream_remote)
        if found.name:
            return found
    return found


def _only_teller(mesh: Mesh) -> PodName:
    """Where no request was seen: the one proxy whose log or pages were given."""
    told = {event.teller for event in mesh.facts(ProxyEvent)}
    told |= {info.teller for info in mesh.facts(ProxyInfo)}
    return _told(mesh, told.pop()) if len(told) == 1 else UNKNOWN


def serving_pod(hop: Hop, mesh: Mesh) -> PodName:
    """A pod that failing requests went to; unknown for a server outside the mesh."""
    return mesh.kept("serving pod", lambda: _serving(hop, mesh), hop)


def _serving(hop: Hop, mesh: Mesh) -> PodName:
    if hop.leg is Place.PROXY_TO_EXTERNAL:
        return UNKNOWN
    if not hop.host and not hop.upstream_hosts:
        return _only_pod(mesh)
    beside = [_of_info(info) for info in proxies_of(mesh, hop.host)]
    tellers = {
        account.teller: None
        for failure in hop.failures
        for account in (*failure.upstream, failure.teller)
        if account is not failure.teller or failure.role is Role.UPSTREAM
    }
    return _best(
        *(at_address(mesh, host) for host in hop.upstream_hosts),
        *beside,
        *(_told(mesh, teller) for teller in tellers),
    )


def _only_pod(mesh: Mesh) -> PodName:
    """Where nothing tells the server: the only pod there is, else the only one that crash-loops.

    Pods of one workload that loop together are one: the first of them.
    """
    pods = mesh.manifests("Pod")
    if len(pods) > 1:
        pods = tuple(pod for pod in pods if _loops(pod))
    known = {workload_of(pod.name) or pod.name for pod in pods}
    return PodName(namespace=pods[0].namespace, name=pods[0].name) if len(known) == 1 else UNKNOWN


def _loops(pod: Manifest) -> bool:
    """True where a container of it waits for its next start after it ended too often."""
    waiting = [
        mapping_of(mapping_of(mapping_of(status).get("state")).get("waiting")).get("reason")
        for _, status in pod.items("status", "containerStatuses")
    ]
    return _LOOPING in {pod.get("status", "reason"), *waiting}


def at_address(mesh: Mesh, host: str | None) -> PodName:
    """The pod with the address of `address:port`."""
    address = split_host(host)[0]
    if not is_address(address):
        return UNKNOWN
    return mesh.kept("names by address", lambda: _names(mesh)).get(address, UNKNOWN)


def _names(mesh: Mesh) -> dict[str, PodName]:
    """Each address with the pod that has it: a Pod object first, else what proxies say."""
    told: dict[str, list[PodName]] = defaultdict(list)
    for info in mesh.facts(ProxyInfo):
        for address in info.addresses:
            told[address].append(_of_info(info))
    names = {address: _best(*found) for address, found in told.items()}
    for address, pod in _pods_by_address(mesh).items():
        names[address] = PodName(namespace=pod.namespace, name=pod.name)
    return names


def pod_at(mesh: Mesh, address: str) -> Manifest | None:
    """The Pod with this address; None where the evidence has none."""
    return _pods_by_address(mesh).get(address) if address else None


def _pods_by_address(mesh: Mesh) -> dict[str, Manifest]:
    return mesh.kept("pods by address", lambda: _by_address(mesh.manifests("Pod")))


def _by_address(pods: Iterable[Manifest]) -> dict[str, Manifest]:
    """The first pod with each address."""
    found: dict[str, Manifest] = {}
    for pod in pods:
        more = (mapping_of(ip).get("ip") for _, ip in pod.items("status", "podIPs"))
        for address in (pod.get("status", "podIP"), *more):
            if isinstance(address, str):
                found.setdefault(address, pod)
    return found


def _told(mesh: Mesh, teller: str) -> PodName:
    """The pod whose files a teller's are: its proxy says so, or the name of the log or folder."""
    return mesh.kept(f"pod of {teller}", lambda: _of_teller(mesh, teller))


def _of_teller(mesh: Mesh, teller: str) -> PodName:
    told = _best(*(_of_info(info) for info in mesh.facts(ProxyInfo) if info.teller == teller))
    if told.name:
        return told
    *folders, last = teller.split("/")
    for pod in mesh.manifests("Pod"):
        if pod.name == last:
            return PodName(namespace=pod.namespace, name=pod.name)
    if _POD.fullmatch(last):
        return PodName(namespace=_namespace_in(folders), name=last)
    for kind, short in _WORKLOADS.items():
        for workload in mesh.manifests(kind):
            if workload.name == last:
                return PodName(namespace=workload.namespace, name=f"{short}/{last}")
    return UNKNOWN


def workload_of(pod: str) -> str:
    """`deploy/web` of `web-7d9c5b8f4-x2x4z`; a workload as it is; ``""`` for other names."""
    if "/" in pod:
        return pod
    return f"deploy/{pod.rsplit('-', 2)[0]}" if _POD.fullmatch(pod) else ""


def _namespace_in(folders: list[str]) -> str:
    """`NAMESPACE` of a teller `NAMESPACE/POD`, as bundles and log shippers name pods."""
    nearest = folders[-1] if folders else ""
    return nearest if _LABEL.fullmatch(nearest) and nearest not in _SIDES else ""


def _of_info(info: ProxyInfo) -> PodName:
    return PodName(namespace=info.namespace, name=info.pod)


def _best(*names: PodName) -> PodName:
    """The first with a name, and its namespace also where another tells of the same pod."""
    first = next((each for each in names if each.name), UNKNOWN)
    if first.name and not first.namespace:
        space = _first(each.namespace for each in names if each.name == first.name)
        return PodName(namespace=space, name=first.name)
    return first


def _first(words: Iterable[str]) -> str:
    return next(filter(None, words), "")
