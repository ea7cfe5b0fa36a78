import json

from tests.evidence.any_json import assert_takes_any_json
from tests.evidence.fuzz import CONTEXT, assert_never_raises
from why503.evidence import server_info

PAGE = {
    "version": "9e55/1.36.2/Clean/RELEASE/BoringSSL",
    "state": "DRAINING",
    "uptime_current_epoch": "3601s",
    "hot_restart_version": "disabled",
    "command_line_options": {"concurrency": 2, "restart_epoch": 1, "drain_time": "45s"},
    "node": {"id": "sidecar~10.1.0.4~desk-0.books~books.svc", "metadata": {"LABELS": {"a": "b"}}},
}


def test_the_page_tells_version_state_and_pod():
    text = json.dumps(PAGE, indent=1)
    assert server_info.bid(text) >= 0.9
    (info,) = server_info.read(text, CONTEXT).facts
    assert (info.envoy, info.state, info.uptime) == ((1, 36, 2), "DRAINING", 3601.0)
    assert (info.concurrency, info.restart_epoch, info.drain_time) == (2, 1, 45.0)
    assert (info.pod, info.labels) == ("desk-0", {"a": "b"})


def test_a_cut_page_tells_what_stands_before_the_cut():
    text = json.dumps(PAGE, indent=1)
    reading = server_info.read(text[: text.index('"node"')], CONTEXT)
    (info,) = reading.facts
    assert (info.state, info.pod) == ("DRAINING", "")
    assert len(reading.unread) == 1


def test_a_version_alone_is_not_wanted():
    assert server_info.bid('{"version": "1.2.3", "name": "x"}') == 0.0


def test_takes_any_json():
    assert_takes_any_json(server_info, PAGE)


def test_never_raises():
    assert_never_raises(server_info, json.dumps(PAGE, indent=1))
