# ruff: noqa: E501 - log lines are kept whole

from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import envoy_log
from why503.facts import ProxyEvent, ProxyEventKind, Request, Witness

STREAM = """\
2031-03-04T05:06:07.000001Z\tdebug\tenvoy http source/common/http/conn_manager_impl.cc:15\t[Tags: "ConnectionId":"5","StreamId":"77"] request headers complete (end_stream=true):
':authority', 'beans.bar.svc:9191'
':path', '/grind'
':method', 'PUT'
'x-request-id', 'r-1'
'authorization', 'Bearer hunter22hunter22'
\tthread=9
2031-03-04T05:06:07.000002Z\tdebug\tenvoy router source/common/router/router.cc:5\t[Tags: "ConnectionId":"5","StreamId":"77"] cluster 'outbound|9191||beans.bar.svc' match for URL '/grind'\tthread=9
2031-03-04T05:06:07.000003Z\tdebug\tenvoy router source/common/router/router.cc:6\t[Tags: "ConnectionId":"5","StreamId":"77"] upstream reset: reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused\tthread=9
2031-03-04T05:06:07.000004Z\tdebug\tenvoy http source/common/http/filter_manager.cc:1\t[Tags: "ConnectionId":"5","StreamId":"77"] Sending local reply with details upstream_reset_before_response_started{remote_connection_failure}\tthread=9
2031-03-04T05:06:07.000005Z\tdebug\tenvoy http source/common/http/conn_manager_impl.cc:2\t[Tags: "ConnectionId":"5","StreamId":"77"] encoding headers via codec (end_stream=false):
':status', '503'
\tthread=9
"""
OLD = "[2031-03-04 05:06:07.123][34][debug][pool] [external/envoy/source/common/http/http1/conn_pool.cc:93] [C46] "


def events(text: str) -> list[ProxyEvent]:
    return [f for f in read_lines(envoy_log, text)[0].facts if isinstance(f, ProxyEvent)]


def requests(text: str) -> list[Request]:
    return [f for f in read_lines(envoy_log, text)[0].facts if isinstance(f, Request)]


def kinds(text: str) -> list[ProxyEventKind]:
    return [event.kind for event in events(text)]


def test_a_stream_that_failed_is_one_request() -> None:
    (request,) = requests(STREAM)
    assert request.witness is Witness.PROXY_LOG
    assert (request.code, request.method, request.path) == (503, "PUT", "/grind")
    assert (request.authority, request.request_id) == ("beans.bar.svc:9191", "r-1")
    assert request.upstream_cluster == "outbound|9191||beans.bar.svc"
    assert request.details == "upstream_reset_before_response_started{remote_connection_failure}"
    assert request.transport_failure == "delayed connect error: Connection refused"


def test_a_stream_that_a_retry_saved_is_no_failure() -> None:
    saved = "\n".join(row for row in STREAM.split("\n") if "local reply" not in row)
    assert requests(saved.replace("'503'", "'200'")) == []


def test_every_line_of_a_dump_is_claimed_and_no_secret_kept() -> None:
    reading, claimed = read_lines(envoy_log, STREAM.rstrip("\n"))
    assert len(claimed) == STREAM.count("\n")
    assert "hunter22" not in repr(reading)


def test_the_control_planes_own_stream_is_no_failed_request() -> None:
    assert requests(STREAM.replace("/grind", "/envoy.service.discovery.v3.X/Stream")) == []


def test_a_reused_connection_that_the_peer_closed_is_told_with_its_id() -> None:
    text = f"{OLD}using existing connection\n{OLD}remote close\n{OLD}disconnect. resetting 1 pending requests"
    assert kinds(text) == [
        ProxyEventKind.REUSED_CONNECTION,
        ProxyEventKind.REMOTE_CLOSE,
        ProxyEventKind.UPSTREAM_RESET,
    ]
    assert {event.connection for event in events(text)} == {"46"}


def header(name: str) -> str:
    return f"2031-03-04T05:06:07.1Z trace envoy http  [C8] completed header: key={name} value=chunked\n"


END = "2031-03-04T05:06:07.2Z trace envoy http  [C8] onHeadersCompleteBase\n"
BEGIN = "2031-03-04T05:06:07.0Z trace envoy http  [C8] message begin\n"


def test_a_header_twice_in_one_message_is_told() -> None:
    text = BEGIN + header("Transfer-Encoding") + END + header("transfer-encoding")
    assert kinds(text) == [ProxyEventKind.DUPLICATE_HEADER]


def test_the_same_header_in_two_messages_is_normal() -> None:
    message = BEGIN + header("Transfer-Encoding") + header("Server") + END + header("Date")
    assert kinds(message * 3) == []
    assert kinds(message.replace(BEGIN, "") * 3) == []


def test_codec_complaints_keep_their_words_even_when_broken() -> None:
    text = (
        "2031-03-04T05:06:07.1Z debug envoy http2 [C9] invalid http2: Invalid header: name: [te],\n\nvalue: [x]\n"
        "2031-03-04T05:06:07.1Z debug envoy client [C9] protocol error: headers size exceeds limit"
    )
    assert [event.text for event in events(text)] == [
        "Invalid header: name: [te], value: [x]",
        "headers size exceeds limit",
    ]


def test_a_failed_call_of_a_plugin_is_a_clients_request() -> None:
    text = (
        "2031-03-04T05:06:07.1Z error envoy wasm x/context.cc:1154 wasm log bar.plug: Call failed. Response "
        'status code: 503, body: "no healthy upstream" thread=5'
    )
    assert kinds(text) == [ProxyEventKind.WASM_FAILED]
    assert (requests(text)[0].witness, requests(text)[0].body) == (
        Witness.CLIENT,
        "no healthy upstream",
    )


