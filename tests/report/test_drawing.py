import pytest

from why503.diagnosis.finding import FoundHop
from why503.report.drawing import draw, shortened, where


def drawn(place: str, downstream: str = "a", upstream: str = "b") -> str:
    drawing = draw(
        FoundHop(id=place, downstream=downstream, upstream=upstream, destination="b.x:80")
    )
    assert drawing is not None
    return "".join(span.text for span in drawing.spans)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("downstream-app->downstream-proxy", "[a]──✖──[proxy]──[proxy]──[b]"),
        ("downstream-proxy", "[a]──[✖ proxy]──[proxy]──[b]"),
        ("downstream-proxy->upstream-proxy", "[a]──[proxy]──✖──[proxy]──[b]"),
        ("downstream-proxy->upstream-app", "[a]──[proxy]──✖──[b]"),
        ("downstream-proxy->external", "[a]──[proxy]──✖──[b]"),
        ("upstream-proxy", "[a]──[proxy]──[✖ proxy]──[b]"),
        ("upstream-proxy->upstream-app", "[a]──[proxy]──[proxy]──✖──[b]"),
        ("upstream-app", "[a]──[proxy]──[proxy]──[✖ b]"),
        ("control-plane", "[✖ control plane]──[a]──[proxy]──[proxy]──[b]"),
    ],
)
def test_the_broken_place_is_marked_and_told_in_words(place: str, line: str) -> None:
    assert drawn(place) == line
    assert where(place) != place


def test_unknown_parties_have_a_general_name() -> None:
    hop = FoundHop(id="upstream-app", downstream="", upstream="", destination="")
    drawing = draw(hop)
    assert drawing is not None
    assert "".join(span.text for span in drawing.spans) == "[caller]──[proxy]──[proxy]──[✖ server]"


def test_a_place_of_a_later_version_is_not_drawn() -> None:
    hop = FoundHop(id="moon", downstream="", upstream="", destination="")
    assert draw(hop) is None
    assert where("moon") == "moon"


def test_a_long_name_loses_its_middle() -> None:
    assert shortened("abcdefghij", 7) == "abc…hij"
    assert len(shortened("x" * 99)) == 28
    assert shortened("two\nlines") == "two lines"
