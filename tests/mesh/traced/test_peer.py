from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, proxy, push_of
from why503.mesh.traced.peer import peer_modes

MESH = obj("PeerAuthentication", "m", "{mtls: {mode: STRICT}}", "istio-system")
SPACE = obj("PeerAuthentication", "n", "{mtls: {mode: DISABLE}}")
OWN = obj(
    "PeerAuthentication",
    "w",
    "{selector: {matchLabels: {app: quay}}, mtls: {mode: UNSET}, "
    "portLevelMtls: {8080: {mode: PERMISSIVE}, 9: {mode: UNSET}}}",
)


def modes(text, name="deploy/quay"):
    push = push_of(BASE + text)
    return peer_modes(push, proxy(push, name))


def test_the_nearer_policy_goes_first_and_unset_asks_the_next():
    assert modes("").usual.value == "PERMISSIVE"
    assert modes(MESH).usual.value == "STRICT"
    assert modes(MESH + SPACE).usual.by == "PeerAuthentication shop/n"
    found = modes(MESH + SPACE + OWN)
    assert (found.usual.value, found.at(8080).value, found.at(9).value) == (
        "DISABLE",
        "PERMISSIVE",
        "DISABLE",
    )


def test_a_selector_is_for_its_workloads_only():
    assert modes(OWN, "deploy/desk").at(8080).default


def test_a_wrong_mode_is_no_mode():
    odd = obj("PeerAuthentication", "n", "{mtls: {mode: MUTUAL}}")
    assert modes(odd).usual.default
