from tests.mesh.make import obj
from tests.mesh.traced.loaded import dump
from tests.mesh.traced.world import BASE, CLUSTER, INGRESS, proxy, push_of
from why503.mesh.traced.dumped import Dump
from why503.mesh.traced.view import OfYaml, view_of


def test_a_dump_goes_before_yaml():
    push = push_of(BASE, *dump())
    assert isinstance(view_of(push, proxy(push)), Dump)
    bare = push_of(BASE)
    assert isinstance(view_of(bare, proxy(bare)), OfYaml)


def test_yaml_gives_a_gateway_its_servers_and_a_sidecar_the_services():
    gate = obj(
        "Gateway",
        "gw",
        "{selector: {istio: ingressgateway}, servers: "
        "[{port: {number: 80, protocol: HTTP}, hosts: ['*']}]}",
    )
    push = push_of(BASE + INGRESS + gate)
    ports = [one.port for one in view_of(push, proxy(push, "deploy/ingress")).config(80).listeners]
    assert ports == [80]
    names = {one.name for one in view_of(push, proxy(push)).config(9080).listeners}
    assert names == {"0.0.0.0_9080", "virtualOutbound"}
    assert view_of(push, proxy(push)).upstream(CLUSTER).exists
