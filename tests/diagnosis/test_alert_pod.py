"""What the expressions say. Whether they fire, promtool says in tests/repair/alerts."""

from why503.diagnosis.alert import Exporter
from why503.diagnosis.alert_pod import Limits, ending, probed, restarted, young


def test_failures_are_matched_with_what_became_of_the_pod() -> None:
    for alert, metric in (
        (young("UF", seconds=300), "kube_pod_start_time"),
        (ending("UF", "UC"), "kube_pod_deletion_timestamp"),
        (restarted("UC"), "kube_pod_container_status_restarts_total"),
    ):
        assert "\nand on (namespace, pod) (" in alert.expression
        assert metric in alert.expression
        assert 'reporter="destination"' in alert.expression
        assert Exporter.KUBE_STATE in alert.exporters


def test_a_restart_of_the_sidecar_is_none_of_the_application() -> None:
    assert 'container!~"istio-(proxy|init|validation)"' in restarted("UC").expression


def test_a_pod_is_young_for_so_many_seconds() -> None:
    assert "< 300)" in young("UF", seconds=300).expression


def test_a_probe_fails_while_requests_are_answered() -> None:
    alert = probed(limits=Limits(window="10m"))
    assert 'probe_type!="Startup"' in alert.expression
    assert "and on (namespace, pod)" in alert.expression
    assert Exporter.KUBELET in alert.exporters
