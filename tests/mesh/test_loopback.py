from tests.mesh.make import line_of, mesh_of
from why503.mesh.loopback import loopback_clusters

ENVOY = """
static_resources:
  clusters:
  - name: far
    load_assignment:
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: far.example, port_value: 80}}}
  - name: near
    hosts: [{socket_address: {address: localhost, port_value: 9000}}]
  listeners:
  - address: {socket_address: {address: 127.0.0.1, port_value: 15000}}
"""


def test_a_static_cluster_on_the_own_machine_is_named_with_its_port():
    (found,) = loopback_clusters(mesh_of(ENVOY))
    assert found.value == "localhost:9000"
    assert found.source is not None
    assert found.source.line == line_of(ENVOY, "clusters:")


def test_odd_configuration_is_no_cluster():
    assert loopback_clusters(mesh_of("clusters: [1, {socket_address: 3}, {a: {b: []}}]\n")) == ()
