"""Names, addresses and secrets go; what a diagnosis stands on stays."""

import json
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why503.evidence.redaction.redactor import Redactor

NAMES = ("zorbank", "kwelpay", "frobnitz", "quuxledger")
LINE = (
    '[2026-03-09T02:00:01.198Z] "POST /zorbank/123456/api/v1/write?card=hunter2 HTTP/1.1" 503 UC '
    'upstream_reset_before_response_started{connection_termination} - "-" 450 95 1004 - "-" '
    '"vmagent/1.9" "8e282fc3-08b5-7eff-f84b-5dacb6e41603" "kwelpay.frobnitz:8480" "10.42.1.7:8480" '
    "outbound|8480|v1|kwelpay.frobnitz.svc.cluster.local 127.0.0.6:41000 10.42.1.7:8480 "
    "10.42.1.9:38000 outbound_.8480_._.kwelpay.frobnitz.svc.cluster.local default"
)


def redacted(text: str, seed: bytes = b"key") -> str:
    return Redactor(seed).text(text)


def test_a_log_line_keeps_its_shape_and_loses_its_names() -> None:
    told = redacted(LINE)
    assert not any(name in told for name in (*NAMES, "10.42.1", "hunter2", "8e282fc3", "123456"))
    for kept in (
        "[2026-03-09T02:00:01.198Z]",
        "503 UC upstream_reset_before_response_started{connection_termination}",
        "450 95 1004",
        "127.0.0.6:41000",
        "/api/v1/write?*** HTTP/1.1",
        ".svc.cluster.local",
        "outbound|8480|v1|",
    ):
        assert kept in told


def test_the_same_name_has_the_same_token_everywhere() -> None:
    redactor = Redactor(b"key")
    service = redactor.text("kwelpay")
    assert service != "kwelpay"
    assert redactor.text("http://kwelpay.frobnitz/x").startswith(f"http://{service}.")
    assert redactor.text("  app: kwelpay-v1").endswith(f"{service}-v1")
    assert redactor.text("spiffe://cluster.local/ns/frobnitz/sa/kwelpay").endswith(service)
    assert redactor.text("KwelpayController") == f"{service.capitalize()}Controller"


def test_tokens_depend_on_the_key_only() -> None:
    assert redacted(LINE) == redacted(LINE)
    assert redacted(LINE) != redacted(LINE, b"other")


@pytest.mark.parametrize(
    "kept",
    ["127.0.0.6", "0.0.0.0", "::1", "[::]:15006", "240.240.0.7", "istio-system", "kube-system",
     "istio-proxy", "default", "image: nginx:1.25.3", "node:20", "vminsert", "1h30m", "500m",
     "0.25s", "TLSv1.3", "C1234", "2/2", "99.9%", "2026-03-09 02:00:01.5 +0000",
     "09/Mar/2026:02:00:01 +0000", "I0309 02:00:01.198 1 main.go:7]", "PassthroughCluster",
     "java.net.SocketTimeoutException: Read timed out", "%REQ(:AUTHORITY)%",
     "no_healthy_upstream", "ECONNRESET", "http2", "5xx"],
)  # fmt: skip
def test_words_of_the_mesh_stay(kept: str) -> None:
    assert redacted(kept) == kept


@given(st.lists(st.ip_addresses(v=4), min_size=2, max_size=6))
@settings(max_examples=60, database=None)
def test_neighbours_stay_neighbours(addresses: list[object]) -> None:
    redactor = Redactor(b"key")
    for one in addresses:
        near = ip_address(int(ip_address(str(one))) ^ 1)
        first, second = redactor.text(str(one)), redactor.text(str(near))
        if first != str(one) and second != str(near):
            assert int(ip_address(first)) ^ int(ip_address(second)) == 1


def test_a_network_holds_the_addresses_that_it_held() -> None:
    redactor = Redactor(b"key")
    network = ip_network(redactor.text("10.42.0.0/20"))
    assert ip_address(redactor.text("10.42.13.9")) in network
    assert ip_address(redactor.text("10.42.16.9")) not in network
    assert network.is_private


