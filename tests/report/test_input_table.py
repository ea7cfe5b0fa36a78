from why503.diagnosis.finding import FoundClock, ReadInput, Spot
from why503.report.block import Heading, Item
from why503.report.input_table import clock_items, input_table

CLOCK = FoundClock(
    teller="a",
    other="b",
    seconds=-3.0,
    least=-3.1,
    most=-2.9,
    requests=4,
    text="The clock of a is about 3 s behind that of b.",
    source=Spot(path="a.log", line=7),
)


def test_a_row_has_a_cell_for_every_head_and_a_dash_for_what_is_not_known() -> None:
    bare = ReadInput(path="x", kinds=(), lines=1, facts=0, not_understood=1)
    full = ReadInput(
        path="y",
        kinds=("access log", "curl"),
        lines=9,
        facts=3,
        not_understood=0,
        first="2026-01-05T22:54:13.120Z",
        last="2026-01-05T22:55:02.480Z",
        tellers=("cart-0", "cart-1"),
    )
    table = input_table((bare, full))
    assert all(len(row) == len(table.head) for row in table.rows)
    assert table.rows[0] == ("x", "nothing known", "-", "-", "1", "0", "1")
    assert table.rows[1][1:4] == (
        "access log, curl",
        "2026-01-05 22:54:13Z to 22:55:02Z",
        "cart-0, cart-1",
    )


def test_clocks_are_a_heading_and_a_line_each_or_nothing() -> None:
    heading, item = clock_items((CLOCK,))
    assert isinstance(heading, Heading)
    assert isinstance(item, Item)
    assert "".join(span.text for span in item.spans) == f"{CLOCK.text}  a.log:7"
    assert list(clock_items(())) == []
