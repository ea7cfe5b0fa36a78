import pytest

from tests.mesh.make import manifests, mesh_of, obj
from why503.diagnosis.egress_edit import host_let_in, resolved_by_name

TEXT = obj("Sidecar", "default", '{egress: [{hosts: ["./*"]}]}')


@pytest.mark.parametrize(
    ("namespace", "host", "value"),
    [
        ("blue", "users.blue.svc.cluster.local", "blue/users.blue.svc.cluster.local"),
        ("blue", "users.blue", "blue/users.blue.svc.cluster.local"),
    ],
)
def test_a_host_is_added_by_its_full_name(namespace, host, value):
    (one,) = manifests(TEXT)
    place = one.where("spec", "egress")
    (append,) = host_let_in(mesh_of(TEXT), place, namespace, host)
    assert (append.path, append.value) == (("spec", "egress", 0, "hosts"), value)
    assert host_let_in(mesh_of(TEXT), place, namespace, "10.0.0.1") == ()
    assert host_let_in(mesh_of(TEXT), None, namespace, host) == ()


@pytest.mark.parametrize(("resolution", "count"), [("NONE", 1), ("DNS", 0), ("STATIC", 0)])
def test_an_entry_that_resolves_nothing_resolves_the_name(resolution, count):
    text = obj("ServiceEntry", "out", f"{{hosts: [a.example], resolution: {resolution}}}")
    found = resolved_by_name(mesh_of(text), "a.example")
    assert [put.value for put in found] == ["DNS"] * count
