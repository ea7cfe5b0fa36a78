from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import kubectl_rollout

STATUS = """\
$ kubectl -n books rollout status deploy/shelf
Waiting for deployment "shelf" rollout to finish: 1 out of 3 new replicas have been updated...
Waiting for deployment "shelf" rollout to finish: 2 of 3 updated replicas are available...
Waiting for deployment "shelf" rollout to finish: 1 old replicas are pending termination...
error: deployment "shelf" exceeded its progress deadline
"""
HISTORY = """\
$ kubectl rollout history deploy/desk -n books
deployment.apps/desk
REVISION  CHANGE-CAUSE
1         <none>
4         image 2.1

done
"""


def test_a_status_tells_how_far_it_came():
    reading, claimed = read_lines(kubectl_rollout, STATUS)
    updated, available, late = reading.facts
    assert updated.full_name == "Deployment books/shelf"
    assert (updated.get("spec", "replicas"), updated.get("status", "updatedReplicas")) == (3, 1)
    assert (available.get("status", "availableReplicas"), available.source.line) == (2, 3)
    assert late.get("status", "conditions", 0, "reason") == "ProgressDeadlineExceeded"
    assert claimed == [1, 2, 3, 4, 5]
    assert all(fact.partial for fact in reading.facts)


def test_success_is_told():
    text = (
        'daemon set "agent" successfully rolled out\nstatefulset rolling update complete 3 pods\n'
    )
    reading, claimed = read_lines(kubectl_rollout, text)
    assert reading.facts[0].full_name == "DaemonSet agent"
    assert claimed == [1, 2]


def test_a_history_names_the_newest_revision():
    reading, claimed = read_lines(kubectl_rollout, HISTORY)
    (found,) = reading.facts
    assert found.get("metadata", "annotations") == {
        "deployment.kubernetes.io/revision": "4",
        "kubernetes.io/change-cause": "image 2.1",
    }
    assert (found.full_name, found.source.line) == ("Deployment books/desk", 5)
    assert claimed == [1, 2, 3, 4, 5]


def test_prose_is_left_alone():
    text = "Waiting for Godot\n3 of 4 replicas are fine\ndeployment is slow\n"
    assert read_lines(kubectl_rollout, text)[1] == []


def test_no_text_makes_it_raise():
    assert_never_raises(kubectl_rollout, STATUS + HISTORY)
