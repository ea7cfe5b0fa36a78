from hypothesis import given
from hypothesis import strategies as st

from why503.report.svg_text import cut, cut_left, element, width, wrapped


def test_a_chinese_character_is_wider_and_a_combining_sign_takes_no_room():
    assert width("結") > width("a")
    assert width("e\u0301") == width("e")


def test_words_are_kept_whole_and_long_ones_break_behind_a_sign():
    assert wrapped("one two three", width("one two")) == ["one two", "three"]
    name = "outbound|9080||reviews.shop.svc.cluster.local"
    assert wrapped(name, width(name) - 1) == ["outbound|9080||", "reviews.shop.svc.cluster.local"]
    assert wrapped("a" * 10, width("aaaa")) == ["aaaa", "aaaa", "aa"]
    assert wrapped("結帳服務", width("結帳")) == ["結帳", "服務"]


def test_too_many_lines_end_in_dots():
    assert wrapped("one two three four", width("three…"), 2) == ["one", "two…"]


def test_a_text_is_cut_at_its_end_and_a_path_at_its_beginning():
    assert (cut("abcdef", width("abc")), cut("abc", width("abc"))) == ("ab…", "abc")
    assert cut_left("mesh/a.yaml:7", width("a.yaml:7") + 8) == "…a.yaml:7"
    assert cut_left("a:7", width("a:7")) == "a:7"


@given(st.text(max_size=300), st.integers(20, 400), st.integers(1, 5))
def test_no_line_is_wider_than_its_room_and_none_is_one_too_many(text, room, most):
    lines = wrapped(text, room, most)
    assert len(lines) <= most
    assert all(width(line) <= room for line in lines)


def test_a_line_that_fills_its_box_is_held_to_its_length():
    assert "textLength" not in element("abc", (0, 0), 400)
    assert 'textLength="30"' in element("abcdef", (0, 0), 30)
    assert element("<&", (1, 2.5), 99, 'fill="red"').startswith(
        '<text x="1" y="2.5" fill="red" xml:space="preserve">&lt;&amp;'
    )
