from dataclasses import replace

from tests.mesh.make import obj
from tests.report.traced import WEIGHTS, trace_of
from why503.diagnosis.finding import Spot
from why503.diagnosis.trace import TraceDifference
from why503.report.trace_text import question, render, signs


def flat(text):
    return " ".join(text.split())


def test_the_end_stands_first_and_every_step_has_its_line():
    text = flat(render(trace_of()))
    assert text.startswith("GET quay:9080/a from deploy/desk: arrives The application behind")
    assert "deploy/desk, outbound → listener 0.0.0.0_9080: takes connections" in text
    assert "(Service shop/quay) mesh.yaml:" in text
    assert "deployment/quay, inbound → listener virtualInbound" in text
    assert "the server takes mTLS: PERMISSIVE (Istio's default)" in text
    assert "Not read • `x.bin` is not text." in text


def test_each_way_has_its_share_and_its_end():
    text = flat(render(trace_of(WEIGHTS)))
    assert "from deploy/desk: depends on the way it takes 20 % of the requests fail" in text
    assert "80 % of the requests: arrives" in text
    assert "20 % of the requests: 503 NC cluster_not_found" in text
    assert "timeout: 3 s (VirtualService shop/quay)" in text


def test_signs_and_question_leave_out_what_is_not_there():
    strict = obj("PeerAuthentication", "p", "{mtls: {mode: STRICT}}")
    found = trace_of(strict, source="")
    assert question(found) == "GET quay:9080/a from outside the mesh"
    assert signs(found.outcome) == "NR filter_chain_not_found"
    assert question(trace_of(url="tcp://quay:9080")) == "quay:9080 from deploy/desk"


def test_doubts_differences_and_the_servers_log_are_said():
    told = trace_of(obj("AuthorizationPolicy", "a", "{}"))
    difference = TraceDifference(
        text="Another destination.",
        loaded="a",
        asked="b",
        why="stale",
        sources=(Spot(path="d.json", line=3),),
    )
    unsure = replace(told.outcome, sure=False)
    found = replace(told, differences=(difference,), outcome=unsure, configuration="loaded")
    text = flat(render(found))
    assert "The server's proxy logs rbac_access_denied_matched_policy[none]." in text
    assert "What was given does not show all that decides." in text
    assert "Followed through what the first proxy has loaded." in text
    assert "× Another destination. d.json:3" in text


def test_it_can_be_written_without_signs_beyond_ascii_and_is_harmless():
    found = trace_of(url="http://quay:9080/%1b\x1b[31m")
    text = render(found, ascii_only=True)
    assert text.isascii()
    assert "\x1b" not in text
