from collections.abc import Iterable

from why503.report.block import Code, Heading, Item, Paragraph, Span, Table, Tone
from why503.report.layout import Line, columns, lines


def shown(found: Iterable[Line]) -> list[str]:
    return ["".join(span.text for span in line) for line in found]


def test_words_are_wrapped_under_the_first_one() -> None:
    item = Item((Span("one two three four five"),))
    assert shown(lines([item], 14)) == ["  • one two", "    three four", "    five"]


def test_a_word_longer_than_the_line_stays_whole() -> None:
    assert shown(lines([Paragraph((Span("a " + "b" * 30),))], 10)) == ["  a", "  " + "b" * 30]


def test_code_is_never_wrapped() -> None:
    command = "kubectl get " + "x" * 200
    assert shown(lines([Code("sh", command)], 40)) == ["      " + command]


def test_a_word_may_change_its_tone_within() -> None:
    spans = (Span("ab"), Span("cd", Tone.BAD), Span(" e"))
    (line,) = lines([Paragraph(spans)], 40)
    assert line == (Span("  ab"), Span("cd", Tone.BAD), Span(" e"))


def test_a_heading_has_a_blank_line_before_it_but_not_the_first() -> None:
    heading = Heading((Span("A"),))
    assert shown(lines([heading, heading], 40)) == ["A", "", "A"]


def test_chinese_is_wrapped_by_the_columns_it_takes() -> None:
    assert columns("中a") == 3
    assert shown(lines([Paragraph((Span("中文中文中文"),))], 8)) == ["  中文中", "  文中文"]


def test_columns_of_a_table_stand_under_each_other() -> None:
    table = Table(head=("path", "n"), rows=(("中", "1"), ("abcdef", "22")))
    assert shown(lines([table], 40)) == ["  path    n", "  中      1", "  abcdef  22"]
