from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import socket_table

TEXT = """\
$ kubectl exec web-0 -- ss -ltnp
State    Recv-Q   Send-Q   Local Address:Port   Peer Address:Port  Process
LISTEN   0        128      127.0.0.1:8080       0.0.0.0:*          users:(("web",pid=1,fd=3))
LISTEN   0        128      [::]:9090            [::]:*
tcp   ESTAB  0  0  10.0.0.1:80  10.0.0.2:5000
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp6       0      0 :::15021                :::*                    LISTEN      17/envoy
tcp LISTEN 0 10 *:70000 *:*
"""


def test_listening_sockets_are_told_with_address_port_and_process():
    reading, claimed = read_lines(socket_table, TEXT)
    assert [(f.address, f.port, f.process, f.source.line) for f in reading.facts] == [
        ("127.0.0.1", 8080, "web", 3),
        ("::", 9090, "", 4),
        ("::", 15021, "envoy", 7),
    ]
    assert claimed == list(range(1, 9))


def test_a_log_line_that_says_listen_is_left_alone():
    assert read_lines(socket_table, "server LISTEN on 0.0.0.0:8080\n")[1] == []


def test_never_raises():
    assert_never_raises(socket_table, TEXT)