@pytest.mark.parametrize(
    "address", ["10.42.1.7", "52.1.2.3", "2a00:1450:4001:81b::200e", "fd00:10:1::7",
                "::ffff:10.42.1.7", "ip-10-42-1-7", "10.42.1.7.46002"],
)  # fmt: skip
def test_an_address_is_replaced_in_every_spelling(address: str) -> None:
    told = redacted(f"from {address} to")
    assert address not in told
    assert "10.42" not in told.replace("-", ".")


def test_a_token_is_as_long_as_its_word_so_that_columns_stay() -> None:
    table = (
        "NAME          READY   IP            NODE\nzorbank-0     1/1     10.42.1.7     kwelpay\n"
    )
    head, row = redacted(table).splitlines()
    assert row.index("1/1") == head.index("READY")


def test_what_is_json_stays_json() -> None:
    inner = json.dumps({"authorization": "hunter2x", "path": "/zorbank?token=hunter2&a=1", "n": 5})
    told = redacted(json.dumps({"log": inner + "\n", "stream": "stdout", "cookie": "a=hunter2"}))
    assert "hunter2" not in told
    assert json.loads(json.loads(told)["log"])["n"] == 5


@pytest.mark.parametrize(
    "text",
    ["kind: Secret\ndata:\n  zorbank: {0}\n", "data:\n  a: |\n    {0}\nkind: Secret\n",
     "kind: Secret\nstringData: {{a: {0}}}\n", '{{"data":{{"a":"{0}"}},"kind":"Secret"}}',
     "- name: A\n  env:\n  - name: PASSWORD\n    value: {0}\n",
     "env:\n- name: GREETING\n  value: |\n    {0}\n    {0}\n",
     '{{"env":[{{"name":"GREETING","value":"x {0}"}}]}}',
     "  Environment:\n    DB_DSN:  {0}\n  Mounts:\n", "user {0}@zorbank.com said",
     "x: http://me:{0}@zorbank/", "Authorization: Bearer {0}", "'cookie', 'a={0}'",
     "-----BEGIN CERTIFICATE-----\n{0}\n-----END CERTIFICATE-----",
     'kubectl.kubernetes.io/last-applied-configuration: |\n  {{"a":"{0}"}}\nx: 1'],
)  # fmt: skip
@given(secret=st.from_regex(r"[1-9][0-9]{7,11}", fullmatch=True))
@settings(max_examples=8, database=None, derandomize=True)
def test_a_secret_that_is_a_mere_number_is_hidden_by_its_place(text: str, secret: str) -> None:
    told = redacted(text.format(secret))
    assert secret not in told
    assert "***" in told or "{}" in told


def test_settings_that_a_diagnosis_asks_for_stay_in_the_environment() -> None:
    text = 'env:\n- name: KEEP_ALIVE_TIMEOUT\n  value: "65"\n- name: PIN\n  value: "65"\n'
    assert redacted(text).count('"65"') == 1


def test_lines_stay_where_they_were() -> None:
    text = "kind: Secret\ndata:\n  a: |\n    x\n    y\n---\nkind: Pod\n"
    assert redacted(text).splitlines()[6] == "kind: Pod"


@given(st.text(max_size=300))
@settings(max_examples=150, database=None)
def test_any_text_is_redacted(text: str) -> None:
    assert isinstance(redacted(text), str)


@given(st.from_regex(r"[a-z]{9,14}", fullmatch=True), st.sampled_from(
    ["x {0}.svc", "/{0}/y", "ns/{0}/sa", "{0}-7d9f8b6c5d-x2x4z", '"{0}":1', "a={0}", "|{0}|",
     "\\n{0}", "%2F{0}%20", "_{0}_", "\x1b[31m{0}", "{0}:8080", "\\\\n{0}\\\\n", "\\u0041 {0}"],
))  # fmt: skip
@settings(max_examples=120, database=None)
def test_no_unknown_word_stays_in_any_place(name: str, form: str) -> None:
    from why503.evidence.redaction.vocabulary import stays

    if not stays(name):
        assert name not in redacted(form.format(name))
