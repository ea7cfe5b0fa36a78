from tests.mesh.make import mesh_of, obj
from tests.mesh.traced.world import service
from why503.mesh.traced.registry import Resolution, services_of, visible


def only(text):
    (found,) = services_of(mesh_of(text), "shop")
    return found


def test_a_service_without_an_address_gets_a_name_for_it():
    found = only(service("quay", "{port: 80, name: http}"))
    assert found.host == "quay.shop.svc.cluster.local"
    assert found.addresses == ("<clusterIP of quay.shop>",)
    assert [(port.number, port.protocol) for port in found.ports] == [(80, "http")]
    assert found.port(81) is None


def test_headless_and_aliases_are_told_apart():
    headless = only(service("quay", "{port: 80, name: tcp}", ", clusterIP: None"))
    assert headless.headless
    assert headless.addresses == ("0.0.0.0",)
    text = obj("Service", "old", "{type: ExternalName, externalName: quay.shop.svc.cluster.local.}")
    alias, plain = services_of(mesh_of(text + service("quay", "{port: 80}")), "shop")
    assert alias.resolution is Resolution.ALIAS
    assert plain.aliases == (alias.host,)


def test_every_resolution_of_a_service_entry_is_known():
    for word, resolution in (
        ("STATIC", Resolution.ENDPOINTS),
        ("DNS", Resolution.DNS),
        ("DNS_ROUND_ROBIN", Resolution.DNS),
        ("DYNAMIC_DNS", Resolution.DYNAMIC),
        ("NONE", Resolution.NONE),
    ):
        spec = f"{{hosts: [a.example], resolution: {word}, ports: [{{number: 80, name: http}}]}}"
        found = only(obj("ServiceEntry", "a", spec))
        assert found.resolution is resolution
        assert found.external
        assert found.ports[0].protocol == ""  # its name says nothing there


def test_entries_for_one_host_are_one_service():
    one = obj("ServiceEntry", "a", "{hosts: [a.example], ports: [{number: 80, protocol: HTTP}]}")
    two = obj("ServiceEntry", "b", "{hosts: [a.example], ports: [{number: 443, protocol: TLS}]}")
    assert [port.number for port in only(one + two).ports] == [80, 443]


def test_a_range_of_one_address_is_that_address():
    spec = "{hosts: [a.example], addresses: [10.1.1.1/32, 10.2.3.4/16], ports: []}"
    assert only(obj("ServiceEntry", "a", spec)).addresses == ("10.1.1.1", "10.2.0.0/16")


def test_exports_reach_where_they_say():
    assert visible((), "a", "b")
    assert visible(("*",), "a", "b")
    assert visible((".",), "a", "a")
    assert not visible((".",), "a", "b")
    assert visible(("b",), "a", "b")
    assert not visible(("~",), "a", "a")
