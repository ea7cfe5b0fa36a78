from tests.mesh.build import RESET, inbound, log, manifest, mesh, outbound
from why503.facts import AccessLog, Manifest, ProxyEvent, ProxyEventKind, Source

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


def test_events_are_asked_by_what_they_tell_in_the_order_of_the_evidence() -> None:
    kinds = [ProxyEventKind.STARTED, ProxyEventKind.DRAINING, ProxyEventKind.OTHER]
    events = [
        ProxyEvent(source=Source(path="a", line=line), kind=kind, teller="a")
        for line, kind in enumerate([*kinds, *kinds])
    ]
    found = mesh(*events)
    with found.watched() as asked:
        told = found.events(ProxyEvent, ProxyEventKind.OTHER, ProxyEventKind.STARTED)
    assert [event.source.line for event in told] == [0, 2, 3, 5]
    assert found.events(ProxyEvent, ProxyEventKind.DRAINING) == (events[1], events[4])
    assert asked == {"ProxyEvent"}


def test_what_is_kept_is_made_once_and_whoever_gets_it_asked_for_what_it_rests_on() -> None:
    found = mesh(manifest("Service", "a"))
    made: list[str] = []

    def names() -> list[str]:
        made.append("made")
        return [service.name for service in found.manifests("Service")]

    for _time in range(2):
        with found.watched() as asked:
            assert found.kept("outer", lambda: found.kept("names", names)) == ["a"]
        assert asked == {"Service"}
    assert made == ["made"]


def test_what_is_kept_about_one_thing_is_not_that_of_an_equal_one() -> None:
    found = mesh()
    one, other = [1], [1]
    assert found.kept("place", lambda: "first", one) == "first"
    assert found.kept("place", lambda: "second", other) == "second"
    assert found.kept("place", lambda: "third", one) == "first"
