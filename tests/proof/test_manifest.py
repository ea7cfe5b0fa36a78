import pytest
import yaml

from tests.proof.build import players, scenario
from why503.diagnosis.scenario import Inbound, Server, Topology
from why503.proof.manifest import manifests


def objects(**parts):
    cast = players(**parts)
    found = manifests(scenario(**parts), cast, "1.27.1")
    return cast, {name: list(yaml.safe_load_all(text)) for name, text in found.items()}


@pytest.mark.parametrize("topology", Topology)
def test_every_object_is_yaml_with_kind_and_name(topology):
    _cast, found = objects(topology=topology, callee_tls=Inbound.STRICT)
    for documents in found.values():
        assert all(one["kind"] and one["metadata"]["name"] for one in documents)


def test_the_set_up_is_told_whole():
    cast, found = objects(servers=(Server(), Server()))
    assert len(found["pod.yaml"]) == 3
    assert found["service.yaml"][0]["spec"]["ports"][0]["targetPort"] == cast.target
    assert len(found["endpointslice.yaml"][0]["endpoints"]) == 2
    assert "peerauthentication.yaml" not in found


def test_an_outside_host_is_a_service_entry():
    cast, found = objects(topology=Topology.EXTERNAL)
    assert found["serviceentry.yaml"][0]["spec"]["hosts"] == [cast.host]
    assert "service.yaml" not in found


def test_objects_of_the_scenario_are_files_of_their_kind():
    text = "\n    kind: DestinationRule\n    metadata:\n      name: a\n"
    _cast, found = objects(objects=(text, text))
    assert found["destinationrule.yaml"] == [{"kind": "DestinationRule", "metadata": {"name": "a"}}]
    assert "1-destinationrule.yaml" in found
