from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import ready


def test_the_one_word_is_the_state():
    reading, claimed = read_lines(ready, "DRAINING\n")
    (info,) = reading.facts
    assert (info.state, claimed) == ("DRAINING", [1])


def test_the_word_inside_a_sentence_is_left_alone():
    assert read_lines(ready, "the proxy is LIVE\nlive\n")[1] == []


def test_never_raises():
    assert_never_raises(ready, "LIVE\nDRAINING")
