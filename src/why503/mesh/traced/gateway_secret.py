"""Secrets with a gateway's certificate that are in no file given."""

from collections.abc import Iterator

from why503.mesh.setting import word_of
from why503.mesh.traced.config import Chain
from why503.mesh.traced.gateway_listener import servers_of
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.support.text import _

_KUBERNETES = "kubernetes://"


def secrets_assumed(push: Push, proxy: Proxy, chain: Chain | None) -> Iterator[str]:
    """A sentence where the Secret of the server whose chain was taken is not given."""
    if chain is None or chain.tls is None:
        return
    given = {(push.space_of(one), one.name) for one in push.mesh.manifests("Secret")}
    for placed in servers_of(push, proxy).placed:
        name = word_of(placed.server.tls.get("credentialName")).removeprefix(_KUBERNETES)
        if placed.server.made != chain.made or not name:
            continue
        space = word_of(placed.server.tls.get("credentialNamespace")) or proxy.namespace
        if "://" in name or (space, name) in given:
            continue
        text = _(
            "Secret {name}, which {object} asks for, is taken to be in namespace {namespace} "
            "with a valid certificate."
        )
        yield text.format(name=name, object=chain.made.by, namespace=space)
        return
