import pytest

from tests.mesh.build import HOST, manifest, mesh
from why503.facts import Counter, Series, SeriesKind, Source
from why503.mesh import metrics
from why503.mesh.metrics import Side

AT = 1_750_000_000.0
POD = "orders-6f9b8d6c7-l2k9x"


def series(metric, *values, teller="vm", kind=SeriesKind.COUNTER, line=1, **labels):
    points = tuple((AT + 60.0 * place, float(value)) for place, value in enumerate(values))
    return Series(
        source=Source(path="vm.json", line=line),
        teller=teller,
        metric=metric,
        labels=tuple(sorted(labels.items())),
        points=points,
        kind=kind,
    )


def requests(flag, reporter, *values, **more):
    told = {"response_flags": flag, "reporter": reporter, "destination_service": HOST}
    return series("istio_requests_total", *values, **{**told, **more})


def test_growth_counts_a_new_start_whole():
    assert metrics.growth(series("a", 5, 8, 2, 3)) == 6.0
    assert metrics.growth(series("a", 5)) is None


def test_a_single_value_counts_from_the_start_of_the_process():
    one, two = metrics.grown(mesh(series("a", 7), series("a", 3, 3), series("a", 3, 4)), "a")
    assert (one.amount, one.since_start) == (7.0, True)
    assert (two.amount, two.since_start) == (1.0, False)


def test_flags_that_both_sides_count_broke_at_the_application():
    seen = mesh(requests("UC", "source", 0, 9), requests("UC", "destination", 0, 8))
    (count,) = metrics.flag_counts(seen)
    assert (count.flag, count.side, count.amount) == ("UC", Side.BOTH, 9.0)


def test_a_flag_of_the_callers_alone_broke_between_the_proxies():
    seen = mesh(requests("UC", "source", 0, 9), requests("-", "destination", 0, 100))
    (count,) = metrics.flag_counts(seen)
    assert count.side is Side.CALLER


def test_where_one_side_gave_no_metrics_nothing_is_said_of_it():
    (count,) = metrics.flag_counts(mesh(requests("UC", "source", 0, 9)))
    assert count.side is Side.UNKNOWN


def test_flags_are_taken_apart_and_those_of_other_hosts_left_out():
    other = requests("UO", "source", 0, 1, destination_service="pay.shop.svc.cluster.local")
    seen = mesh(requests("URX,UF", "source", 0, 2), other)
    assert [count.flag for count in metrics.flag_counts(seen, HOST)] == ["UF", "URX"]
    assert len(metrics.flag_counts(seen)) == 3


def test_a_flag_that_did_not_grow_is_no_failure():
    assert metrics.flag_counts(mesh(requests("UC", "source", 4, 4))) == ()


def test_an_expression_keeps_its_labels_and_tells_no_number():
    rate = series("", 0, 0.4, kind=SeriesKind.UNKNOWN, response_flags="UO", reporter="source")
    (count,) = metrics.flag_counts(mesh(rate))
    assert (count.flag, count.amount) == ("UO", None)


def test_a_proxys_own_counters_count_too():
    labels = (("reporter", "source"), ("response_flags", "UH"))
    counter = Counter(
        source=Source(path="a"), teller="a", name="istio_requests_total", value=3.0, labels=labels
    )
    (count,) = metrics.flag_counts(mesh(counter))
    assert (count.flag, count.amount) == ("UH", 3.0)


def test_restarts_lie_between_two_values():
    name = "kube_pod_container_status_restarts_total"
    seen = mesh(
        series(name, 1, 1, 2, pod=POD, container="app"),
        series(name, 1, 2, pod=POD, container="istio-proxy"),
        series(name, 1, 2, pod="pay-0", container="app"),
    )
    (one,) = metrics.restarts(seen, HOST)
    assert (one.pod, one.container, one.after, one.before) == (POD, "app", AT + 60, AT + 120)
    assert len(metrics.restarts(seen, "")) == 2


def test_a_kill_for_memory_is_told_by_its_reason():
    name = "kube_pod_container_status_last_terminated_reason"
    seen = mesh(
        series(name, 1, pod=POD, container="app", reason="OOMKilled"),
        series(name, 1, pod=POD, container="app", reason="Error"),
        series(name, 0, pod=POD, container="b", reason="OOMKilled"),
    )
    assert [found.label("container") for found in metrics.out_of_memory(seen, HOST)] == ["app"]


def test_throttling_is_a_share_of_the_periods():
    told = {"pod": POD, "container": "app"}
    seen = mesh(
        series("container_cpu_cfs_periods_total", 1000, 1100, **told),
        series("container_cpu_cfs_throttled_periods_total", 500, 540, **told),
    )
    (use,) = metrics.throttled(seen, HOST)
    assert use.share == pytest.approx(0.4)
    assert metrics.throttled(seen, "pay.shop.svc.cluster.local") == ()


def test_memory_is_held_against_the_limit_of_the_metrics_or_of_the_workload():
    used = series(
        "container_memory_working_set_bytes", 100 * 2**20, 120 * 2**20, pod=POD, container="app"
    )
    limits = {"limits": {"memory": "128Mi"}}
    containers = [{"name": "app", "resources": limits}]
    template = {"template": {"spec": {"containers": containers}}}
    deployment = manifest("Deployment", "orders", "shop", spec=template)
    (use,) = metrics.memory_use(mesh(used, deployment), HOST)
    assert use.share == pytest.approx(120 / 128)
    limit = series(
        "kube_pod_container_resource_limits", 240e6, pod=POD, container="app", resource="memory"
    )
    (use,) = metrics.memory_use(mesh(used, deployment, limit), HOST)
    assert use.share == pytest.approx(120 * 2**20 / 240e6)
    assert metrics.memory_use(mesh(used), HOST) == ()


def test_drops_of_remote_writes_are_those_that_grew():
    dropped = "vmalert_remotewrite_dropped_rows_total"
    seen = mesh(series(dropped, 0, 250), series("vm_persistentqueue_bytes_dropped_total", 0, 0))
    (found,) = metrics.remote_write_drops(seen)
    assert (found.series.metric, found.amount) == (dropped, 250.0)


def test_nothing_was_dropped_only_where_the_process_lived_on():
    errors = "vmalert_remotewrite_errors_total"
    drops = series("vmalert_remotewrite_dropped_rows_total", 0, 0, 0)
    assert metrics.nothing_dropped(mesh(series(errors, 1, 2, 4), drops)) is not None
    assert metrics.nothing_dropped(mesh(series(errors, 1, 2, 1), drops)) is None
    assert metrics.nothing_dropped(mesh(series(errors, 2, 2, 2), drops)) is None
    other = series(errors, 1, 2, 4, teller="b")
    assert metrics.nothing_dropped(mesh(other, drops)) is None
