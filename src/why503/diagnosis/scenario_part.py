"""Parts that many scenarios are made of: objects of Istio as YAML, and places deep in Envoy's."""

import textwrap
from typing import Any

from why503.diagnosis.scenario import (
    Act,
    Answer,
    Call,
    Cure,
    Knob,
    Listening,
    Load,
    Number,
    Seconds,
    Server,
    Side,
    Step,
    Times,
)

_TYPE = "type.googleapis.com/"
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def destination_rule(policy: str) -> str:
    """A DestinationRule for the service; ``policy`` is what stands under `trafficPolicy`."""
    return _object("DestinationRule", "  host: {host}\n  trafficPolicy:\n" + _block(policy, 4))


def subsets(*names: str) -> str:
    """A DestinationRule for the service that tells its pods apart by their label `version`."""
    listed = "".join(f"  - name: {name}\n    labels:\n      version: {name}\n" for name in names)
    return _object("DestinationRule", f"  host: {{host}}\n  subsets:\n{listed}")


def virtual_service(http: str) -> str:
    """A VirtualService for the service; ``http`` is the list under `http`."""
    return _object("VirtualService", "  hosts:\n  - {host}\n  http:\n" + _block(http, 2))


def beta_to_subset() -> str:
    """A VirtualService: what begins with `/beta` below the path goes to the subset `v2`."""
    return virtual_service(
        """
        - name: beta
          match:
          - uri:
              prefix: {path}/beta
          route:
          - destination:
              host: {host}
              subset: v2
        - route:
          - destination:
              host: {host}
        """
    )


def first_pod(*, ready: bool) -> str:
    """The Service's EndpointSlice with its first pod only, ready or not."""
    return f"""\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
addressType: IPv4
metadata:
  name: {{service}}-x7k2p
  namespace: {{namespace}}
  labels:
    kubernetes.io/service-name: {{service}}
endpoints:
- addresses: [{{pod_ip}}]
  conditions:
    ready: {str(ready).lower()}
ports:
- name: http
  port: {{target}}
"""


def requests_per_connection(most: int) -> dict[str, Any]:
    """Overlay of a cluster: after how many requests it gives up a connection."""
    return http_options(common_http_protocol_options={"max_requests_per_connection": most})


def caller_given(at: Number, **overlay: Any) -> Step:
    """The step that hands another configuration to the caller's proxy."""
    return Step(at=at, act=Act.CHANGE, side=Side.CALLER, overlay=overlay)


def route_to(name: str, path: str, cluster: str) -> dict[str, Any]:
    """A route, for an overlay's `routes`: what begins with ``path`` goes to ``cluster``."""
    action = {"cluster": cluster, "timeout": "0s"}
    return {"name": name, "match": {"prefix": path}, "route": action}


def http_options(**options: Any) -> dict[str, Any]:
    """Overlay of a cluster: fields of Envoy's `HttpProtocolOptions`, which are merged."""
    return {"typed_extension_protocol_options": {_OPTIONS: options}}


def idle_timeout(value: Any) -> dict[str, Any]:
    """Overlay of a cluster: after which idleness it gives up a connection."""
    return http_options(common_http_protocol_options={"idle_timeout": value})


def slow_half(
    name: str, limit: Knob, factor: float = 3, *, others: Answer | None = None, **load: Any
) -> dict[str, Any]:
    """Parts of a scenario: every other request is for ``name``, and its answer takes too long.

    It takes ``factor`` times ``limit``; ``others`` is the server's answer to the rest, ``load``
    what more there is to say of the requests.
    """
    path = f"{{path}}/{name}"
    slow = Answer(path=path, delay=Times(of=limit, factor=factor))
    return {
        "servers": (Server(answers=(slow, others or Answer())),),
        "load": Load(calls=(Call(), Call(path=path)), requests=12, workers=2, **load),
    }


def silent_server(limit: Knob) -> dict[str, Any]:
    """Parts of a scenario: the server's packets vanish, and the caller's proxy waits ``limit``."""
    return {
        "servers": (Server(listening=Listening.SILENT),),
        "load": Load(requests=6, workers=2),
        "caller": {"cluster": {"connect_timeout": Seconds(limit)}},
        "cure": Cure(servers=(Server(),)),
    }


def secret_server() -> dict[str, Any]:
    """Overlay of a proxy: the static cluster of its agent, which serves secrets; nobody answers."""
    served = {
        "name": "sds-grpc",
        "type": "STATIC",
        "connect_timeout": "1s",
        **http_options(explicit_http_config={"http2_protocol_options": {}}),
        "load_assignment": {"cluster_name": "sds-grpc"},
    }
    served["typed_extension_protocol_options"][_OPTIONS]["@type"] = _TYPE + _OPTIONS
    return {"bootstrap": {"static_resources": {"clusters": [served]}}}


def secret_from_server(name: str) -> dict[str, Any]:
    """A secret that the proxy asks its agent for, and does without after a short wait."""
    service = {"envoy_grpc": {"cluster_name": "sds-grpc"}}
    source = {
        "api_type": "GRPC",
        "transport_api_version": "V3",
        "grpc_services": [service],
    }
    return {
        "name": name,
        "sds_config": {
            "resource_api_version": "V3",
            "initial_fetch_timeout": "0.2s",
            "api_config_source": source,
        },
    }


def _object(kind: str, spec: str) -> str:
    head = f"apiVersion: networking.istio.io/v1\nkind: {kind}\nmetadata:\n"
    return f"{head}  name: {{service}}\n  namespace: {{namespace}}\nspec:\n{spec}"


def _block(text: str, blanks: int) -> str:
    return textwrap.indent(textwrap.dedent(text).strip("\n"), " " * blanks) + "\n"
