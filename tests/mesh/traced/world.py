"""A small mesh for traces: a desk that calls a quay, and an ingress gateway."""

from tests.mesh.make import mesh_of, obj
from why503.facts import Fact
from why503.mesh.traced.asked import asked_of
from why503.mesh.traced.call import Call, Speech, Tls, Way
from why503.mesh.traced.proxy import Proxy, proxy_named
from why503.mesh.traced.push import Push
from why503.mesh.traced.step import Outcome, Traced
from why503.mesh.traced.tracing import overall, start, trace
from why503.mesh.traced.view import view_of

HOST = "quay.shop.svc.cluster.local"
CLUSTER = f"outbound|9080||{HOST}"


def workload(name: str, labels: str, *, sidecar: bool | None = True, port: str = "") -> str:
    """A Deployment; `labels` in flow style without braces."""
    marked = labels
    if sidecar is not None:
        marked += f", sidecar.istio.io/inject: '{str(sidecar).lower()}'"
    ports = f", ports: [{{name: web, containerPort: {port}}}]" if port else ""
    spec = (
        f"{{template: {{metadata: {{labels: {{{marked}}}}}, "
        f"spec: {{serviceAccountName: {name}, containers: [{{name: app{ports}}}]}}}}}}"
    )
    return obj("Deployment", name, spec)


def service(name: str, ports: str, more: str = "", namespace: str = "shop") -> str:
    """A Service whose selector is `app: NAME`."""
    spec = f"{{selector: {{app: {name}}}, ports: [{ports}]{more}}}"
    return obj("Service", name, spec, namespace)


DESK = workload("desk", "app: desk")
QUAY = service("quay", "{name: http, port: 9080, targetPort: 8080}") + workload(
    "quay", "app: quay, version: v1", port="8080"
)
INGRESS = (
    "---\nkind: Deployment\nmetadata: {name: ingress, namespace: shop}\n"
    "spec: {template: {metadata: {labels: {istio: ingressgateway}}, spec: {containers: []}}}\n"
)
BASE = DESK + QUAY


def push_of(text: str, *facts: Fact, namespace: str = "shop") -> Push:
    return Push(mesh_of(text, *facts), namespace)


def proxy(push: Push, name: str = "deploy/desk") -> Proxy:
    return proxy_named(push, name)


def call(port: int = 9080, way: Way = Way.OUTBOUND, **fields: object) -> Call:
    told: dict[str, object] = {"address": "10.9.9.9", "speech": Speech.HTTP, "tls": Tls.NONE}
    return Call(way=way, port=port, **{**told, **fields})  # type: ignore[arg-type]


def traced(push: Push, url: str, source: str = "deploy/desk", *headers: str, **more: str) -> Traced:
    asked = asked_of(
        more.get("method", "GET"),
        url,
        headers,
        source=source,
        address=more.get("address", ""),
        sni=more.get("sni", ""),
    )
    first = start(push, asked)
    return trace(push, first, asked, view_of(push, first))


def end(push: Push, url: str, source: str = "deploy/desk", *headers: str, **more: str) -> Outcome:
    return overall(traced(push, url, source, *headers, **more).branches)
