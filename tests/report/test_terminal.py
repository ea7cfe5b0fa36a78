import re

from hypothesis import given, settings

from tests.report import example
from tests.report.strange import diagnoses
from why503.report import terminal, text

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_it_shows_what_the_text_report_shows() -> None:
    assert COLOUR.sub("", terminal.render(example.full())) == text.render(example.full())


def test_the_broken_leg_is_red() -> None:
    assert "\x1b[1;31m✖\x1b[0m" in terminal.render(example.full())


def test_it_can_do_without_box_signs() -> None:
    assert terminal.render(example.full(), ascii_only=True).isascii()


@settings(max_examples=40)
@given(diagnoses)
def test_of_the_evidence_nothing_reaches_the_terminal_but_text(answer) -> None:  # type: ignore[no-untyped-def]
    shown = COLOUR.sub("", terminal.render(answer))
    assert shown == text.render(answer)
