import pytest

from tests.mesh.build import inbound, log, mesh, outbound
from why503.diagnosis.clocks import clocks_of


def sentence(ahead: float, requests: int = 1) -> str:
    outer, inner = [], []
    for number in range(requests):
        one = f"id-{number}"
        outer.append(outbound(503, "UC", at=number + 0.5, duration=40.0, request_id=one))
        inner.append(inbound(503, "UC", at=number + 0.52 + ahead, request_id=one, line=7))
    (found,) = clocks_of(mesh(log(*outer), log(*inner)))
    assert found.least <= ahead <= found.most
    assert (found.source.path, found.source.line) == ("server.log", 7)
    return found.text


def test_the_sentence_names_both_the_direction_and_on_what_it_rests() -> None:
    assert sentence(-3.0) == (
        "The clock of server is about 3 s behind that of caller (told by 1 request that both saw)."
    )
    assert sentence(90.0, requests=2).startswith("The clock of server is about 90 s ahead")
    assert "2 requests that both saw" in sentence(90.0, requests=2)


@pytest.mark.parametrize(("ahead", "local"), [(7200.0, True), (-19_800.0, True), (4000.0, False)])
def test_whole_half_hours_look_like_a_time_zone(ahead: float, *, local: bool) -> None:
    assert ("without a zone" in sentence(ahead)) is local


def test_clocks_that_agree_are_not_told() -> None:
    assert clocks_of(mesh(log(outbound(503, "UC")))) == ()
