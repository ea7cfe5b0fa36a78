from tests.mesh.make import obj
from tests.mesh.traced.test_tracing import OUTSIDE
from tests.mesh.traced.world import BASE, end, push_of


def entry(more=""):
    spec = f"{{hosts: [a.example]{more}, ports: [{{number: 443, name: t, protocol: TLS}}]}}"
    return obj("ServiceEntry", "a", spec, "web")


def test_what_lets_nothing_else_out_is_named():
    for url in ("http://a.example:9080/", "tcp://a.example:70"):
        found = end(push_of(BASE + OUTSIDE), url)
        assert "REGISTRY_ONLY" in found.text
        assert "a.example" in found.text
        assert "only." not in found.text


def test_a_serviceentry_without_the_port_is_named():
    found = end(push_of(BASE + OUTSIDE + entry()), "http://a.example:9080/")
    assert found.text.endswith("ServiceEntry web/a has it on port 443 only.")


def test_a_serviceentry_that_is_not_exported_is_named():
    found = end(push_of(BASE + OUTSIDE + entry(", exportTo: ['.']")), "https://a.example/")
    assert found.text.endswith("ServiceEntry web/a is not exported to namespace shop.")


def test_a_sidecar_that_keeps_the_host_away_is_named():
    sidecar = obj("Sidecar", "narrow", "{egress: [{hosts: ['shop/*']}]}")
    found = end(push_of(BASE + OUTSIDE + entry() + sidecar), "https://a.example/")
    assert "Sidecar shop/narrow does not let" in found.text
