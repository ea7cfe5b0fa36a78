from tests.mesh.build import RESET, inbound, log, manifest, mesh, outbound
from why503.facts import AccessLog, Manifest, ProxyEvent

UC = {"details": RESET + "{connection_termination}"}


def test_facts_and_objects_are_asked_by_kind_and_the_question_is_recorded() -> None:
    found = mesh(manifest("Service", "a"), manifest("Pod", "b"), log())
    with found.watched() as asked:
        assert [m.name for m in found.manifests("Service")] == ["a"]
        assert found.has("Gateway", "Pod")
        assert found.facts(ProxyEvent) == ()
        assert len(found.facts(Manifest)) == 2
        found.manifests("")
    assert asked == {"Service", "Gateway", "Pod", "ProxyEvent", "Manifest", "fragment"}
    assert len(found.facts(AccessLog)) == len(found.logs) == 1


def test_what_the_hops_ask_is_no_causes_claim() -> None:
    found = mesh(log(outbound(503, "UC", **UC)))
    with found.watched() as asked:
        assert found.hops
    assert asked == set()


def test_hosts_that_a_proxy_serves_are_known() -> None:
    assert mesh(log(inbound(503, "UC", **UC)), log(outbound())).served == {"orders"}
