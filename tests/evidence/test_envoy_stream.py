import pytest

from why503.evidence import envoy_stream
from why503.evidence.envoy_line import EnvoyLine
from why503.evidence.envoy_stream import Streams
from why503.facts import Source


def line(text: str, stream: str = "7") -> EnvoyLine:
    return EnvoyLine(
        time="", level="debug", component="http", connection="5", stream=stream, text=text
    )


def see(streams: Streams, text: str, stream: str = "7") -> None:
    streams.see(line(text, stream), Source(path="p", line=1), "t", 1.0, text)


def test_an_answer_of_500_without_details_is_a_failure() -> None:
    streams = Streams()
    see(streams, "encoding headers via codec (end_stream=true):")
    assert streams.dumped("':status', '503'")
    assert [request.code for request in streams.finish()] == [503]


def test_a_dump_ends_at_the_next_line() -> None:
    streams = Streams()
    see(streams, "encoding headers via codec (end_stream=true):")
    see(streams, "something else")
    streams.dumped("':status', '503'")
    assert streams.finish() == []


def test_a_reset_without_an_answer_is_a_failure_with_its_reason() -> None:
    streams = Streams()
    see(streams, "upstream reset: reset reason: connection termination, transport failure reason: ")
    (request,) = streams.finish()
    assert request.details == "upstream_reset_before_response_started{connection termination}"
    assert request.transport_failure == ""


def test_the_number_of_streams_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envoy_stream, "STREAMS_LIMIT", 3)
    streams = Streams()
    for number in range(10):
        see(streams, "Sending local reply with details x", str(number))
    assert len(streams._streams) == 3
    assert len(streams.finish()) == 10


def test_an_error_that_came_from_the_upstream_says_so_and_one_of_the_proxy_does_not() -> None:
    streams = Streams()
    for number, then in (("1", ""), ("2", "Sending local reply with details ext_authz_error")):
        see(streams, "upstream headers complete: end_stream=false", number)
        see(streams, then, number)
        see(streams, "encoding headers via codec (end_stream=false):", number)
        streams.dumped("':status', '550'")
    see(streams, "upstream headers complete: end_stream=false", "3")
    see(streams, "upstream reset: reset reason: connection termination", "3")
    told = [request.details or "" for request in streams.finish()]
    assert told[:2] == ["via_upstream", "ext_authz_error"]
    assert told[2].startswith("upstream_reset")
