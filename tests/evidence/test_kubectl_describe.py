from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import kubectl_describe

PAGE = """\
$ kubectl describe pod shelf-1 -n books
Name:             shelf-1
Namespace:        books
Node:             green/192.0.2.9
Start Time:       Tue, 03 Mar 2026 10:00:00 +0000
Labels:           app=shelf
                  version=v2
Status:           Running
IP:               10.1.0.5
Containers:
  shelf:
    Image:          registry.example/shelf:2
    Port:           8080/TCP
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
    Ready:          False
    Restart Count:  4
    Limits:
      memory:  64Mi
    Readiness:  http-get http://:8080/ok delay=5s timeout=1s period=10s #success=1 #failure=3
Conditions:
  Type     Status
  Ready    False
Events:
  Type     Reason   Age                 From     Message
  ----     ------   ----                ----     -------
  Warning  BackOff  2m (x9 over 12m)    kubelet  Back-off restarting failed container shelf
"""


def test_a_pod_page_is_a_partial_pod_and_its_events():
    reading, claimed = read_lines(kubectl_describe, PAGE + "Thanks for any help\n")
    pod, event = reading.facts
    assert (pod.full_name, pod.partial, pod.source.line) == ("Pod books/shelf-1", True, 2)
    assert (event.kind, event.source.line) == ("Event", 30)
    assert claimed == list(range(1, 31))


def test_the_page_fills_the_paths_of_the_real_pod():
    pod = read_lines(kubectl_describe, PAGE)[0].facts[0]
    status = pod.get("status", "containerStatuses", 0)
    assert status["state"] == {"waiting": {"reason": "CrashLoopBackOff"}}
    assert status["lastState"] == {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    assert (status["ready"], status["restartCount"]) == (False, 4)
    assert pod.get("spec", "containers", 0, "resources", "limits") == {"memory": "64Mi"}
    assert pod.get("spec", "containers", 0, "ports", 0, "containerPort") == 8080
    assert pod.get("metadata", "labels") == {"app": "shelf", "version": "v2"}


def test_prose_is_left_alone():
    assert (
        read_lines(kubectl_describe, "Name: bob\nServer:  a\nAddress: 1\nName:   web.x\n")[1] == []
    )


def test_never_raises():
    assert_never_raises(kubectl_describe, PAGE)


def test_events_pasted_without_their_page_are_events_of_no_object():
    text = (
        "Events:\n"
        "  Type     Reason     Age                From     Message\n"
        "  ----     ------     ----               ----     -------\n"
        "  Warning  Unhealthy  24s (x3 over 26s)  kubelet  Readiness probe failed: refused\n"
        "that is all\n"
        "Liveness probe failed: HTTP probe failed with statuscode: 404\n"
    )
    reading, claimed = read_lines(kubectl_describe, text)
    assert [fact.get("message") for fact in reading.facts] == [
        "Readiness probe failed: refused",
        "Liveness probe failed: HTTP probe failed with statuscode: 404",
    ]
    assert {fact.get("involvedObject", "name") for fact in reading.facts} == {""}
    assert [fact.source.line for fact in reading.facts] == [4, 6]
    assert "that is all" not in claimed


def test_what_is_told_of_a_container_is_found_on_its_own_lines():
    pod = read_lines(kubectl_describe, PAGE)[0].facts[0]
    way = ("status", "containerStatuses", 0)
    rows = PAGE.split("\n")
    waits = pod.where(*way, "state", "waiting").line
    died = pod.where(*way, "lastState", "terminated").line
    again = pod.where(*way, "restartCount").line
    assert [rows[line - 1].split()[-1] for line in (waits, died, again)] == [
        "CrashLoopBackOff",
        "OOMKilled",
        "4",
    ]
