from why503.evidence.access_log.engine import passage as under_test
from why503.evidence.access_log.engine.passage import Passage


def test_a_line_is_found_by_its_index():
    passage = Passage()
    passage.add([b"aa", b"bb"], [b"1", b"22"], [4, 5])
    passage.skip()
    start = passage.add(["later"], [3], [6])

    assert (passage.lines, start) == (4, 3)
    assert passage.at(1) == (b"bb", b"22", 5)
    assert passage.at(3) == ("later", 3, 6)
    assert passage.time(0) == b"aa"


def test_what_is_forgotten_is_not_found(monkeypatch):
    monkeypatch.setattr(under_test, "MOST_LINES", 2)
    passage = Passage()
    for number in range(5):
        passage.add([b"aa"], [b"1"], [number])
    passage.forget(everything=False)

    assert passage.at(0) is None
    assert passage.at(4) == (b"aa", b"1", 4)

    passage.forget(everything=True)
    assert passage.at(4) is None
