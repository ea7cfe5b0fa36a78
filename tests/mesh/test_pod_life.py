import pytest

from tests.mesh.make import line_of, mesh_of, odd
from why503.facts import AppEvent, AppEventKind, ProxyEvent, ProxyEventKind, Source
from why503.mesh.pod_life import LifeEvent, LifeEventKind, life_of, near
from why503.support.duration import moment_of

HOST = "orders.shop.svc.cluster.local"
NOON = moment_of("2026-03-01T12:00:00Z") or 0.0
Kind = LifeEventKind


def pod(status="{}", metadata=""):
    return f"""
    kind: Pod
    metadata: {{name: orders-7d9f8b6c5-x2k4p, namespace: shop{metadata}}}
    spec: {{nodeName: node-1}}
    status: {status}
    """


def container(body):
    return pod(f"{{phase: Running, containerStatuses: [{{name: app, {body}}}]}}")


def event(reason, message="", *, about="orders-7d9f8b6c5-x2k4p", kind="Pod", times=""):
    times = times or "lastTimestamp: '2026-03-01T12:00:00Z'"
    return f"""
    kind: Event
    metadata: {{name: e, namespace: shop}}
    reason: {reason}
    message: '{message}'
    {times}
    involvedObject: {{kind: {kind}, name: {about}}}
    """


def kinds(text, *facts, host=HOST):
    return [event.kind for event in life_of(mesh_of(text, *facts), host)]


def happened(kind, time, text=""):
    where = Source(path="x")
    return LifeEvent(kind=kind, pod="p", container="", time=time, text=text, source=where)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("lastState: {terminated: {reason: OOMKilled, exitCode: 137}}", Kind.OOM_KILLED),
        ("lastState: {terminated: {reason: Error, exitCode: 137}}", Kind.KILLED),
        ("lastState: {terminated: {reason: Error, exitCode: 1}}", Kind.CRASHED),
        ("state: {terminated: {reason: Error, exitCode: 139}}", Kind.CRASHED),
        ("state: {waiting: {reason: CrashLoopBackOff}}", Kind.BACK_OFF),
        ("restartCount: 2", Kind.RESTARTED),
        ("ready: false", Kind.NOT_READY),
        ("state: {running: {startedAt: '2026-03-01T12:00:00Z'}}", Kind.STARTED),
    ],
)
def test_a_containers_status_tells_its_life(body, kind):
    assert kinds(container(body)) == [kind]


@pytest.mark.parametrize(
    "body",
    [
        "restartCount: 0, ready: true",
        "lastState: {terminated: {reason: Completed, exitCode: 0}}",
        "state: [1], lastState: text, restartCount: true",
    ],
)
def test_a_quiet_container_has_nothing_to_tell(body):
    assert kinds(container(body)) == []


def test_a_restart_has_the_time_of_the_later_of_end_and_start():
    body = (
        "restartCount: 1, state: {running: {startedAt: '2026-03-01T12:00:09Z'}}, "
        "lastState: {terminated: {reason: Error, exitCode: 1, finishedAt: '2026-03-01T12:00:00Z'}}"
    )
    found = life_of(mesh_of(container(body)), HOST)
    assert [(e.kind, e.time) for e in found] == [
        (Kind.CRASHED, NOON),
        (Kind.STARTED, NOON + 9),
        (Kind.RESTARTED, NOON + 9),
    ]


def test_termination_begins_a_grace_period_before_its_stamp():
    stamp = ", deletionTimestamp: '2026-03-01T12:00:30Z', deletionGracePeriodSeconds: 30"
    text = pod(metadata=stamp)
    [found] = life_of(mesh_of(text), HOST)
    assert (found.kind, found.time) == (Kind.TERMINATING, NOON)
    assert found.source.line == line_of(text, "deletionTimestamp")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("{reason: Evicted, phase: Failed}", Kind.EVICTED),
        ("{reason: CrashLoopBackOff}", Kind.BACK_OFF),
        ("{conditions: [{type: Ready, status: 'False'}]}", Kind.NOT_READY),
        (
            (
                "{conditions: [{type: Ready, status: 'True', "
                "lastTransitionTime: '2026-03-01T12:00:00Z'}]}"
            ),
            Kind.READY,
        ),
        ("{startTime: '2026-03-01T12:00:00Z'}", Kind.STARTED),
    ],
)
def test_a_pods_status_tells_its_life(status, kind):
    assert kinds(pod(status)) == [kind]


@pytest.mark.parametrize(
    ("reason", "message", "kind"),
    [
        ("Killing", "Stopping container app", Kind.TERMINATING),
        ("Killing", "Container app failed liveness probe, will be restarted", Kind.KILLED),
        ("BackOff", "Back-off restarting failed container app", Kind.BACK_OFF),
        ("Unhealthy", "Readiness probe failed: HTTP probe failed", Kind.PROBE_FAILED),
        ("Evicted", "The node was low on resource: memory", Kind.EVICTED),
        ("Started", "Started container app", Kind.STARTED),
    ],
)
def test_events_tell_the_pods_life(reason, message, kind):
    [found] = life_of(mesh_of(event(reason, message)), HOST)
    assert (found.kind, found.time, found.pod) == (kind, NOON, "orders-7d9f8b6c5-x2k4p")
    assert found.container == ("app" if "container" in message.lower() else "")


