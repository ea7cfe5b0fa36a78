from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import hubble
from why503.facts import ProxyEventKind

TEXT = """\
Mar  3 08:00:01.100: 10.8.0.7:40000 (ingress) -> till/pay-6f5d8-x2x9k:8080 (ID:901) \
policy-verdict:L3-L4 INGRESS ALLOWED (TCP Flags: SYN)
Mar  3 08:00:01.200: till/pay-6f5d8-x2x9k:8080 (ID:901) <> 10.8.0.7:40000 (host) \
policy-verdict:none EGRESS DENIED (TCP Flags: SYN, ACK)
2026-03-03T08:00:02.5Z [node-1]: till/web:4100 -> till/pay:8080 Policy denied DROPPED (SYN)
Mar  3 08:00:03.000: till/web:41002 (ID:7) -> till/pay:8080 (ID:9) Invalid packet DROPPED
xx drop (Policy denied) flow 0x1 to endpoint 0, ifindex 4, identity 7->9: 10.8.0.3:4 -> 10.8.0.9:80
"""


def test_flows_that_a_policy_stopped_are_told_with_their_ends():
    reading, claimed = read_lines(hubble, TEXT)
    assert claimed == [1, 2, 3, 4, 5]
    assert {f.kind for f in reading.facts} == {ProxyEventKind.POLICY_DROPPED}
    assert [f.source.line for f in reading.facts] == [2, 3, 5]
    assert "till/pay:8080" in reading.facts[1].text
    assert reading.facts[1].time is not None


def test_an_access_log_line_is_left_alone():
    line = '[2026-03-03T08:00:02.500Z] "GET / HTTP/1.1" 503 UF - - "-" 0 91 1 - "-"\n'
    assert read_lines(hubble, line)[1] == []


def test_never_raises():
    assert_never_raises(hubble, TEXT)
