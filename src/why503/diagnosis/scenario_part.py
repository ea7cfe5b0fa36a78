"""Parts that many scenarios are made of: objects of Istio as YAML, and places deep in Envoy's."""

import textwrap
from typing import Any

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


def http_options(**options: Any) -> dict[str, Any]:
    """Overlay of a cluster: fields of Envoy's `HttpProtocolOptions`, which are merged."""
    return {"typed_extension_protocol_options": {_OPTIONS: options}}


def idle_timeout(value: Any) -> dict[str, Any]:
    """Overlay of a cluster: after which idleness it gives up a connection."""
    return http_options(common_http_protocol_options={"idle_timeout": value})


def _object(kind: str, spec: str) -> str:
    head = f"apiVersion: networking.istio.io/v1\nkind: {kind}\nmetadata:\n"
    return f"{head}  name: {{service}}\n  namespace: {{namespace}}\nspec:\n{spec}"


def _block(text: str, blanks: int) -> str:
    return textwrap.indent(textwrap.dedent(text).strip("\n"), " " * blanks) + "\n"
