# ruff: noqa: E501 - log lines are kept whole

from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import istiod_log
from why503.facts import ProxyEvent, ProxyEventKind

AT = "2031-03-04T05:06:07.008123Z"
PUSHES = "\n".join(
    f"{AT}\tinfo\tads\t{kind}: PUSH for node:gate-7.bar resources:3 size:800B"
    for kind in ("CDS", "EDS", "LDS", "RDS")
)
NACK = f"{AT}\twarn\tads\tADS:LDS: ACK ERROR gate-7.bar-1 Internal:Error adding/updating listener(s) 0.0.0.0_80"


def events(text: str) -> list[ProxyEvent]:
    return [f for f in read_lines(istiod_log, text)[0].facts if isinstance(f, ProxyEvent)]


def test_pushes_name_type_and_node() -> None:
    found = events(PUSHES)
    assert [event.text for event in found] == ["CDS", "EDS", "LDS", "RDS"]
    assert {(event.kind, event.connection) for event in found} == {
        (ProxyEventKind.XDS_PUSH, "gate-7.bar")
    }


def test_a_rejection_is_told_with_its_reason() -> None:
    (event,) = events(NACK)
    assert event.kind is ProxyEventKind.CONFIG_REJECTED
    assert "Error adding/updating listener(s)" in event.text


def test_a_service_without_endpoints_is_told() -> None:
    text = (
        f"{AT}\tinfo\tads\tIncremental push, service desk.books.svc.cluster.local at shard "
        f"Kubernetes/Kubernetes has no endpoints\n"
        f"{AT}\twarn\tkube\tEndpoint without pod 10.1.0.4 desk.books"
    )
    found = events(text)
    assert {event.kind for event in found} == {ProxyEventKind.NO_CLUSTER_ENDPOINTS}
    assert "desk.books" in found[0].text


def test_a_push_that_was_not_taken_is_told() -> None:
    text = f"{AT}\twarn\tads\tEDS: Send failure for node:gate-7.bar resources:3 reason: gone"
    (event,) = events(text)
    assert event.kind is ProxyEventKind.XDS_DISCONNECTED


def test_throttling_and_failed_pushes_are_told() -> None:
    text = f"{AT}\twarn\tads\trequest rate limit exceeded\n{AT}\terror\tads\txDS push error: gone"
    assert [event.kind for event in events(text)] == [
        ProxyEventKind.XDS_THROTTLED,
        ProxyEventKind.XDS_DISCONNECTED,
    ]


def test_a_secret_that_cannot_be_fetched_is_told() -> None:
    (event,) = events(
        f"{AT}\twarn\tads\tfailed to fetch key and certificate for kubernetes://web: "
        "secret edge/web not found"
    )
    assert event.kind is ProxyEventKind.SECRET_MISSING


def test_an_acknowledgement_is_claimed_without_an_event() -> None:
    reading, claimed = read_lines(istiod_log, f"{AT}\tdebug\tads\tADS:EDS: ACK gate-7.bar-1 v1")
    assert (reading.facts, claimed) == ([], [1])


def test_envoys_lines_are_left_alone() -> None:
    assert read_lines(istiod_log, f"{AT}\tdebug\tenvoy router\t[C1] x")[1] == []


def test_no_text_makes_it_raise() -> None:
    assert_never_raises(istiod_log, f"{PUSHES}\n{NACK}")


def test_a_rejection_that_was_quoted_without_its_time_is_told() -> None:
    for head in ("", "warn\tads\t", "> "):
        (event,) = events(head + NACK.split("\t", 3)[3])
        assert event.kind is ProxyEventKind.CONFIG_REJECTED


def test_a_proxy_that_ends_its_stream_is_told_with_its_address() -> None:
    (event,) = events(f'{AT}\tinfo\tads\tADS: "10.1.0.9:51000" till-7b.shop-12 terminated')
    assert event.kind is ProxyEventKind.XDS_LEFT
    assert (event.text, event.connection) == ("10.1.0.9", "till-7b.shop-12")


LEFT_OUT = "buildGatewayListeners: skipping privileged gateway port 993 for node g-1.edge as it is an unprivileged pod"
TWICE = "skipping server on gateway edge/second, duplicate host names: [a.example]"


def test_a_listener_that_is_left_out_is_told_with_and_without_the_head() -> None:
    for text in (f"{AT}\twarn\t{LEFT_OUT}", f"> warn  {LEFT_OUT}", f"... {LEFT_OUT}", TWICE):
        (event,) = events(text)
        assert event.kind is ProxyEventKind.LISTENER_SKIPPED
        assert "skipping" in event.text


def test_listeners_that_exclude_each_other_are_told_from_the_status_of_a_push() -> None:
    status = '''  "pilot_conflict_outbound_listener_tcp_over_current_tcp": {
    "0.0.0.0:7000": {
      "message": "Listener=0.0.0.0:7000 AcceptedTCP=a.b RejectedTCP=c.d TCPServices=1"'''
    assert {event.kind for event in events(status)} == {ProxyEventKind.LISTENER_CONFLICT}
    assert len(events(status)) == 2
    assert not events("pilot_conflict_outbound_listener_tcp_over_current_tcp 0")


def test_the_reason_of_a_refusal_may_stand_on_the_next_line() -> None:
    (event,) = events('warn\tads\tADS:LDS: ACK ERROR\ncode:13 message:"no such filter"\nother')
    assert event.kind is ProxyEventKind.CONFIG_REJECTED
    assert "no such filter" in event.text
    assert not events('code:13 message:"no such filter"')
