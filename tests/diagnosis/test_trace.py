from tests.mesh.make import manifests, obj
from tests.mesh.traced.loaded import dump, endpoint
from tests.mesh.traced.world import BASE
from why503.diagnosis.trace import SCHEMA, asked_of, traced
from why503.facts import Bundle, Source, Unread


def answer(text, *facts, url="http://quay:9080/a", unread=()):
    asked = asked_of("GET", url, ["x: 1"], source="deploy/desk", address="", sni="")
    bundle = Bundle(facts=(*manifests(text), *facts), unread=unread)
    return traced(bundle, asked, namespace="shop")


def test_the_request_the_steps_and_the_end_are_told():
    found = answer(BASE)
    assert found.schema == SCHEMA
    assert (found.request.host, found.request.port, found.request.speech) == ("quay", 9080, "http")
    assert (found.request.tls, found.request.source) == (False, "deploy/desk")
    assert (found.configuration, found.outcome.id) == ("yaml", "passes")
    assert [step.kind for step in found.steps] == [
        "listener",
        "filter-chain",
        "virtual-host",
        "route",
    ]
    assert found.steps[0].source is not None
    assert found.branches[0].share == 100
    assert [step.kind for step in found.branches[0].steps[:2]] == ["cluster", "endpoint"]


def test_a_dump_goes_before_yaml_and_their_difference_is_told():
    moved = obj(
        "VirtualService", "quay", "{hosts: [quay], http: [{route: [{destination: {host: pier}}]}]}"
    )
    found = answer(BASE + moved, *dump(endpoint()))
    assert (found.configuration, found.outcome.passes) == ("loaded", True)
    (one,) = found.differences
    assert (one.why, len(one.sources)) == ("unknown", 2)


def test_what_is_assumed_left_out_or_unread_is_told():
    missed = Unread(source=Source(path="x.bin"), reason="`x.bin` is not text.")
    found = answer(obj("EnvoyFilter", "odd", "{}"), unread=(missed,))
    assert found.assumed
    assert "EnvoyFilter shop/odd" in found.not_modelled[0]
    assert found.unread[0].reason == "`x.bin` is not text."
    assert not found.outcome.sure
