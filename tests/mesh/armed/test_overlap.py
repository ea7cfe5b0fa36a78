import pytest

from tests.mesh.make import mesh_of, obj
from why503.mesh.armed.overlap import (
    rival_entries,
    rival_gateways,
    rival_peer_policies,
    rival_sidecars,
    rivals_for_host,
    rules_for_one_host,
)


def policy(name, made=""):
    text = obj("PeerAuthentication", name, "{mtls: {mode: STRICT}}")
    stamp = f'shop, creationTimestamp: "{made}"' if made else "shop"
    return text.replace("namespace: shop", f"namespace: {stamp}")


def aside(text):
    return [one.values["policy"] for one in rival_peer_policies(mesh_of(text))]


def test_the_older_of_two_policies_is_in_force():
    young, old = policy("young", "2026-02-01T00:00:00Z"), policy("old", "2026-01-01T00:00:00Z")
    assert aside(young + old) == aside(old + young) == ["PeerAuthentication shop/young"]


def test_without_dates_the_first_is_taken_for_the_older_one():
    assert aside(policy("a") + policy("b")) == ["PeerAuthentication shop/b"]


GATEWAY = obj(
    "Gateway", "a", "{selector: {istio: in}, servers: [{port: {number: 80}, hosts: [b.example]}]}"
)
SAME_TWICE = {
    rivals_for_host: obj("VirtualService", "a", "{hosts: [b]}"),
    rules_for_one_host: obj("DestinationRule", "a", "{host: b, trafficPolicy: {tls: {mode: A}}}"),
    rival_sidecars: obj("Sidecar", "a", "{egress: []}"),
    rival_peer_policies: policy("a"),
    rival_gateways: GATEWAY,
}


@pytest.mark.parametrize("finder", SAME_TWICE, ids=lambda finder: finder.__name__)
def test_one_object_that_is_given_twice_is_no_rival_of_itself(finder):
    text = SAME_TWICE[finder]
    assert list(finder(mesh_of(text + text))) == []
    assert len(list(finder(mesh_of(text + text.replace("name: a,", "name: z,"))))) == 1


def test_an_entry_in_two_states_is_no_rival_of_itself():
    spec = "{hosts: [b.example], ports: [{number: 80, name: p, protocol: TCP}]}"
    entry = obj("ServiceEntry", "a", spec)
    changed = entry.replace("TCP", "HTTP")
    assert list(rival_entries(mesh_of(entry + changed))) == []
    assert len(list(rival_entries(mesh_of(entry + changed.replace("name: a,", "name: z,"))))) == 1
