from tests.evidence.fuzz import assert_never_raises, lines_of, read_lines
from why503.evidence import stats

TEXT = """\
cluster.outbound|80||shelf.books.svc.cluster.local.version_text: "2026-01-05/1"
cluster.outbound|80||shelf.books.svc.cluster.local.upstream_rq_pending_overflow: 4
cluster.xds-grpc.upstream_cx_connect_fail: 9
own_limit.http_local_rate_limit.enabled: 2
http_inspector.http11_found: 6
server.state: 0
cluster.a.upstream_rq_time: P0(nan,1) P25(nan,1.025) P50(nan,1.05)
cluster.a.upstream_cx_length_ms: No recorded values
"""
METRICS = """\
# TYPE envoy_cluster_upstream_rq_xx counter
envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",cluster_name="a"} 3
# TYPE envoy_cluster_upstream_rq_time histogram
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a",le="0.5"} 0
envoy_cluster_upstream_rq_time_sum{envoy_cluster_name="a"} 12.5
envoy_cluster_upstream_rq_time_count{envoy_cluster_name="a"} 2
# TYPE istio_requests_total counter
istio_requests_total{reporter="source",response_code="503"} 1.5e3 1767582000000
envoy_server_uptime NaN
"""


def values(text):
    return {fact.name: fact.value for fact in read_lines(stats, text)[0].facts}


def test_counters_and_gauges_are_kept_and_the_rest_is_claimed_quietly():
    assert values(TEXT) == {
        "cluster.outbound|80||shelf.books.svc.cluster.local.upstream_rq_pending_overflow": 4.0,
        "cluster.xds-grpc.upstream_cx_connect_fail": 9.0,
        "own_limit.http_local_rate_limit.enabled": 2.0,
        "http_inspector.http11_found": 6.0,
        "server.state": 0.0,
    }
    assert read_lines(stats, TEXT)[1] == list(range(1, 9))
    assert stats.bid(lines_of(TEXT.rstrip("\n"))) == 1.0


def test_metrics_are_spelled_as_envoy_spells_them():
    assert values(METRICS) == {"cluster.a.upstream_rq_5xx": 3.0, "istio_requests_total": 1500.0}
    assert read_lines(stats, METRICS)[1] == list(range(1, 10))


def test_labels_that_are_not_in_the_name_are_kept():
    found = read_lines(stats, METRICS)[0].facts[-1]
    assert found.labels == (("reporter", "source"), ("response_code", "503"))


def test_lines_of_yaml_and_logs_are_left_alone():
    text = "spec.replicas: 3\nlevel: 5\nhttp://a.b: 7 is broken\ncluster.a.rq failed: 3 times\n"
    assert read_lines(stats, text)[1] == []


def test_statistics_beyond_the_limit_are_counted(monkeypatch):
    monkeypatch.setattr(stats, "COUNTERS_LIMIT", 2)
    reading = read_lines(stats, TEXT)[0]
    assert len(reading.facts) == 2
    assert reading.unread[0].count == 3


def test_never_raises():
    assert_never_raises(stats, TEXT + METRICS)