def test_a_repeated_event_counts_at_its_first_and_its_last_time():
    times = "firstTimestamp: '2026-03-01T11:59:00Z'\n    lastTimestamp: '2026-03-01T12:00:00Z'"
    found = life_of(mesh_of(event("Unhealthy", times=times)), HOST)
    assert [e.time for e in found] == [NOON - 60, NOON]


def test_events_of_other_pods_and_other_reasons_are_not_the_hosts():
    text = event("Killing", about="users-7d9f8b6c5-x2k4p") + "---" + event("Pulled")
    assert kinds(text) == []
    assert kinds(text, host="") == [Kind.TERMINATING]


def test_memory_that_ran_out_on_the_pods_node_counts_and_on_another_does_not():
    for node, expected in (("node-1", [Kind.OOM_KILLED]), ("node-2", [])):
        text = pod() + "---" + event("OOMKilling", kind="Node", about=node)
        assert kinds(text) == expected


def test_logs_of_the_hosts_tellers_tell_and_the_callers_do_not():
    where = Source(path="app.log", line=1)
    facts = [
        AppEvent(
            source=where, kind=AppEventKind.SHUTDOWN, teller="orders-0", time=NOON, text="bye"
        ),
        AppEvent(source=where, kind=AppEventKind.CRASH, teller="orders-1", time=NOON + 1),
        AppEvent(source=where, kind=AppEventKind.LISTENING, teller="users-0", time=NOON + 2),
        ProxyEvent(source=where, kind=ProxyEventKind.DRAINING, teller="orders-0", time=NOON + 3),
        ProxyEvent(
            source=where,
            kind=ProxyEventKind.SHUTDOWN,
            teller="orders-0",
            time=NOON + 4,
            text="Envoy may have been out of memory killed.",
        ),
    ]
    assert kinds("", *facts) == [
        Kind.SHUTDOWN_LOGGED,
        Kind.CRASH_LOGGED,
        Kind.PROXY_SHUTDOWN,
        Kind.OOM_KILLED,
    ]


def test_events_without_a_time_come_last():
    found = life_of(mesh_of(pod("{reason: Error, startTime: '2026-03-01T12:00:00Z'}")), HOST)
    assert [e.kind for e in found] == [Kind.STARTED, Kind.CRASHED]


@pytest.mark.parametrize("kind", [Kind.SHUTDOWN_LOGGED, Kind.PROXY_SHUTDOWN, Kind.TERMINATING])
def test_an_orderly_stop_after_the_last_failure_does_not_count(kind):
    window = (NOON, NOON + 10)
    assert near([happened(kind, NOON + 10.5)], window, 30, 30) == ()
    assert near([happened(kind, NOON + 9)], window, 30, 30) != ()


def test_only_what_lies_near_the_failures_is_near():
    moments = (NOON - 31, NOON - 29, NOON + 5, NOON + 39, NOON + 41, None)
    events = [happened(Kind.CRASHED, moment) for moment in moments]
    found = near(events, (NOON, NOON + 10), 30, 29)
    assert [e.time for e in found] == [NOON - 29, NOON + 5, NOON + 39]
    assert near(events, None, 30, 30) == ()


@pytest.mark.parametrize("kind", ["Pod", "Event", "Service", "Deployment"])
def test_odd_objects_break_nothing(kind):
    strange = (
        "{containers: [7, {image: [1], ports: [{containerPort: {}}]}], ports: [{targetPort: []}]}"
    )
    for host in ("", "7.8"):
        assert isinstance(life_of(odd(kind, strange), host), tuple)


def test_a_status_of_odd_types_breaks_nothing():
    body = "{conditions: [7], containerStatuses: [7, {state: {terminated: {exitCode: [1]}}}]}"
    assert kinds(pod(body)) == []


def logged(kind, at, text=":8080"):
    where = Source(path="orders.log", line=1)
    return AppEvent(source=where, kind=kind, teller="orders", time=NOON + at, text=text)


def test_listening_again_without_having_been_told_to_stop_is_a_restart():
    begin, again = logged(AppEventKind.LISTENING, 0), logged(AppEventKind.LISTENING, 60)
    assert Kind.RESTARTED in kinds("", begin, again)
    stop = logged(AppEventKind.SHUTDOWN, 50, "SIGTERM")
    assert Kind.RESTARTED not in kinds("", begin, stop, again)


def test_several_addresses_of_one_start_are_no_restart():
    second = logged(AppEventKind.LISTENING, 2, ":9090")
    assert Kind.RESTARTED not in kinds("", logged(AppEventKind.LISTENING, 0), second)
