from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.diagnosis.explain import explain
from why503.diagnosis.explanation import Topic
from why503.mesh.hop import At


def cause(name, *signs):
    return SimpleNamespace(
        ID=name,
        TITLE=name.title(),
        SIGNS=frozenset(signs),
        AT=At.LEG,
        missing=lambda _hop, _mesh: (),
        remedies=lambda _hop, _mesh: (),
        hazards=lambda _mesh: (),
        __doc__=f"{name}.\n\n## What happens\nx",
    )


CATALOGUE = (
    cause("race", "UC", "connection termination", "upstream_reset_before_response_started"),
    cause("breaker", "UO", "overflow", "upstream_reset_before_response_started"),
    cause("refused", "UF", "Connection refused"),
    cause("no-answer", "UF", "connection timeout"),
    cause("old-words", "some odd complaint"),
)
LINE = (
    '[2026-03-04T05:06:07.008Z] "POST /cart?token=abcdefgh HTTP/1.1" 503 {flags} {details} - '
    '"-" 10 95 2 - "-" "shop/1" "6f1c" "cart.shop:80" "10.8.0.4:8080" {cluster} '
    "10.8.0.9:4711 10.9.0.1:80 10.8.0.9:4712 - default"
)
RESET = "upstream_reset_before_response_started{connection_termination}"
OUTBOUND = "outbound|80||cart.shop.svc.cluster.local"


def causes(explanation):
    return [found.id for found in explanation.causes]


def line(flags="UC", details=RESET, cluster=OUTBOUND):
    return LINE.format(flags=flags, details=details, cluster=cluster)


@pytest.mark.parametrize("text", ["no-answer", "NO_ANSWER", " no-answer "])
def test_a_cause_gives_its_page(text):
    answer = explain(text, CATALOGUE)
    assert answer.topic is Topic.CAUSE
    assert answer.page.startswith("no-answer.\n\n## What happens")
    assert answer.cause is not None
    assert [part.heading for part in answer.cause.parts] == ["What happens"]


def test_a_line_is_told_field_by_field_with_its_ending_side_and_destination():
    answer = explain(line(), CATALOGUE)
    fields = {field.name: field for field in answer.fields}
    assert answer.topic is Topic.ACCESS_LOG_LINE
    assert fields["code"].value == "503"
    assert "connection termination" in fields["bytes_sent"].meaning
    assert "cart.shop.svc.cluster.local" in fields["upstream_cluster"].meaning
    assert "never answered" in fields["upstream_service_time"].meaning
    assert "caller's side" in answer.summary
    assert "cart.shop.svc.cluster.local:80" in answer.summary
    assert causes(answer) == ["race"]


def test_the_server_side_is_told_by_an_inbound_cluster():
    answer = explain(line(cluster="inbound|8080||"), CATALOGUE)
    assert "server's own proxy" in answer.summary


def test_no_secret_of_a_line_is_shown():
    assert "abcdefgh" not in str(explain(line(), CATALOGUE))


def test_a_line_behind_a_log_prefix_is_known():
    answer = explain("[pod/cart-1/istio-proxy] " + line(), CATALOGUE)
    assert answer.topic is Topic.ACCESS_LOG_LINE


def test_a_json_line_is_known():
    text = '{"response_code": 503, "response_flags": "UO", "upstream_host": "10.8.0.4:8080"}'
    answer = explain(text, CATALOGUE)
    assert answer.topic is Topic.ACCESS_LOG_LINE
    assert causes(answer) == ["breaker"]


def test_a_second_hand_503_is_told_by_the_length_of_its_body():
    answer = explain(line(flags="-", details="via_upstream"), CATALOGUE)
    assert "proxy behind" in answer.summary
    assert causes(answer) == ["race"]


def test_a_request_that_went_well_has_no_cause():
    text = line(flags="-", details="via_upstream").replace(" 503 ", " 200 ")
    assert causes(explain(text, CATALOGUE)) == []


def test_a_ztunnel_line_is_told_field_by_field():
    text = (
        "2026-03-04T05:06:07.000008Z\terror\taccess\tconnection complete\tsrc.addr=10.8.0.4:4711 "
        'direction="outbound" bytes_sent=0 bytes_recv=0 duration="3ms" '
        'error="connection closed due to policy rejection: allow policies exist, but none allowed"'
    )
    answer = explain(text, CATALOGUE)
    assert answer.topic is Topic.ZTUNNEL_LINE
    assert [word.word for word in answer.words] == ["connection closed due to policy rejection"]
    assert {field.name for field in answer.fields} >= {"direction", "error", "bytes_sent"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UC", ["race"]),
        ("503 UC", ["race"]),
        ("response_flags: UC", ["race"]),
        (f"503 UC {RESET}", ["race"]),
        ("UF", ["refused", "no-answer"]),
        ("URX,UF", ["refused", "no-answer"]),
        ("111", ["refused"]),
        ("ECONNREFUSED", ["refused"]),
        ("upstream_reset_before_response_started{overflow}", ["breaker"]),
        ("upstream_reset_before_response_started", ["race", "breaker"]),
        ("dial tcp 10.8.0.4:80: connect: connection refused", ["refused"]),
        ("it says Some Odd Complaint again", ["old-words"]),
    ],
)
def test_causes_are_those_with_the_most_telling_word_among_their_signs(text, expected):
    assert causes(explain(text, CATALOGUE)) == expected


def test_a_body_is_explained_by_its_reset_reason():
    body = (
        "upstream connect error or disconnect/reset before headers. retried and the latest reset "
        "reason: remote connection failure, transport failure reason: delayed connect error: 111"
    )
    answer = explain(body, CATALOGUE)
    assert "remote connection failure" in [word.word for word in answer.words]
    assert causes(answer) == ["refused"]


@pytest.mark.parametrize("text", ["%RESPONSE_CODE_DETAILS%", "response_code_details", "details"])
def test_a_field_is_known_by_operator_json_key_and_short_name(text):
    assert [word.word for word in explain(text, CATALOGUE).words] == ["details"]


@pytest.mark.parametrize("text", ["", "hello world", "42", "\x00\udcff", "{", "%"])
def test_an_unknown_text_is_said_to_be_unknown(text):
    answer = explain(text, CATALOGUE)
    assert answer.topic is Topic.NOT_KNOWN
    assert "UC" in answer.summary


@given(st.text() | st.lists(st.sampled_from([*line(), "UC", RESET, "\n", "|"])).map("".join))
def test_no_text_makes_it_raise(text):
    assert explain(text, CATALOGUE).topic in Topic