def test_the_agents_lines_are_told() -> None:
    text = (
        "2031-03-04T05:06:07.1Z\tinfo\tAgent draining Proxy for termination\n"
        "2031-03-04T05:06:08.1Z\terror\txdsproxy\tupstream [6] error: rpc error: code = ResourceExhausted\n"
        "2031-03-04T05:06:09.1Z\tinfo\tEnvoy proxy is ready"
    )
    assert kinds(text) == [
        ProxyEventKind.DRAINING,
        ProxyEventKind.XDS_THROTTLED,
        ProxyEventKind.STARTED,
    ]


def test_clusters_are_named() -> None:
    text = (
        "2031-03-04T05:06:07.1Z debug envoy router [C1][S2] unknown cluster 'outbound|1||a'\n"
        "2031-03-04T05:06:07.1Z debug envoy upstream add/update cluster outbound|1||a starting warming"
    )
    assert [event.text for event in events(text)] == ["outbound|1||a", "outbound|1||a"]


def test_an_access_log_line_is_left_alone() -> None:
    text = '[2031-03-04T05:06:07.123Z] "GET / HTTP/1.1" 503 UC - - "-" 0 95 1 -'
    assert read_lines(envoy_log, text)[1] == []


def test_no_text_makes_it_raise() -> None:
    assert_never_raises(envoy_log, STREAM + BEGIN + header("X") + END)


def test_a_message_that_was_wrapped_off_its_head_belongs_to_it():
    text = (
        "2031-03-04T05:06:07.1Z\terror\tenvoy wasm external/envoy/a/context.cc:9\n"
        "wasm log shop: Failed to start thread=4\n"
    )
    (event,) = events(text)
    assert event.kind is ProxyEventKind.WASM_FAILED
    assert (event.text, event.source.line) == ("wasm log shop: Failed to start", 1)


def test_a_head_without_message_takes_no_line_that_has_its_own():
    head = "2031-03-04T05:06:07.1Z\terror\tenvoy wasm external/envoy/a/context.cc:9\n"
    own = "2031-03-04T05:06:07.2Z\terror\tenvoy wasm a.cc:9\tWasm VM failed\n"
    assert [event.text for event in events(head + own)] == ["Wasm VM failed"]


def test_a_line_that_lost_its_time_and_a_quoted_message_are_read() -> None:
    for text in (
        "warning\tenvoy config\tgRPC config for type.googleapis.com/envoy.config.listener.v3.Listener rejected: port is taken",
        "`gRPC config for type.googleapis.com/envoy.config.listener.v3.Listener rejected: port is taken`",
        "gRPC config for type.googleapis.com/envoy.config.listener.v3.Listener rejected:\nport is taken",
    ):
        (event,) = events(text)
        assert event.kind is ProxyEventKind.CONFIG_REJECTED
        assert event.text.endswith("port is taken")


def test_a_failed_attempt_names_the_address_that_its_connection_dials() -> None:
    dial = OLD.replace("pool", "connection") + "connecting to [2001:db8:3::9]:8443"
    fail = OLD.replace("pool", "connection") + "immediate connection error: 101"
    (event,) = events(f"{dial}\n{fail}")
    assert event.kind is ProxyEventKind.CONNECT_FAILED
    assert event.text == "[2001:db8:3::9]:8443 immediate connection error: 101"
    (event,) = events(f"{dial}\n{fail.replace('[C46]', '[C47]')}")
    assert event.text == " immediate connection error: 101"


HEADS_LEFT_OUT = """\
2031-03-04T05:06:07.008...Z\tdebug\tenvoy http\t[C5][S77] request end stream
...\tdebug\tenvoy http\t[C5][S77] Sending local reply with details rate_limiter_error
[…] debug envoy http [C5][S77] encoding headers via codec (end_stream=true):
':status', '500'
"""


def test_lines_are_read_whose_head_somebody_left_out() -> None:
    (request,) = requests(HEADS_LEFT_OUT)
    assert (request.code, request.details) == (500, "rate_limiter_error")
    assert kinds(HEADS_LEFT_OUT) == [ProxyEventKind.LOCAL_REPLY]


PROBE = 'Request to probe app failed: Get "http://localhost:81/ok": dial tcp 127.0.0.1:81: connect: connection refused, original URL path = /app-health/a/readyz'


def test_the_agents_vain_probe_of_the_application_is_told_with_and_without_its_head() -> None:
    for text in (f"2031-03-04T05:06:07...Z\terror\t{PROBE}", f"> {PROBE}", f"error {PROBE}"):
        (event,) = events(text)
        assert (event.kind, event.text) == (ProxyEventKind.PROBE_FAILED, PROBE)


def test_an_agent_that_may_not_read_secrets_misses_them_in_every_format() -> None:
    text = (
        "x/secretfetcher.go:1: Failed to list *v1.Secret: secrets is forbidden: User "
        '"system:serviceaccount:edge:istio-edge" cannot list resource "secrets"'
    )
    for head in ("", "error\t", "2031-03-04T05:06:07Z\terror\t", "E0304 05:06:07.008    1 "):
        (event,) = events(head + text)
        assert event.kind is ProxyEventKind.SECRET_MISSING
    assert not events("error\t" + text.replace("istio-", "shop-"))
