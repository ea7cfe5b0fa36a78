import pytest

from tests.mesh.build import manifest, mesh
from why503.facts import AppEvent, AppEventKind, Source
from why503.mesh.enrolment import not_enrolled


def told(text):
    source = Source(path="cni.log", line=1)
    return AppEvent(source=source, kind=AppEventKind.ERROR, teller="cni", text=text)


@pytest.mark.parametrize(
    "text",
    [
        "cni-agent failed to add pod to ztunnel: partial add error: no ztunnel connection",
        "istio-cni cmdAdd error: unable to push CNI event (status code 500): timeout",
        "pod: a/b was not enrolled and is unhealthy: EOF",
    ],
)
def test_the_agents_words_name_a_pod_that_ztunnel_did_not_get(text):
    assert not_enrolled(mesh(told(text))) == ((text, Source(path="cni.log", line=1)),)


def test_the_kubelets_event_that_quotes_the_plugin_tells_the_same():
    text = 'plugin type="istio-cni" failed (add): unable to push CNI event (status code 500)'
    assert len(not_enrolled(mesh(manifest("Event", "e", "a", message=text)))) == 1


def test_other_plugins_and_pods_that_were_handed_over_are_no_such_thing():
    assert not_enrolled(mesh(told("failed to add pod to the queue: full"))) == ()
    assert not_enrolled(mesh(told("pod sent to ztunnel successfully"))) == ()
