import pytest

from tests.mesh.make import mesh_of
from why503.mesh.port_mismatch import port_mismatch, port_mismatches

TOLD = """\
kind: Service
metadata: {name: orders, namespace: shop}
spec:
  selector: {app: orders}
  ports: [{port: 80, targetPort: TARGET}]
---
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  template:
    metadata: {labels: {app: orders}}
    spec:
      containers: [{name: orders, ports: [{containerPort: 8080}]}]
"""


@pytest.mark.parametrize(("target", "found"), [("9090", [(9090, "8080", "orders")]), ("8080", [])])
def test_a_port_that_no_container_declares_is_told_with_those_that_are(target, found):
    mesh = mesh_of(TOLD.replace("TARGET", target))
    told = list(port_mismatches(mesh))
    assert [(one.target, one.ports, one.workload) for one in told] == found
    assert all(one.sources for one in told)


def test_containers_without_ports_disagree_with_nothing():
    mesh = mesh_of(TOLD.replace("TARGET", "9090").replace(", ports: [{containerPort: 8080}]", ""))
    assert port_mismatch(mesh, "orders.shop", 9090) is None
