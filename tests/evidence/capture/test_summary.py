from tests.evidence.capture.frames import ACK, FIN, PSH, REQUEST, RST, Talk, connection
from why503.facts import Speech


def race(payload: bytes) -> Talk:
    talk = Talk().open().exchange(1.0)
    talk.send(1, FIN | ACK, 6.0)
    talk.send(0, PSH | ACK, 6.001, payload, ack=talk.seqs[1] - 1)
    return talk


def test_without_payload_many_late_bytes_are_a_request_and_few_a_goodbye() -> None:
    for payload, request in ((REQUEST, True), (b"x" * 30, False)):
        one = connection(race(payload), snap=54)
        assert one.from_client.speech is Speech.NOTHING
        assert one.closing is not None
        assert (one.closing.late_bytes, one.closing.late_request) == (len(payload), request)


def test_nothing_is_unacknowledged_on_a_connection_that_was_reset() -> None:
    talk = Talk().open()
    talk.send(0, PSH | ACK, 1.0, REQUEST)
    talk.send(1, RST, 1.1)
    one = connection(talk)
    assert (one.from_client.unacknowledged, one.from_client.silence) == (0, None)


def test_the_source_is_the_first_packet_and_other_packets_can_be_pointed_at() -> None:
    one = connection(Talk().open())
    assert str(one.source) == "made.pcap:1"
    assert str(one.place(3)) == "made.pcap:3"
    assert (one.teller, one.dated, one.packets) == ("server", True, 3)
