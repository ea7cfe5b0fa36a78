from why503.evidence.victoriametrics_line import entry_of, joined, needs_more


def test_a_bare_message_is_a_line() -> None:
    entry = entry_of("attempt 1 to send request failed: x")
    assert entry is not None
    assert entry.caller == ""


def test_a_blank_inside_the_caller_goes() -> None:
    entry = entry_of("2031-03-04T05:06:07Z warn VictoriaMetrics/app/ vmalert/client.go:7 x")
    assert entry is not None
    assert entry.caller == "VictoriaMetrics/app/vmalert/client.go:7"


def test_pieces_are_joined_with_a_blank_but_inside_a_url() -> None:
    assert joined(["for http://be", "ans/x", "(retriable: true)"]) == (
        "for http://beans/x (retriable: true)"
    )


def test_a_message_needs_more_until_its_body_is_closed() -> None:
    assert needs_more('attempt 1 to send x. Response body "half', complete=True)
    assert not needs_more('attempt 1 to send x. Response body "whole"', complete=True)
    assert not needs_more("other words")
