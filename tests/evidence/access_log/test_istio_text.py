import pytest

from tests.evidence.access_log.made import line
from why503.evidence.access_log.istio_text import NAME, fields_of, with_quoted_agent
from why503.evidence.access_log.known_formats import KNOWN_FORMATS


def test_the_pieces_between_quotes_are_what_the_format_tells():
    assert fields_of(line()) == KNOWN_FORMATS[0].parse(line())
    assert KNOWN_FORMATS[0].name == NAME


@pytest.mark.parametrize("agent", ['a "b" c', '""x""', 'a" "b', 'quote at the end"', '"', "plain"])
def test_all_between_the_borders_is_the_user_agent(agent):
    text = line(user_agent=agent)

    assert with_quoted_agent(text) == fields_of(line()) | {"user_agent": agent}


@pytest.mark.parametrize(
    "changed",
    [
        {"path": '/a"b'},
        {"path": "/with a blank"},
        {"code": "ok"},
        {"time": "2026-13-04T05:06:07.250Z"},
        {"duration": "soon"},
        {"upstream_host": "no address"},
    ],
)
def test_a_line_with_anything_else_foreign_is_left_to_others(changed):
    assert with_quoted_agent(line(**changed)) is None


def test_two_lines_glued_are_not_one_line():
    assert with_quoted_agent(line()[:90] + line()) is None


def test_a_cut_line_is_none():
    assert with_quoted_agent(line()[:120]) is None
