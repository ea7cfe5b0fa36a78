from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.extension_provider import (
    authz_providers,
    custom_policies,
    provider_of,
    undefined_providers,
)

CONFIG = """---
meshConfig:
  extensionProviders:
  - name: door
    envoyExtAuthzHttp: {service: guard/door.guard.svc.cluster.local, port: "8000", timeout: 0.3s}
  - name: traces
    zipkin: {service: zipkin, port: 9411}
"""
ASKED = obj("AuthorizationPolicy", "ask", "{action: CUSTOM, provider: {name: door}, rules: [{}]}")


def test_a_provider_is_read_with_service_port_and_timeout():
    (found,) = authz_providers(mesh_of(CONFIG)) or ()
    assert (found.name, found.service, found.port) == ("door", "door.guard.svc.cluster.local", 8000)
    assert (found.timeout, found.fail_open) == ("0.3s", False)


def test_a_piece_of_a_mesh_config_is_enough():
    piece = "extensionProviders:\n- name: door\n  envoyExtAuthzGrpc: {service: door, port: 9000}\n"
    assert [provider.kind for provider in authz_providers(mesh_of(piece)) or ()] == [
        "envoyExtAuthzGrpc"
    ]


def test_without_a_list_of_providers_nothing_is_undefined():
    assert authz_providers(mesh_of(ASKED)) is None
    assert undefined_providers(mesh_of(ASKED)) == ()


def test_a_policy_that_names_an_unknown_provider_is_found():
    other = ASKED.replace("name: door", "name: gate")
    assert [name for _, name in undefined_providers(mesh_of(other + CONFIG))] == ["gate"]
    assert undefined_providers(mesh_of(ASKED + CONFIG)) == ()


def test_only_custom_policies_for_the_host_are_given():
    denying = obj("AuthorizationPolicy", "deny", "{action: DENY, rules: [{}]}")
    mesh = mesh_of(ASKED + denying)
    assert [policy.name for policy in custom_policies(mesh, "orders.shop.svc.cluster.local")] == [
        "ask"
    ]
    assert custom_policies(mesh, "orders.bank.svc.cluster.local") == ()
    assert [policy.name for policy in custom_policies(mesh, "")] == ["ask"]


def test_only_a_custom_policy_has_a_provider():
    assert [provider_of(policy) for policy in mesh_of(ASKED).manifests("AuthorizationPolicy")] == [
        "door"
    ]
    assert undefined_providers(odd("AuthorizationPolicy", "{action: CUSTOM, provider: 7}")) == ()
