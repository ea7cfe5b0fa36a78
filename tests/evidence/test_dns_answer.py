from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import dns_answer

DIG = """\
; <<>> DiG 9.18 <<>> www.example.net
;; ANSWER SECTION:
www.example.net.   60   IN   CNAME   edge.example.net.
edge.example.net.  30   IN   A       203.0.113.7
;; Query time: 1 msec
$ dig +short api.example.net
203.0.113.8
2001:db8::1
words
203.0.113.9
"""
NSLOOKUP = """\
Server:\t\t10.96.0.10
Address:\t10.96.0.10#53

Name:\tweb.shop.svc.cluster.local
Address: 10.0.0.9
cdn.example.net has address 203.0.113.10
"""


def test_dig_answers_the_name_asked_and_its_alias():
    facts = read_lines(dns_answer, DIG)[0].facts
    assert [(f.name, f.address, f.source.line) for f in facts] == [
        ("edge.example.net", "203.0.113.7", 4),
        ("www.example.net", "203.0.113.7", 4),
        ("api.example.net", "203.0.113.8", 7),
        ("api.example.net", "2001:db8::1", 8),
    ]


def test_only_answers_are_claimed():
    assert read_lines(dns_answer, DIG)[1] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_nslookup_answers_the_name_and_not_the_server():
    facts = read_lines(dns_answer, NSLOOKUP)[0].facts
    assert [(f.name, f.address) for f in facts] == [
        ("web.shop.svc.cluster.local", "10.0.0.9"),
        ("cdn.example.net", "203.0.113.10"),
    ]


def test_a_describe_page_is_left_alone():
    assert read_lines(dns_answer, "Name:   web-0\nAddress: 10.0.0.1\n")[1] == []


def test_an_alias_loop_ends():
    text = "a.x. 1 IN CNAME b.x.\nb.x. 1 IN CNAME a.x.\na.x. 1 IN A 10.0.0.1\n"
    assert 1 <= len(read_lines(dns_answer, text)[0].facts) <= 8


def test_never_raises():
    assert_never_raises(dns_answer, DIG + NSLOOKUP)
