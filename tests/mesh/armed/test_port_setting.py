from dataclasses import replace

from tests.mesh.make import mesh_of, obj, odd
from why503.facts import Bundle
from why503.mesh.armed.port_setting import settings_for_no_port
from why503.mesh.mesh import Mesh

SERVICE = obj("Service", "web", "{ports: [{port: 80, targetPort: 8080}, {port: 443}]}")


OWN = "trafficPolicy: {}"
OF_SUBSET = "subsets: [{{name: v1, trafficPolicy: {}}}]"


def rule(port, host="web", base=OWN):
    level = f"{{portLevelSettings: [{{port: {{number: {port}}}}}]}}"
    return obj("DestinationRule", "web", f"{{host: {host}, {base.format(level)}}}")


def found(text):
    return [dict(one.values) for one in settings_for_no_port(mesh_of(text))]


def test_a_port_of_the_pod_is_none_of_the_service():
    (told,) = found(SERVICE + rule(8080))
    assert (told["port"], told["ports"]) == ("8080", "80, 443")
    assert found(SERVICE + rule(443)) == []


def test_a_subset_s_settings_are_looked_at_too():
    assert len(found(SERVICE + rule(8080, base=OF_SUBSET))) == 1


def test_ports_of_service_entries_count():
    entry = obj("ServiceEntry", "out", "{hosts: [api.example], ports: [{number: 443}]}")
    assert found(entry + rule(443, "api.example")) == []
    assert len(found(entry + rule(8443, "api.example"))) == 1


def test_hosts_that_are_not_given_or_stand_for_many_are_left_alone():
    assert found(rule(8080)) == []
    assert found(SERVICE + rule(8080, '"*.shop.svc.cluster.local"')) == []
    whole = mesh_of(SERVICE + rule(8080)).bundle.facts
    cut = Mesh(Bundle(facts=tuple(replace(fact, partial=True) for fact in whole)))
    assert list(settings_for_no_port(cut)) == []


def test_odd_rules_are_survived():
    assert list(settings_for_no_port(odd("DestinationRule", "{host: web, subsets: [7]}"))) == []
