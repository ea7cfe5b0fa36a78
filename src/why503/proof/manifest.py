"""The Kubernetes objects of a play, as YAML, by file name."""

import textwrap
import time

from why503.diagnosis.scenario import Inbound, Scenario, Topology
from why503.proof.bootstrap import namespace_of
from why503.proof.cast import Cast, Pod

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {service}
  namespace: {namespace}
  labels:
    app: {service}
spec:
  clusterIP: {service_ip}
  selector:
    app: {service}
  ports:
  - name: http
    port: {port}
    targetPort: {target}
    protocol: TCP
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {workload}
  namespace: {namespace}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: {workload}
  template:
    metadata:
      labels:
        app: {workload}
        version: v1
        sidecar.istio.io/inject: '{inject}'
    spec:
      serviceAccountName: {workload}
      terminationGracePeriodSeconds: 30
      containers:
      - name: {workload}
        image: registry.example/{workload}:1.4.2
        ports:
        - containerPort: {app_port}
"""
_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {pod}
  namespace: {namespace}
  labels:
    app: {workload}
    version: v1
spec:
  nodeName: {node}
  containers:
  - name: {workload}
    image: registry.example/{workload}:1.4.2
    ports:
    - containerPort: {app_port}{proxy}
status:
  phase: Running
  podIP: {ip}
  startTime: '{started}'
  conditions:
  - type: Ready
    status: 'True'
  containerStatuses:
  - name: {workload}
    ready: true
    restartCount: 0
    state:
      running:
        startedAt: '{started}'
"""
_PROXY = "\n  - name: istio-proxy\n    image: registry.example/istio/proxyv2:{version}"
_SLICE = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
addressType: IPv4
metadata:
  name: {service}-x7k2p
  namespace: {namespace}
  labels:
    kubernetes.io/service-name: {service}
endpoints:
{endpoints}
ports:
- name: http
  port: {target}
  protocol: TCP
"""
_ENDPOINT = """\
- addresses:
  - {ip}
  conditions:
    ready: true
  targetRef:
    kind: Pod
    name: {pod}
    namespace: {namespace}"""
_PEER = """\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: {namespace}
spec:
  mtls:
    mode: {mode}
"""
_ENTRY = """\
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: {service}
  namespace: {namespace}
spec:
  hosts:
  - {host}
  location: MESH_EXTERNAL
  ports:
  - number: {port}
    name: http
    protocol: HTTP
  resolution: STATIC
  endpoints:
{endpoints}
"""
_AGE = 90 * 60
"""Seconds that the pods have been running when the play begins."""


def manifests(scenario: Scenario, cast: Cast, version: str) -> dict[str, str]:
    """Every object of the set-up, and those of the scenario; file name to YAML.

    A scenario's object stands for the set-up's own of its kind.
    """
    words = {**cast.words, "target": str(cast.target)}
    pods = [cast.caller, *(cast.pods if cast.topology is not Topology.EXTERNAL else ())]
    found = {"pod.yaml": "---\n".join(_pod(cast, pod, version) for pod in pods)}
    found["deployment.yaml"] = "---\n".join(
        _deployment(cast, pod) for pod in {pod.workload: pod for pod in pods}.values()
    )
    if cast.topology is Topology.EXTERNAL:
        lines = "\n".join(f"  - address: {pod.ip}" for pod in cast.pods)
        found["serviceentry.yaml"] = _ENTRY.format(**words, endpoints=lines)
    else:
        found["service.yaml"] = _SERVICE.format(**words)
        ready = [_ENDPOINT.format(ip=p.ip, pod=p.name, namespace=cast.namespace) for p in cast.pods]
        found["endpointslice.yaml"] = _SLICE.format(**words, endpoints="\n".join(ready))
    if scenario.callee_tls is not Inbound.PERMISSIVE:
        mode = scenario.callee_tls.value
        found["peerauthentication.yaml"] = _PEER.format(namespace=cast.namespace, mode=mode)
    stock = set(found)
    for number, text in enumerate(scenario.objects):
        name = _file_name(text, number, set(found) - stock)
        found[name] = textwrap.dedent(text).lstrip("\n")
    return found


def _pod(cast: Cast, pod: Pod, version: str) -> str:
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - _AGE))
    return _POD.format(
        pod=pod.name,
        namespace=namespace_of(cast, pod),
        workload=pod.workload,
        node=pod.node,
        app_port=cast.app_port,
        proxy=_PROXY.format(version=version) if pod.sidecar else "",
        ip=pod.ip,
        started=started,
    )


def _deployment(cast: Cast, pod: Pod) -> str:
    return _DEPLOYMENT.format(
        workload=pod.workload,
        namespace=namespace_of(cast, pod),
        replicas=1 if pod is cast.caller else len(cast.pods),
        inject=str(pod.sidecar).lower(),
        app_port=cast.app_port,
    )


def _file_name(text: str, number: int, taken: set[str]) -> str:
    kinds = [
        line.split(":")[1].strip()
        for line in text.splitlines()
        if line.lstrip().startswith("kind:")
    ]
    name = f"{(kinds or ['object'])[0].lower()}.yaml"
    return name if name not in taken else f"{number}-{name}"
