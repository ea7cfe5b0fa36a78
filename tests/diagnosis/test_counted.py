from tests.diagnosis.fake import cause
from why503.diagnosis.cause import At, Weight
from why503.diagnosis.counted import Counts
from why503.facts import Bundle, Counter, Request, Source, Witness
from why503.mesh import Mesh


def counter(flag, value=3.0, reporter="source"):
    labels = (("reporter", reporter), ("response_flags", flag))
    source = Source(path="stats.txt", line=4)
    return Counter(
        source=source, teller="a", name="istio_requests_total", value=value, labels=labels
    )


def signed(name, *signs, at=At.LEG):
    return cause(name, SIGNS=frozenset(signs), AT=at)


def hits(catalogue, *facts):
    mesh = Mesh(Bundle(facts=facts))
    counts = Counts(mesh.hops[0], mesh, catalogue)
    return {one.ID: list(counts.hits(one)) for one in catalogue}


def test_a_counted_flag_speaks_for_the_causes_it_signs():
    catalogue = [signed("a", "UO"), signed("b", "NR")]
    found = hits(catalogue, counter("UO"))
    (hit,) = found["a"]
    assert hit.clue.weight is Weight.SPEAKS_FOR
    assert "3 requests with UO" in hit.text
    assert hit.sources[0].line == 4
    assert found["b"] == []


def test_a_flag_of_many_causes_only_hints_at_each():
    catalogue = [signed(name, "UC") for name in "abc"]
    found = hits(catalogue, counter("UC"))
    assert {hit.clue.weight for told in found.values() for hit in told} == {Weight.HINTS}


def test_what_only_callers_count_is_no_applications_failure():
    catalogue = [signed("app", "UC", at=At.APP), signed("leg", "UC")]
    found = hits(catalogue, counter("UC"), counter("-", 90.0, "destination"))
    assert found["app"] == []
    assert "between the proxies" in found["leg"][0].text


def test_nothing_is_said_where_the_requests_are_known():
    source = Source(path="a.log", line=1)
    told = Request(source=source, witness=Witness.CLIENT, code=503, authority="orders:80")
    assert hits([signed("a", "UO")], counter("UO"), told)["a"] == []
