import pytest

from tests.mesh.build import log, outbound
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.gateway_edit import agreement

GATEWAY = obj("Gateway", "public", '{servers: [{port: {number: 80}, hosts: ["*.example.com"]}]}')


def edits(route):
    line = outbound(404, "NR", authority="shop.example.org", upstream_cluster="")
    mesh = mesh_of(GATEWAY + obj("VirtualService", "shop", route), log(line))
    return agreement(mesh.hops[0], mesh)


@pytest.mark.parametrize(
    ("route", "path", "value"),
    [
        (
            "{hosts: [shop.example.org], gateways: [public]}",
            ("spec", "servers", 0, "hosts"),
            "shop.example.org",
        ),
        (
            "{hosts: [shop.example.org], gateways: [other/public]}",
            ("spec", "gateways", 0),
            "shop/public",
        ),
    ],
)
def test_a_host_is_opened_and_a_gateway_called_by_its_name(route, path, value):
    (edit,) = edits(route)
    assert (edit.path, edit.value) == (path, value)


def test_a_route_for_another_host_is_left_alone():
    assert edits("{hosts: [shop.example.net], gateways: [public]}") == ()
