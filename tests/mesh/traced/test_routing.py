from tests.mesh.make import mesh_of, obj
from why503.mesh.traced.routing import gateway_name, virtual_services


def test_names_are_completed_with_the_objects_namespace():
    spec = (
        "{hosts: [quay, '*.example'], gateways: [gw, web/other, mesh], http: ["
        "{match: [{gateways: [gw]}], mirror: {host: pier}, mirrors: [{destination: {host: dock}}],"
        " route: [{destination: {host: quay, subset: v1, port: {number: 80}}, weight: 3}]}]}"
    )
    (found,) = virtual_services(mesh_of(obj("VirtualService", "a", spec)), "web")
    assert found.hosts == ("quay.shop.svc.cluster.local", "*.example")
    assert found.gateways == {"shop/gw", "web/other", "mesh"}
    (rule,) = found.http
    assert rule.matches[0]["gateways"] == ["shop/gw"]
    (target,) = rule.targets
    assert (target.host, target.subset, target.port, target.weight) == (
        "quay.shop.svc.cluster.local",
        "v1",
        80,
        3,
    )
    assert [one.share for one in rule.mirrors] == [100.0, 100.0]
    assert all(one.target.source is not None for one in rule.mirrors)
    assert [one.target.host.partition(".")[0] for one in rule.mirrors] == ["pier", "dock"]


def test_without_gateways_it_is_for_sidecars():
    (found,) = virtual_services(mesh_of(obj("VirtualService", "a", "{hosts: [a]}")), "web")
    assert found.gateways == {"mesh"}


def test_old_names_of_gateways_are_understood():
    assert gateway_name("gw.web.svc.cluster.local", "shop") == "web/gw"
    assert gateway_name("mesh", "shop") == "mesh"


def test_the_share_of_a_copy_is_taken_as_written():
    spec = (
        "{hosts: [quay], http: [{mirror: {host: pier}, mirrorPercentage: {value: 25}}, "
        "{mirror: {host: pier}, mirrorPercent: 7}, "
        "{mirrors: [{destination: {host: pier}, percentage: {value: 0.5}}]}]}"
    )
    (found,) = virtual_services(mesh_of(obj("VirtualService", "a", spec)), "shop")
    assert [rule.mirrors[0].share for rule in found.http] == [25.0, 7.0, 0.5]
