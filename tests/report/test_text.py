import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report import example
from tests.report.strange import diagnoses
from why503.diagnosis.finding import Answer, NotRead, Spot, Traffic
from why503.report import text

SCREEN = 50


def test_the_answer_to_one_finding_reads_like_this() -> None:
    only = example.finding(remedies=example.REMEDIES[:1])
    assert text.render(example.diagnosis(only, next_checks=(example.question(),))) == (
        """\
keepalive-race, proven (0.96): The server closed an idle connection as the proxy reused it
  [cart]──[proxy]──[proxy]──✖──[store]
  between the proxy of the server and its application (upstream-proxy->upstream-app)
  42 of 700 requests to store.shop.svc.cluster.local:8080 failed, 2026-01-05 22:54:13Z to 22:55:02Z

Why
  + The connection had been idle for 60 s, as long as the server waits.  server/access.log:7, :19,
    :23
  + The server closed before it answered (503 UC).  server/access.log:7
  - One request failed on a new connection.  server/access.log:31

What to do
  • Stop-gap: Let the caller's proxy try once more when the connection was reset (needs review)
      kubectl apply -f retry.yaml
    Risk: A request that is not idempotent can be done twice.

What would make it certain
  ? the access log of the caller's proxy (decides keepalive-race / upstream-crash)
      kubectl -n shop logs cart-0 -c istio-proxy --since=1h
"""
    )


def test_one_finding_with_everything_fits_one_screen() -> None:
    clues = tuple(example.clue(f"Observation number {number}.", number) for number in range(30))
    answer = example.diagnosis(
        example.finding(clues=clues),
        example.rival(),
        example.rival("pod-terminating", 0.09),
        data_loss=example.full().data_loss,
        next_checks=(example.question(),) * 6,
        unread=example.full().unread * 3,
    )
    lines = text.render(answer).splitlines()
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= 100
    assert "  • and 25 more clues (-v shows them)" in lines


def test_verbose_leaves_nothing_out_and_begins_with_the_inputs() -> None:
    clues = tuple(example.clue(f"Observation number {number}.", number) for number in range(30))
    shown = text.render(example.diagnosis(example.finding(clues=clues)), verbose=True)
    assert shown.startswith("Inputs\n")
    assert "Observation number 29." in shown
    assert "kubectl -n shop get virtualservice" in shown
    assert "To undo: Delete the DestinationRule." in shown


def test_causes_of_one_hop_stand_together_and_another_hop_has_its_own_part() -> None:
    shown = text.render(example.full())
    own, _, other = shown.partition("\nno-healthy-endpoints, likely (0.70)")
    assert "\nAlso possible here\n  • upstream-crash, possible (0.10)" in own
    assert "[caller]──[✖ proxy]──[proxy]──[items]" in other


def test_a_patch_is_whole_in_the_first_finding_and_shortened_in_a_further_one() -> None:
    own, _, other = text.render(example.full()).partition("\nno-healthy-endpoints")
    assert "idleTimeout: 50s" in own
    assert "idleTimeout: 50s" not in other
    assert "# … 5 more lines: -v shows them" in other


def test_many_hops_do_not_flood_the_screen() -> None:
    others = [example.elsewhere(f"s{number}.shop:80") for number in range(20)]
    lines = text.render(example.diagnosis(example.finding(), *others)).splitlines()
    assert sum(line.startswith("no-healthy-endpoints") for line in lines) == 3
    assert sum("(downstream-proxy, s" in line for line in lines) == 17


def test_a_log_without_failures_says_so_and_in_how_many_requests() -> None:
    assert text.render(example.diagnosis()) == (
        "No failure seen in 700 requests, 2026-01-05 22:00:00Z to 23:00:00Z.\n"
    )


def test_what_cannot_be_told_is_said_with_what_was_seen_and_what_to_fetch() -> None:
    traffic = Traffic(requests=9, failures=2, first="", last="", endings={"reset": 2})
    shown = text.render(
        example.without_findings(
            Answer.CANNOT_TELL, traffic=traffic, next_checks=(example.question(),)
        )
    )
    assert shown.startswith("Cannot tell yet: no known cause fits the failures well enough.\n")
    assert "  2 of 9 requests failed\n  • 2 × reset\n" in shown
    assert "kubectl -n shop logs cart-0 -c istio-proxy --since=1h" in shown


def test_where_nothing_was_understood_it_lists_what_and_what_can_be_read() -> None:
    refused = NotRead(source=Spot(path="a.bin", line=0), reason="It is no text.", lines=1)
    shown = text.render(example.without_findings(Answer.NOTHING_READ, unread=(refused,)))
    assert "What can be read" in shown
    assert "  • a.bin  It is no text." in shown


def test_a_stream_without_box_signs_gets_ascii() -> None:
    shown = text.render(example.full(), ascii_only=True)
    assert shown.isascii()
    assert "[cart]--[proxy]--[proxy]--X--[store]" in shown


def test_no_text_of_the_evidence_can_steer_the_terminal() -> None:
    shown = text.render(example.diagnosis(example.finding(title="\x1b]0;owned\x07\x9b2J\u202e")))
    assert r"\x1b]0;owned\x07\x9b2J\u202e" in shown.splitlines()[0]


@settings(max_examples=60)
@given(diagnoses, st.booleans(), st.integers(40, 120))
def test_any_answer_can_be_shown_and_holds_no_control(answer, verbose, width) -> None:  # type: ignore[no-untyped-def]
    shown = text.render(answer, verbose=verbose, width=width)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert shown.encode()
    assert shown == text.render(answer, verbose=verbose, width=width)


@pytest.mark.parametrize(
    ("count", "said"),
    [(6, "and 1 more clue (-v shows it)"), (7, "and 2 more clues (-v shows them)")],
)
def test_one_clue_is_spoken_of_in_the_singular(count: int, said: str) -> None:
    clues = tuple(example.clue(f"Observation {number}.", number + 1) for number in range(count))
    assert said in text.render(example.diagnosis(example.finding(clues=clues)))
