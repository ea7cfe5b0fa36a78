from why503.facts import Bundle, Manifest, Source
from why503.mesh.candidate import candidates
from why503.mesh.mesh import Mesh


def rule(host):
    return Manifest(
        source=Source(path=host), kind="DestinationRule", name=host, data={"spec": {"host": host}}
    )


def test_candidates_are_those_of_the_first_label_and_wildcards_in_their_order():
    hosts = ["web", "*.shop", "api", "web.shop.svc.cluster.local", "*"]
    mesh = Mesh(Bundle(facts=tuple(map(rule, hosts))))
    found = [one.name for one in candidates(mesh, "DestinationRule", "WEB.shop")]
    assert found == ["web", "*.shop", "web.shop.svc.cluster.local", "*"]


def test_what_is_asked_is_noted_every_time():
    mesh = Mesh(Bundle(facts=(rule("a"), rule("b"))))
    candidates(mesh, "DestinationRule", "a")
    with mesh.watched() as asked:
        candidates(mesh, "DestinationRule", "a")
    assert asked == {"DestinationRule"}
