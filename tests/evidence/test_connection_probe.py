from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import connection_probe
from why503.facts import AppEvent, Request

NC = """\
$ kubectl exec -it desk-0 -c istio-proxy -- nc -zv -w 3 198.51.100.9 5432
nc: connect to 198.51.100.9 port 5432 (tcp) failed: Connection refused
"""
TELNET = """\
/ # telnet mail.example.net 25
Trying 198.51.100.25...
telnet: connect to address 198.51.100.25: Connection timed out
"""
OPENSSL = """\
$ openssl s_client -connect books.example.net:443 -servername books.example.net
CONNECTED(00000003)
depth=0 CN = books.example.net
verify error:num=10:certificate has expired
verify return:1
---
Verify return code: 10 (certificate has expired)
"""
UNTRUSTED = OPENSSL.replace("num=10:certificate has expired", "num=20:unable to get local issuer")


def test_refused_nc_is_a_clients_failed_request():
    (fact,) = read_lines(connection_probe, NC)[0].facts
    assert isinstance(fact, Request)
    assert (fact.authority, fact.transport_failure, fact.source.line) == (
        "198.51.100.9:5432",
        "Connection refused",
        2,
    )


def test_telnet_that_times_out_names_the_place_of_its_command():
    reading, claimed = read_lines(connection_probe, TELNET)
    (fact,) = reading.facts
    assert isinstance(fact, Request)
    assert (fact.authority, fact.transport_failure) == (
        "mail.example.net:25",
        "Connection timed out",
    )
    assert claimed == [1, 2, 3]


def test_expired_certificate_is_told_once():
    (fact,) = read_lines(connection_probe, OPENSSL)[0].facts
    assert isinstance(fact, AppEvent)
    assert (fact.program, fact.url, fact.source.line) == ("openssl", "books.example.net:443", 4)
    assert "has expired" in fact.text


def test_issuer_unknown_to_openssl_alone_is_no_fact():
    text = UNTRUSTED.replace("10 (certificate has expired)", "20 (unable to get local issuer)")
    assert read_lines(connection_probe, text)[0].facts == []


def test_connections_that_are_made_are_no_facts():
    text = "$ nc -zv 198.51.100.9 443\nConnection to 198.51.100.9 443 port [tcp/https] succeeded!\n"
    reading, claimed = read_lines(connection_probe, text)
    assert (reading.facts, claimed) == ([], [1, 2])


def test_prose_and_logs_are_left_to_others():
    text = "we use telnet for tests\nupstream connect error: Connection refused\nsubject=x\n"
    assert read_lines(connection_probe, text)[1] == []


def test_no_bytes_make_it_raise():
    assert_never_raises(connection_probe, NC + TELNET + OPENSSL)
