import pytest

from why503.repair.text_edit import Lines, Splice, spliced


def test_splices_change_their_own_characters_only():
    splices = [Splice(begin=4, end=6, text=""), Splice(begin=1, end=1, text="X")]
    assert spliced("abcdefgh", splices) == "aXbcdgh"


def test_splices_of_one_place_stay_in_order():
    splices = [Splice(begin=1, end=1, text="z"), Splice(begin=1, end=1, text="a")]
    assert spliced("12", splices) == "1za2"


def test_splices_that_overlap_are_a_fault():
    with pytest.raises(ValueError, match="overlap"):
        spliced("abc", [Splice(begin=0, end=2, text=""), Splice(begin=1, end=3, text="")])


def test_lines_are_found_with_either_break():
    for newline in ("\n", "\r\n"):
        text = f"ab{newline}  cd # e{newline}f"
        lines = Lines(text)
        at = text.index("c")
        assert lines.newline == newline
        assert (lines.column(at), lines.leads(at), lines.leads(at + 1)) == (2, True, False)
        assert text[lines.begin(at) : lines.end(at)] == "  cd # e"
        assert text[lines.after(at) :] == "f"
        assert lines.is_free(at + 2)
        assert not lines.is_free(at + 1)
        assert lines.after(len(text)) == len(text)


def test_comments_belong_to_what_stands_left_of_them_or_ends_with_them():
    text = "  a: 1\n    # deep\n  # same\n # outer\nb: 1\n"
    lines = Lines(text)
    at = lines.after(0)
    assert text[lines.past_comments(at, 2, own=False) :].startswith("  # same")
    assert text[lines.past_comments(at, 2, own=True) :].startswith(" # outer")


def test_a_comment_above_a_sibling_belongs_to_the_sibling():
    text = "  - a\n  # of b\n  b: 1\n"
    lines = Lines(text)
    assert lines.past_comments(lines.after(0), 2, own=True) == lines.after(0)
