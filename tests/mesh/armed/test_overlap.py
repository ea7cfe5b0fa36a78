from tests.mesh.make import mesh_of, obj
from why503.mesh.armed.overlap import rival_peer_policies


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
