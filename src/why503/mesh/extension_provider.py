"""Services that a proxy has to ask before a request may pass: providers, and who refers to them."""

from why503.facts import Manifest, Source
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_configs
from why503.mesh.selection import scoped
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.support.dataclass import dataclass

_KINDS = ("envoyExtAuthzHttp", "envoyExtAuthzGrpc")


@dataclass(frozen=True, kw_only=True)
class Provider:
    """An external authorization service in the mesh config's `extensionProviders`."""

    name: str
    kind: str
    """`envoyExtAuthzHttp` or `envoyExtAuthzGrpc`."""
    service: str
    """Host, without the namespace that may stand before it."""
    port: int | None
    timeout: str
    """As written; ``""`` where it is not set."""
    fail_open: bool
    source: Source


def authz_providers(mesh: Mesh) -> tuple[Provider, ...] | None:
    """Providers of external authorization; None where no mesh config lists extension providers."""
    found: list[Provider] = []
    listed = False
    for manifest, base in mesh_configs(mesh):
        path = (*base, "extensionProviders")
        listed = listed or isinstance(manifest.get(*path), list)
        for index, entry in manifest.items(*path):
            for kind in _KINDS:
                fields = mapping_of(mapping_of(entry).get(kind))
                if fields:
                    found.append(
                        Provider(
                            name=word_of(mapping_of(entry).get("name")),
                            kind=kind,
                            service=word_of(fields.get("service")).rpartition("/")[2],
                            port=whole_number(fields.get("port")),
                            timeout=word_of(fields.get("timeout")),
                            fail_open=fields.get("failOpen") is True,
                            source=manifest.where(*path, index, kind),
                        )
                    )
    return tuple(found) if listed else None


def provider_of(policy: Manifest) -> str:
    """Name of the provider that a CUSTOM AuthorizationPolicy refers to; else ``""``."""
    if word_of(policy.get("spec", "action")) != "CUSTOM":
        return ""
    return word_of(policy.get("spec", "provider", "name"))


def custom_policies(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """AuthorizationPolicies with action CUSTOM for the workloads of ``host``; all for ``""``."""
    policies = mesh.manifests("AuthorizationPolicy")
    if host:
        selector = ("spec", "selector", "matchLabels")
        policies = tuple(
            found.manifest for found in scoped(mesh, "AuthorizationPolicy", host, *selector)
        )
    return tuple(policy for policy in policies if policy.get("spec", "action") == "CUSTOM")


def undefined_providers(mesh: Mesh) -> tuple[tuple[Manifest, str], ...]:
    """CUSTOM policies with the provider that the given mesh config lacks.

    Empty where no mesh config with extension providers was given.
    """
    known = authz_providers(mesh)
    if known is None:
        return ()
    names = {provider.name for provider in known}
    return tuple(
        (policy, provider_of(policy))
        for policy in mesh.manifests("AuthorizationPolicy")
        if provider_of(policy) and provider_of(policy) not in names
    )
