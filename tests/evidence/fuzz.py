"""Any text for any reader: helpers that hold readers to the promise never to raise."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from why503.evidence.reader import Context, Line, LineReader, Reading

CONTEXT = Context(path="paste.txt", teller="paste")


def lines_of(text: str) -> list[Line]:
    """``text`` as numbered lines."""
    return [Line(number=number, text=row) for number, row in enumerate(text.split("\n"), 1)]


def read_lines(reader: Any, text: str) -> tuple[Reading, list[int]]:
    """What a line reader makes of ``text``, and the numbers of the lines that it claims."""
    session = reader.start(CONTEXT)
    claimed = [line.number for line in lines_of(text) if session.take(line)]
    return session.finish(), claimed


def texts(seeds: str) -> st.SearchStrategy[str]:
    """Any text, and texts made by shuffling, cutting and gluing pieces of ``seeds``."""
    rows = [row for row in seeds.split("\n") if row.strip()] or ["x"]
    words = sorted({word for row in rows for word in row.split()})
    row = st.one_of(
        st.sampled_from(rows),
        st.builds(lambda text, cut: text[:cut], st.sampled_from(rows), st.integers(0, 200)),
        st.builds(lambda text, cut: text[cut:], st.sampled_from(rows), st.integers(0, 200)),
        st.lists(st.sampled_from(words), max_size=8).map(" ".join),
        st.lists(st.sampled_from(words), max_size=6).map("   ".join),
        st.text(max_size=60),
    )
    return st.one_of(st.text(max_size=400), st.lists(row, max_size=15).map("\n".join))


def assert_never_raises(reader: Any, seeds: str = "", examples: int = 150) -> None:
    """Hold a line or document reader to any text, random or made of pieces of ``seeds``."""

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(texts(seeds))
    def attempt(text: str) -> None:
        if hasattr(reader, "read"):
            assert 0.0 <= reader.bid(text) <= 1.0
            assert isinstance(reader.read(text, CONTEXT), Reading)
            return
        line_reader: LineReader = reader
        assert 0.0 <= line_reader.bid(lines_of(text)[:200]) <= 1.0
        reading, _claimed = read_lines(reader, text)
        assert isinstance(reading, Reading)

    attempt()
