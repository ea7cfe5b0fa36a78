from tests.mesh.build import START, log, outbound
from why503.evidence.input_summary import input_of
from why503.evidence.line_by_line import Outcome
from why503.facts import AppEvent, AppEventKind, Certificate, Source

HERE = Source(path="a.log")


def event(teller: str, time: float | None) -> AppEvent:
    return AppEvent(source=HERE, kind=AppEventKind.ERROR, teller=teller, time=time)


def test_a_row_spans_all_moments_and_names_the_first_tellers() -> None:
    facts = [event("b", START + 5), log(outbound(at=1.0), last=START + 99), event("b", None)]
    more = [event(str(number), None) for number in range(9)]
    row = input_of("a.log", Outcome(facts=[*facts, *more], lines=7, unclaimed=2))
    assert (row.first, row.last) == (START + 1, START + 99)
    assert row.tellers == ("b", "caller", "0")
    assert (row.lines, row.facts, row.unread_lines) == (7, 12, 2)


def test_validity_of_a_certificate_is_no_moment_of_a_file() -> None:
    fact = Certificate(source=HERE, teller="pod", valid_from=1.0, expires=2.0)
    row = input_of("certs", Outcome(facts=[fact]))
    assert (row.first, row.last, row.tellers) == (None, None, ("pod",))


def test_kinds_are_best_first_each_once_and_the_teller_given_stands_in() -> None:
    row = input_of("a", Outcome(kinds=[(1, "x"), (5, "y"), (2, "x")]), "server")
    assert (row.kinds, row.tellers) == (("y", "x"), ("server",))
