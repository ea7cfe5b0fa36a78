from dataclasses import replace

from tests.report.mended import ANSWER, WRITTEN
from why503.repair.fixed import Outcome
from why503.report.fix_text import render


def test_a_remedy_says_what_it_is_why_and_how_to_go_back():
    text = render(ANSWER)
    assert text.startswith("keepalive-race, proven (0.91) [web:80]: The server closed first\n")
    for row in (
        "1. Fix: Do thing 1",
        "  Chosen: --write makes it.",
        "  Values: 60 s × 5/6 = 50 s.",
        "  Risk: It may hurt.",
        "  Verify: It is better.",
        "  Roll back: Undo it.",
        "  Note: Mind it.",
        "      +a: 2",
    ):
        assert f"{row}\n" in text


def test_what_is_not_made_says_why_and_where_instead():
    text = render(ANSWER)
    assert '      [{"op": "add"}]\n' in text
    assert "      kind: Sidecar\n" in text
    assert "  Set in values.yaml: pool.idle = 50s\n" in text
    assert "  Service shop/web (x.yaml): Set the value.\n" in text
    assert "3. Stop-gap: Do thing 3\n  Not offered.\n" in text
    assert "  Why not: No such file.\n" in text
    assert "4. Prevention: Do thing 4\n  By hand:" in text
    assert "  Not chosen: --remedy 5 chooses it.\n" in text
    assert "  The files have it already.\n" in text
    assert "it lets through what is shut out now. --remedy 7 does.\n" in text
    assert "× Two want different values." in text


def test_whether_anything_was_written_stands_at_the_end():
    assert render(ANSWER).endswith(
        "Nothing is written. --write changes 1 file, --diff shows it alone.\n"
    )
    written = render(replace(ANSWER, written=WRITTEN))
    assert "Nothing is written" not in written
    assert "2. Fix" not in written
    assert "/home/me/state/000001" in written


def test_where_nothing_is_chosen_the_way_to_choose_is_said():
    rest = replace(ANSWER, remedies=ANSWER.remedies[1:], files=(), diff="", refused=())
    assert render(rest).endswith("Nothing is chosen by itself: --remedy NUMBER chooses.\n")


def test_nothing_to_mend_is_said_with_the_way_on():
    none = replace(ANSWER, outcome=Outcome.NO_FINDING, remedies=(), diff="", files=(), refused=())
    assert "why503 lint" in render(none)
    assert render(none, ascii_only=True).isascii()
