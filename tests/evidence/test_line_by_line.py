"""A text is offered line by line, and nothing is lost on the way."""

from collections.abc import Iterator

import pytest

from why503.evidence import readers
from why503.evidence.line_by_line import by_line
from why503.evidence.reader import Context, Line, LineReader, Options
from why503.facts import AccessLog, AppEvent, ProxyEvent

CONTEXT = Context(path="x.log", teller="x")
ACCESS = (
    '[2026-02-01T10:00:00.000Z] "GET /a HTTP/1.1" 200 - via_upstream - "-" 0 5 3 2 "-" "curl/8.5"'
    ' "0b0f5a4e-0000-4000-8000-000000000001" "a.b:80" "10.0.0.2:80"'
    " outbound|80||a.b.svc.cluster.local 10.0.0.1:5000 10.1.1.1:80 10.0.0.1:4000 - default"
)
PANIC = "panic: runtime error: index out of range [3] with length 3"


def lines(*texts: str) -> Iterator[Line]:
    return (Line(number=number, text=text) for number, text in enumerate(texts, start=1))


def test_a_line_of_another_program_is_offered_to_the_others() -> None:
    outcome = by_line(lines(*[ACCESS] * 300, PANIC), CONTEXT)
    assert [type(fact) for fact in outcome.facts] == [AccessLog, AppEvent]
    assert outcome.unclaimed == 0


@pytest.mark.parametrize("place", [0, 300])
def test_a_proxys_own_line_among_its_access_log_goes_to_the_reader_that_knows_it(
    place: int,
) -> None:
    own = (
        "2026-02-01T10:00:00.500000Z\twarning\tenvoy upstream external/envoy/source/common/"
        "upstream/original_dst_cluster.cc:110\toriginal_dst_load_balancer: No downstream "
        "connection or no original_dst.\tthread=31"
    )
    texts = [ACCESS] * 600
    texts.insert(place, own)
    kinds = {type(fact) for fact in by_line(lines(*texts), CONTEXT).facts}
    assert kinds == {AccessLog, ProxyEvent}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (ACCESS, "access log"),
        ("2026-03-04T05:06:07.250000Z\tinfo\tEnvoy proxy is ready", "envoy log"),
    ],
)
def test_the_readers_behind_one_that_takes_all_are_not_called_in(
    line: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    def one_by_one(given: Iterator[LineReader]) -> Iterator[LineReader]:
        for reader in given:
            called.append(reader.NAME)
            yield reader

    every = tuple(readers.line_readers())
    monkeypatch.setattr(readers, "line_readers", lambda: one_by_one(iter(every)))

    assert by_line(lines(*[line] * 5, ""), CONTEXT).unclaimed == 0
    assert called == [reader.NAME for reader in every][: called.index(name) + 1]


def test_a_line_that_nobody_knows_is_counted_and_its_place_told() -> None:
    outcome = by_line(lines(ACCESS, "the weather was fine", "and so were we"), CONTEXT)
    assert outcome.unclaimed == 2
    assert outcome.first is not None
    assert outcome.first.number == 2
    assert "line 2" in outcome.unread[-1].reason


def test_a_given_format_that_fits_no_line_is_said_to_fit_none() -> None:
    options = Options(access_log_format="%RESPONSE_CODE% %RESPONSE_FLAGS%")
    own = Context(path="x.log", teller="x", options=options)
    (item,) = by_line(lines("GET|/x|503|UC"), own).unread
    assert "--access-log-format fits no line" in item.reason
    (item,) = by_line(lines("GET|/x|503|UC"), CONTEXT).unread
    assert "fits no line" not in item.reason


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 line of `x.log` was not"), (2, "2 lines of `x.log` were not")]
)
def test_one_line_is_spoken_of_in_the_singular(count: int, said: str) -> None:
    (item,) = by_line(lines(ACCESS, *["GET|/x|503|UC"] * count), CONTEXT).unread
    assert item.reason.startswith(said)


def test_a_line_that_was_refused_often_is_counted_without_asking_again() -> None:
    outcome = by_line(lines(*(f"the weather was {n}" for n in range(3000)), PANIC), CONTEXT)
    assert outcome.unclaimed == 3000
    assert [type(fact) for fact in outcome.facts] == [AppEvent]


def test_after_a_claim_a_refused_line_is_offered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("why503.evidence.line_by_line.ASKED", 1)
    junk = "the weather was fine"
    outcome = by_line(lines(junk, junk, PANIC, junk, junk), CONTEXT)
    assert outcome.lines == 5
    assert len(outcome.facts) == 1
