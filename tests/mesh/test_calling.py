import pytest

from tests.mesh.make import line_of, mesh_of
from tests.mesh.test_timing import failure, group, hop, log
from why503.facts import AppEvent, AppEventKind, Source
from why503.mesh.calling import call_interval, only_first_attempts

WRITE = "http://orders.shop.svc.cluster.local:80/insert/0/prometheus"


def vmalert(*args):
    container = f"{{name: a, image: 'mirror/vmalert:v1.90.0', args: [{', '.join(args)}]}}"
    return f"""
    kind: Deployment
    metadata: {{name: vmalert, namespace: mon}}
    spec: {{template: {{spec: {{containers: [{container}]}}}}}}
    """


def event(name, text, program="vmalert"):
    return AppEvent(
        source=Source(path="app.log", line=7),
        kind=AppEventKind.FLAG,
        teller="client",
        program=program,
        name=name,
        text=text,
    )


def written():
    return failure(path="/insert/0/prometheus/api/v1/write")


def test_writes_come_with_the_evaluation_when_that_is_slower_than_the_flush():
    text = vmalert(
        f"-remoteWrite.url={WRITE}", "-remoteWrite.flushInterval=5s", "-evaluationInterval=30s"
    )
    found = call_interval(mesh_of(text), hop(written()))
    assert found is not None
    assert (found.value, found.default, found.by) == (30.0, False, "-evaluationInterval of vmalert")
    assert found.source is not None
    assert found.source.line == line_of(text, "containers")


def test_queries_do_not_wait_for_the_flush():
    text = vmalert(
        f"-datasource.url={WRITE}", "-remoteWrite.flushInterval=2m", "-evaluationInterval=30s"
    )
    found = call_interval(mesh_of(text), hop(failure(path="/select/0/prometheus/api/v1/query")))
    assert found is not None
    assert found.value == 30.0


def test_the_callers_own_log_tells_though_it_hides_the_url():
    mesh = mesh_of("", event("remoteWrite.url", "secret"), event("evaluationInterval", "4s"))
    found = call_interval(mesh, hop(written()))
    assert found is not None
    assert (found.value, found.source) == (4.0, Source(path="app.log", line=7))


def test_a_vmalert_that_writes_elsewhere_is_not_the_caller():
    text = vmalert("-remoteWrite.url=http://users.shop.svc:80/", "-evaluationInterval=30s")
    assert call_interval(mesh_of(text), hop(written())) is None


def test_the_flags_of_the_server_are_not_the_callers():
    mesh = mesh_of("", event("evaluationInterval", "4s", program="vminsert"))
    assert call_interval(mesh, hop(written())) is None


def test_the_custom_resource_tells():
    text = f"""
    kind: VMAlert
    metadata: {{name: main, namespace: mon}}
    spec:
      evaluationInterval: 20s
      remoteWrite: {{url: '{WRITE}'}}
    """
    found = call_interval(mesh_of(text), hop(written()))
    assert found is not None
    assert found.value == 20.0
    assert found.source is not None
    assert found.source.line == line_of(text, "20s")


def test_rules_groups_go_before_the_programs_interval():
    rule = """
    kind: VMRule
    metadata: {name: slo, namespace: mon}
    spec: {groups: [{name: a, interval: 15s}, {name: b, interval: 15s}]}
    """
    found = call_interval(
        mesh_of(vmalert(f"-remoteWrite.url={WRITE}") + "---" + rule), hop(written())
    )
    assert found is not None
    assert (found.value, found.by) == (15.0, "VMRule mon/slo")


def test_without_any_setting_the_default_counts_and_says_so():
    found = call_interval(mesh_of(vmalert(f"-remoteWrite.url={WRITE}")), hop(written()))
    assert found is not None
    assert (found.value, found.default, found.source) == (60.0, True, None)


@pytest.mark.parametrize(
    ("gaps", "value"),
    [((3.0, 3.1, 2.9), 3.0), ((1.0, 4.0, 20.0), None), ((0.01, 0.01, 0.01), None)],
)
def test_regular_gaps_in_the_access_log_tell_and_others_do_not(gaps, value):
    found = call_interval(log(*(group(idle=gap) for gap in gaps)), hop(failure()))
    assert (found.value if found else None) == value


def attempt(number, host="orders.shop"):
    return AppEvent(
        source=Source(path="app.log", line=number),
        kind=AppEventKind.WRITE_FAILED,
        url=f"http://{host}:80/insert/0/prometheus",
        attempt=number,
    )


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ((attempt(1), attempt(1)), 2),
        ((attempt(1), attempt(2)), 0),
        ((attempt(1),), 0),
        ((attempt(1), attempt(1, "other.shop")), 0),
    ],
)
def test_attempts_count_where_none_after_the_first_failed(events, count):
    assert len(only_first_attempts(hop(written()), mesh_of("", *events))) == count
