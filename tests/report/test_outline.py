from dataclasses import replace

import pytest

from tests.report import example
from why503.diagnosis.finding import Answer, NotRead, ReadInput, Spot, Traffic
from why503.report.block import Heading, Item
from why503.report.outline import by_hop, outline


def headings(blocks: tuple[object, ...]) -> list[str]:
    return [
        "".join(span.text for span in block.spans) for block in blocks if isinstance(block, Heading)
    ]


def test_findings_are_grouped_by_hop_best_first() -> None:
    groups = by_hop([example.finding(), example.elsewhere(), example.rival()])
    assert [[found.cause for found in group] for group in groups] == [
        ["keepalive-race", "upstream-crash"],
        ["no-healthy-endpoints"],
    ]


def test_the_verdict_comes_first_and_what_was_not_read_last() -> None:
    found = headings(outline(example.full()))
    assert found[0].startswith("keepalive-race, proven")
    assert found[1:3] == ["Why", "What to do"]
    assert found[-3:] == ["Not explained", "What would make it certain", "Not read"]


def test_every_answer_without_findings_has_its_own_sentence() -> None:
    nothing = Traffic(requests=0, failures=0, first="", last="", endings={})
    said = {
        headings(outline(example.without_findings(answer, traffic=nothing)))[0] for answer in Answer
    }
    assert len(said) == 3  # a list of findings that is empty is told like CANNOT_TELL


def shown_as_unread(answer: Answer, reason: str, count: int = 1) -> str:
    item = NotRead(source=Spot(path="a.bin", line=0), reason=reason, lines=1)
    last = outline(example.without_findings(answer, unread=(item,) * count))[-1]
    assert isinstance(last, Item)
    return "".join(span.text for span in last.spans)


def test_a_long_reason_is_cut_only_where_there_is_something_else_to_tell() -> None:
    reason = "Nothing in `a.bin` was understood. " + "word " * 40
    assert shown_as_unread(Answer.NOTHING_READ, reason, 3) == reason
    assert shown_as_unread(Answer.NO_FAILURE, reason, 3) == reason[:93] + "…"


def test_few_reasons_are_shown_whole_for_their_end_says_what_to_do() -> None:
    reason = "Nothing in `a.bin` was understood. " + "word " * 40
    assert shown_as_unread(Answer.NO_FAILURE, reason, 2) == reason


def nothing_read(*inputs: ReadInput) -> str:
    answer = example.without_findings(Answer.NOTHING_READ)
    return headings(outline(replace(answer, inputs=inputs, unread=())))[0]


def read_input(lines: int) -> ReadInput:
    return ReadInput(path="a", kinds=(), lines=lines, facts=0, not_understood=lines)


def test_empty_evidence_is_not_called_misunderstood() -> None:
    assert nothing_read().startswith("There is no file to read")
    assert nothing_read(read_input(0)).startswith("The evidence is empty (inputs: 1)")
    assert nothing_read(read_input(0), read_input(3)).startswith("Nothing in the evidence was")


def test_a_reason_that_does_not_name_its_place_gets_it() -> None:
    assert shown_as_unread(Answer.NO_FAILURE, "It is no text.") == "a.bin  It is no text."


@pytest.mark.parametrize(("count", "said"), [(1, "in 1 request,"), (2, "in 2 requests,")])
def test_one_request_is_spoken_of_in_the_singular(count: int, said: str) -> None:
    traffic = replace(example.diagnosis().traffic, requests=count)
    answer = example.without_findings(Answer.NO_FAILURE, traffic=traffic)
    assert said in headings(outline(answer))[0]
