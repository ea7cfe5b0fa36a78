import pytest

from tests.mesh.build import manifest, mesh
from tests.mesh.stretch import REFUSED, START, failed, hop_of, mesh_with, served, told_by_client
from why503.facts import AppEvent, AppEventKind, ProxyEvent, ProxyEventKind, Source
from why503.mesh.failure import Role
from why503.mesh.starting import (
    begun_before,
    listening_after,
    proxy_began_after,
    proxy_changes,
    proxy_not_awaited,
    proxy_unready,
)

HOP = hop_of(failed(3, REFUSED), failed(5, REFUSED))
CALLER = hop_of(told_by_client(1), told_by_client(2), role=Role.CLIENT)
POD = """
    kind: Pod
    metadata: {{name: orders-7d9f8b6c5-x2k4p, namespace: shop}}
    status: {{podIP: 10.0.0.1, startTime: '2026-03-01T{time}Z'}}
    """


def listens(at):
    return AppEvent(
        source=Source(path="app.log", line=1),
        kind=AppEventKind.LISTENING,
        teller="orders",
        time=START + at,
        text=":80",
    )


def proxy(kind, at, teller="a"):
    return ProxyEvent(
        source=Source(path="e.log", line=1), kind=kind, teller=teller, time=START + at
    )


def test_the_application_listens_after_all_its_failures():
    event = listening_after(HOP, mesh_with(facts=(listens(6),)))
    assert event is not None
    assert event.time == START + 6


def test_a_second_start_or_one_before_the_failures_is_not_the_first():
    assert listening_after(HOP, mesh_with(facts=(listens(-9), listens(6)))) is None
    assert listening_after(HOP, mesh_with(facts=(listens(4),))) is None
    assert listening_after(HOP, mesh_with()) is None


def test_a_pod_that_started_shortly_before_is_found_and_an_old_one_is_not():
    assert begun_before(HOP, mesh_with(yaml=POD.format(time="12:00:02"))) is not None
    assert begun_before(HOP, mesh_with(yaml=POD.format(time="09:00:00"))) is None


def test_the_callers_proxy_began_after_the_refused_calls():
    ready = proxy(ProxyEventKind.STARTED, 4)
    began = proxy_began_after(CALLER, mesh_with(served(9, 20), facts=(ready,)))
    assert began is not None
    assert began[0] == START + 4
    first_line = proxy_began_after(CALLER, mesh_with(served(9, 20)))
    assert first_line is not None
    assert first_line[0] == START + 9
    assert proxy_began_after(CALLER, mesh_with(served(0, 20))) is None


def test_changes_of_the_callers_own_proxy_around_the_calls_are_found():
    stop, other = proxy(ProxyEventKind.SHUTDOWN, 0), proxy(ProxyEventKind.SHUTDOWN, 0, "b")
    late = proxy(ProxyEventKind.STARTED, 500)
    assert proxy_changes(CALLER, mesh_with(facts=(stop, other, late))) == (stop,)


UNREADY = """
    kind: Event
    reason: Unhealthy
    message: 'Readiness probe failed: HTTP probe failed with statuscode: 503'
    involvedObject: {{fieldPath: 'spec.containers{{{container}}}'}}
    lastTimestamp: '{time}'
    """


def test_a_sidecar_that_is_not_ready_near_the_refused_calls_is_found():
    near = UNREADY.format(container="istio-proxy", time="2026-03-01T12:00:04Z")
    assert len(proxy_unready(CALLER, mesh_with(yaml=near))) == 1


def test_another_container_or_another_hour_is_no_sidecar_at_its_start():
    other = UNREADY.format(container="orders", time="2026-03-01T12:00:04Z")
    late = UNREADY.format(container="istio-proxy", time="2026-03-01T15:00:00Z")
    assert proxy_unready(CALLER, mesh_with(yaml=other)) == ()
    assert proxy_unready(CALLER, mesh_with(yaml=late)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "command 'pilot-agent wait' exited with 255: Error: timeout waiting for Envoy proxy",
        "Error: timeout waiting for Envoy proxy to become ready. Last error: HTTP status code 503",
    ],
)
def test_a_wait_for_the_proxy_that_gave_up_is_told_by_its_event(text):
    event = manifest("Event", "e", "shop", reason="FailedPostStartHook", message=text)
    assert proxy_not_awaited(mesh(event)) == ((text, event.source),)


def test_a_hook_of_another_command_says_nothing_of_the_proxy():
    text = "command '/bin/warm-up' exited with 1: no beans"
    assert proxy_not_awaited(mesh(manifest("Event", "e", "shop", message=text))) == ()
