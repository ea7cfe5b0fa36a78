from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import event_line

TEXT = """\
I 2026-02-02T07:00:01Z spec.containers{istio-proxy} Started container spec.containers{istio-proxy}
W 2026-02-02T07:00:03Z spec.containers{istio-proxy} Readiness probe failed: Get "http://x": refused
spec.containers{web}  Warning  Back-off restarting failed container
spec.containers{web}
"""


def test_each_line_is_an_event_with_reason_container_and_time():
    reading, claimed = read_lines(event_line, TEXT)
    assert claimed == [1, 2, 3]
    told = [(f.get("reason"), f.get("involvedObject", "fieldPath")) for f in reading.facts]
    assert told == [
        ("Started", "spec.containers{istio-proxy}"),
        ("Unhealthy", "spec.containers{istio-proxy}"),
        ("BackOff", "spec.containers{web}"),
    ]
    assert reading.facts[0].get("message") == "Started container"
    assert reading.facts[1].get("lastTimestamp") == "2026-02-02T07:00:03.000Z"
    assert [f.get("type") for f in reading.facts] == ["Normal", "Warning", "Warning"]


def test_never_raises():
    assert_never_raises(event_line, TEXT)
