import pytest

from why503.evidence.prometheus_name import envoy_name, labels_of

HOST = "outbound|80||shelf.books.svc.cluster.local"


@pytest.mark.parametrize(
    ("metric", "labels", "name"),
    [
        (
            "envoy_cluster_upstream_rq_pending_overflow",
            {"cluster_name": HOST},
            f"cluster.{HOST}.upstream_rq_pending_overflow",
        ),
        (
            "envoy_cluster_circuit_breakers_default_cx_open",
            {"envoy_cluster_name": "a"},
            "cluster.a.circuit_breakers.default.cx_open",
        ),
        (
            "envoy_cluster_outlier_detection_ejections_active",
            {"envoy_cluster_name": "a"},
            "cluster.a.outlier_detection.ejections_active",
        ),
        (
            "envoy_cluster_ssl_fail_verify_san",
            {"envoy_cluster_name": "a"},
            "cluster.a.ssl.fail_verify_san",
        ),
        (
            "envoy_cluster_upstream_rq",
            {"envoy_cluster_name": "a", "envoy_response_code": "503"},
            "cluster.a.upstream_rq_503",
        ),
        (
            "envoy_http_downstream_rq_xx",
            {"envoy_http_conn_manager_prefix": "in", "envoy_response_code_class": "5"},
            "http.in.downstream_rq_5xx",
        ),
        (
            "envoy_listener_http_downstream_rq_completed",
            {"listener_address": "0.0.0.0_80", "http_conn_manager_prefix": "in"},
            "listener.0.0.0.0_80.http.in.downstream_rq_completed",
        ),
        ("envoy_cluster_manager_cds_update_rejected", {}, "cluster_manager.cds.update_rejected"),
        ("envoy_listener_manager_lds_update_rejected", {}, "listener_manager.lds.update_rejected"),
        ("envoy_control_plane_connected_state", {}, "control_plane.connected_state"),
        ("envoy_server_live", {}, "server.live"),
    ],
)
def test_a_metric_gets_its_name_back(metric, labels, name):
    assert envoy_name(metric, labels) == (name, ())


def test_a_service_that_envoys_own_tag_cut_is_whole_again():
    metric = "envoy_cluster_big_books_svc_cluster_local_upstream_cx_total"
    name, _labels = envoy_name(metric, {"envoy_cluster_name": "outbound|80||shelf"})
    assert name == "cluster.outbound|80||shelf.big-books.svc.cluster.local.upstream_cx_total"


def test_other_metrics_keep_their_names_and_labels():
    assert envoy_name("istio_requests_total", {"response_code": "503"}) == (
        "istio_requests_total",
        (("response_code", "503"),),
    )


def test_labels_are_unescaped():
    assert labels_of(r'a="x\"y",b="1"') == {"a": 'x"y', "b": "1"}
