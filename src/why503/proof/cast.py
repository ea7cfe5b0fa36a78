"""Who plays: names, ports and addresses of one play, drawn from its seed."""

import random
from collections.abc import Mapping

from why503.diagnosis.scenario import Scenario, Topology
from why503.proof.address import Block
from why503.support.dataclass import dataclass

_SERVICES = ("reviews", "ledger", "catalogue", "tickets", "pricing", "stock", "profiles", "search")
_CALLERS = ("storefront", "basket", "planner", "mobile-api", "reporter", "scheduler")
_NAMESPACES = ("shop", "booking", "billing", "media")
_PATHS = ("/api/items", "/v1/query", "/lookup", "/v2/entries", "/report/daily")
_PORTS = (8080, 9080, 8000, 3000, 7070, 5000)
_AGENTS = ("Go-http-client/1.1", "okhttp/4.12.0", "python-requests/2.32.3", "axios/1.7.9")
_EXTERNALS = ("api.payments.example.com", "rates.example.net", "geo.example.org")
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, kw_only=True)
class Pod:
    """One pod on stage."""

    folder: str
    """Its folder in the bundle."""
    name: str
    workload: str
    ip: str
    """Where its proxy listens; the pod's address in the record."""
    app_ip: str
    """Where its application listens."""
    node: str
    sidecar: bool


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Everybody in one play."""

    topology: Topology
    namespace: str
    service: str
    host: str
    port: int
    """Of the Service."""
    app_port: int
    """On which the application listens."""
    target: int
    """To which the Service sends; the application's port in a sound set-up."""
    service_ip: str
    """What the caller dials."""
    public_host: str
    path: str
    agent: str
    caller: Pod
    pods: tuple[Pod, ...]

    @property
    def cluster(self) -> str:
        """Name of the caller's cluster."""
        return f"outbound|{self.port}||{self.host}"

    @property
    def inbound(self) -> str:
        """Name of the server's cluster."""
        return f"inbound|{self.target}||"

    @property
    def called_host(self) -> str:
        """Authority of a call."""
        if self.topology is Topology.GATEWAY:
            return self.public_host
        return f"{self.host}:{self.port}"

    @property
    def words(self) -> Mapping[str, str]:
        """What texts of a scenario may name."""
        words = {
            "service": self.service,
            "namespace": self.namespace,
            "host": self.host,
            "port": str(self.port),
            "app_port": str(self.app_port),
            "target": str(self.target),
            "path": self.path,
            "caller": self.caller.workload,
            "caller_pod": self.caller.name,
            "caller_ip": self.caller.ip,
            "service_ip": self.service_ip,
            "cluster": self.cluster,
            "inbound": self.inbound,
            "public_host": self.public_host,
            "pod": self.pods[0].name,
            "pod_ip": self.pods[0].ip,
            "app_ip": self.pods[0].app_ip,
        }
        for number, pod in enumerate(self.pods, 1):
            words |= {f"pod{number}": pod.name, f"pod{number}_ip": pod.ip}
            words[f"app{number}_ip"] = pod.app_ip
        return words


def cast(scenario: Scenario, block: Block, seed: int) -> Cast:
    """The cast of a scenario; the same seed gives the same names."""
    draw = random.Random(f"cast/{seed}")  # noqa: S311 - names, not secrets
    topology = scenario.topology
    namespace, service = draw.choice(_NAMESPACES), draw.choice(_SERVICES)
    port, app_port = draw.choice(_PORTS), draw.choice(_PORTS)
    outside = topology is Topology.EXTERNAL
    host = draw.choice(_EXTERNALS) if outside else f"{service}.{namespace}.svc.cluster.local"
    sidecar = topology in {Topology.SIDECARS, Topology.GATEWAY}
    gateway = topology is Topology.GATEWAY
    caller = "istio-ingressgateway" if gateway else draw.choice(_CALLERS)
    pods = tuple(
        Pod(
            folder="server" if index == 0 else f"server-{index + 1}",
            name=_pod_name(service, draw),
            workload=service,
            ip=block.outside(index) if outside else block.pod(index + 1),
            app_ip=_app_ip(block, index, outside=outside, sidecar=sidecar),
            node=f"node-{index + 2}",
            sidecar=sidecar,
        )
        for index in range(len(scenario.servers))
    )
    return Cast(
        topology=topology,
        namespace=namespace,
        service=host.split(".")[0] if outside else service,
        host=host,
        port=port,
        app_port=port if outside else app_port,
        target=scenario.target_port or (port if outside else app_port),
        service_ip=block.service(),
        public_host=f"{service}.example.com",
        path=draw.choice(_PATHS),
        agent=draw.choice(_AGENTS),
        caller=Pod(
            folder="client",
            name=_pod_name(caller, draw),
            workload=caller,
            ip=block.pod(0),
            app_ip=block.app(0),
            node="node-1",
            sidecar=True,
        ),
        pods=pods,
    )


def _app_ip(block: Block, index: int, *, outside: bool, sidecar: bool) -> str:
    if outside:
        return block.outside(index)
    return block.app(index + 1) if sidecar else block.pod(index + 1)


def _pod_name(workload: str, draw: random.Random) -> str:
    def word(length: int) -> str:
        return "".join(draw.choice(_LETTERS) for _ in range(length))

    return f"{workload}-{word(10)}-{word(5)}"
