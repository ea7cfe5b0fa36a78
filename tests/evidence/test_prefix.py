import json

from hypothesis import given, settings
from hypothesis import strategies as st

from why503.evidence.prefix import Peeler, unwrap_document
from why503.evidence.reader import Line


def peel(*texts: str) -> list[Line]:
    peeler = Peeler()
    found = [line for number, text in enumerate(texts, 1) for line in peeler.peel(number, text)]
    return found + peeler.flush()


def test_kubectl_prefix_names_pod_and_container() -> None:
    (line,) = peel("[pod/kiosk-7/istio-proxy] hello")
    assert (line.text, line.origin.pod, line.origin.container) == (
        "hello",
        "kiosk-7",
        "istio-proxy",
    )


def test_partial_cri_lines_are_joined_at_the_first_number() -> None:
    stamp = "2031-03-04T05:06:07.123456789Z"
    (line,) = peel(f"{stamp} stdout P one ", f"{stamp} stdout F two")
    assert (line.number, line.text) == (1, "one two")
    assert line.origin.time is not None


def test_a_partial_line_without_an_end_is_kept() -> None:
    (line,) = peel("2031-03-04T05:06:07.1Z stderr P lonely")
    assert line.text == "lonely"


def test_kubectl_timestamps_go_and_a_programs_own_time_stays() -> None:
    stamped = peel("2031-03-04T05:06:07.123456789Z plain words")[0]
    own = "2031-03-04T05:06:07.123456Z\tdebug\tenvoy router\t[C1] x"
    assert stamped.text == "plain words"
    assert peel(own)[0].text == own


def test_docker_json_is_unwrapped() -> None:
    text = json.dumps({"log": "hello\n", "stream": "stdout", "time": "2031-03-04T05:06:07Z"})
    assert peel(text)[0].text == "hello"


def test_shippers_fields_name_the_pod() -> None:
    fields = {"pod_name": "kiosk-7", "container_name": "app", "namespace_name": "bar"}
    (line,) = peel(json.dumps({"log": "hello", "kubernetes": fields}))
    assert (line.text, line.origin.pod, line.origin.namespace) == ("hello", "kiosk-7", "bar")


def test_a_json_access_log_line_stays_whole() -> None:
    text = json.dumps({"response_code": 503, "message": "x", "time": "2031-03-04T05:06:07Z"})
    assert peel(text)[0].text == text


def test_a_programs_own_json_stays_whole() -> None:
    text = json.dumps({"level": "error", "msg": "call failed", "time": "2031-03-04T05:06:07Z"})
    assert peel(text)[0].text == text


def test_stern_and_compose_names_are_peeled() -> None:
    assert peel("kiosk-5d9f8c7b6d-x2x4z istio-proxy 2031-03-04 hi")[0].text == "2031-03-04 hi"
    assert peel("web-1  | 2031-03-04 hi")[0].text == "2031-03-04 hi"


def test_a_sentence_is_no_stern_prefix() -> None:
    text = "attempt-1 failed with a timeout"
    assert peel(text)[0].text == text


def test_a_loki_answer_gives_lines_with_their_place() -> None:
    stream = {"stream": {"pod": "kiosk-7"}, "values": [["1930367167000000000", 'say "hi"']]}
    text = json.dumps({"data": {"result": [stream]}}, indent=1)
    lines = unwrap_document(text)
    assert lines is not None
    assert (lines[0].text, lines[0].origin.pod) == ('say "hi"', "kiosk-7")
    assert "hi" in text.split("\n")[lines[0].number - 1]


def test_an_elasticsearch_answer_gives_lines() -> None:
    text = json.dumps({"hits": {"hits": [{"_source": {"message": "hello", "pod": "p"}}]}})
    lines = unwrap_document(text)
    assert lines is not None
    assert lines[0].text == "hello"


def test_a_manifest_is_no_answer_of_a_log_store() -> None:
    assert unwrap_document(json.dumps({"kind": "Service", "spec": {"ports": []}})) is None


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(st.text(max_size=80), max_size=6))
def test_no_text_makes_the_peeler_raise(texts: list[str]) -> None:
    assert all(line.number <= len(texts) for line in peel(*texts))
    unwrap_document("[" + "".join(texts))


def test_values_of_a_metric_are_no_log_lines():
    text = '{"data":{"result":[{"metric":{"__name__":"up"},"values":[[1767582000,"1"]]}]}}'
    assert unwrap_document(text) is None


def test_the_name_of_a_log_stores_field_is_taken_off() -> None:
    (line,) = peel("log:2031-03-04T05:06:07.008Z\tinfo\tads\tPush")
    assert line.text == "2031-03-04T05:06:07.008Z\tinfo\tads\tPush"
    (line,) = peel("log: nothing")
    assert line.text == "log: nothing"


def test_pod_and_container_in_brackets_are_taken_off_where_the_mesh_has_such_a_container() -> None:
    (line,) = peel("[kiosk-7 istio-proxy] hello")
    assert (line.text, line.origin.pod) == ("hello", "kiosk-7")
    (line,) = peel("[warning upstream] hello")
    assert line.text == "[warning upstream] hello"


def test_a_row_of_a_log_stores_export_gives_its_line() -> None:
    (line,) = peel('"Mar 4, 2031 @ 05:06:07.008","2031-03-04T05:06:07Z info said ""no"""')
    assert line.text == '2031-03-04T05:06:07Z info said "no"'
