from tests.evidence.fuzz import CONTEXT
from why503.evidence.istio_name import cluster_fact


def test_the_name_is_taken_apart():
    found = cluster_fact("inbound|8080||", CONTEXT, 7, "desk")
    assert (found.direction, found.port, found.host) == ("inbound", 8080, "")
    assert (found.teller, found.source.line) == ("desk", 7)


def test_a_name_that_is_not_istios_is_the_host():
    found = cluster_fact("shelf", CONTEXT, 1, "desk")
    assert (found.host, found.port, found.direction) == ("shelf", None, "")
