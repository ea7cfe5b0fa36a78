import io

from why503.evidence.access_log.engine import progress as under_test
from why503.evidence.access_log.engine.progress import Progress


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_short_work_says_nothing():
    screen = _Screen()
    one = Progress("a.log", 100, screen)
    one.passed(50)
    one.end()

    assert screen.getvalue() == ""


def test_long_work_tells_its_share_on_a_terminal_and_takes_it_back(monkeypatch):
    monkeypatch.setattr(under_test, "AFTER", 0.0)
    screen = _Screen()
    one = Progress("a.log", 200, screen)
    one.passed(50)
    one.end()

    assert "a.log: 25 %" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")


def test_a_file_that_is_no_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setattr(under_test, "AFTER_IN_LOG", 0.0)
    screen = io.StringIO()
    one = Progress("a.log.gz", None, screen)
    one.passed(5_000_000)
    one.end()

    assert screen.getvalue().startswith("Reading a.log.gz: 5 MB")
    assert "\r" not in screen.getvalue()
