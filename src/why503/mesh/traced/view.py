"""Where a proxy's configuration is taken from: its own dump, else what istiod makes of YAML."""

from typing import Protocol

from why503.mesh.traced.config import ProxyConfig
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.gateway_listener import gateway_config
from why503.mesh.traced.outbound import outbound_config
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.upstream import Upstream, upstream_of


class View(Protocol):
    """Where a proxy's configuration is taken from."""

    def config(self, port: int) -> ProxyConfig:
        """Its listeners and routes, as far as ``port`` needs them."""

    def upstream(self, name: str) -> Upstream:
        """One of its clusters."""


class OfYaml:
    """The configuration that istiod would make of YAML."""

    def __init__(self, push: Push, proxy: Proxy) -> None:
        """``proxy``: whose."""
        self.push = push
        self.proxy = proxy

    def config(self, port: int) -> ProxyConfig:
        """Listeners and routes of a gateway, or of a sidecar towards ``port``."""
        if self.proxy.gateway:
            return gateway_config(self.push, self.proxy)
        return outbound_config(self.push, self.proxy, port)

    def upstream(self, name: str) -> Upstream:
        """The cluster of this name."""
        return upstream_of(self.push, self.proxy, name)


def view_of(push: Push, proxy: Proxy) -> View:
    """What the proxy has loaded, where its dump is given; else what YAML makes of it."""
    dump = Dump(push, proxy.teller)
    return dump if proxy.teller and dump.shown else OfYaml(push, proxy)
