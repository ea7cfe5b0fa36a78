from tests.evidence.capture.frames import CONTEXT, START, connections, pcap
from why503.evidence.capture.complaint import Complaint


def test_each_sentence_is_told_once_with_the_packet() -> None:
    complaint = Complaint(CONTEXT)
    complaint.damaged(7)
    complaint.damaged(9)
    complaint.cut_off(3)
    assert [said.source.line for said in complaint.unread] == [7, 3]


def test_many_link_types_do_not_pile_up_sentences() -> None:
    complaint = Complaint(CONTEXT)
    for link in range(1000):
        complaint.unknown_link(link, link)
    assert len(complaint.unread) < 50


def test_a_capture_without_tcp_says_how_to_capture() -> None:
    found, unread = connections(pcap([(START, bytes(60))]))
    assert found == []
    assert "has 1 packets" in unread[0].reason
    assert "tcpdump" in unread[0].reason
