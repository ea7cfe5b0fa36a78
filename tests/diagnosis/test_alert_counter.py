"""What the expressions say. Whether they fire, promtool says in tests/repair/alerts."""

import re

from why503.diagnosis.alert import Exporter
from why503.diagnosis.alert_counter import (
    SUBSET,
    Counter,
    Limits,
    certificate_refused,
    drained,
    ejected,
    mutual_tls_refused,
    not_taken,
    refused,
    rising,
    standing,
    tls_refused_outside,
    unconnected,
)


def cluster(matchers: str) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (sign, re.compile(text))
        for sign, text in re.findall(r'cluster_name(=~|!~)"([^"]+)"', matchers)
    ]


def takes(matchers: str, name: str) -> bool:
    return all(bool(one.fullmatch(name)) == (sign == "=~") for sign, one in cluster(matchers))


def test_a_stat_has_the_name_that_prometheus_shows() -> None:
    assert Counter(stat="ssl.fail_verify_san").metric == "envoy_cluster_ssl_fail_verify_san"
    listener = Counter(stat="no_filter_chain_match", of="listener", example="0.0.0.0_15006")
    assert listener.metric == "envoy_listener_no_filter_chain_match"
    assert listener.hop == ("namespace", "listener_address")
    assert 'listener_address="0.0.0.0_15006"' in listener.series


def test_each_counter_is_summed_up_by_its_own_labels_and_asked_of_the_matcher() -> None:
    alert = certificate_refused()
    assert alert.expression.count("\nor\n") == 3
    assert alert.stats == ("ssl.fail_verify_error", "ssl.fail_verify_san")
    assert "sum by (namespace, listener_address)" in alert.expression
    assert len(mutual_tls_refused().stats) == 3


def test_clusters_are_chosen_by_what_they_are_for() -> None:
    assert takes(SUBSET, "outbound|80|v2|quay.shop.svc.cluster.local")
    assert not takes(SUBSET, "outbound|80||quay.shop.svc.cluster.local")
    outside = tls_refused_outside().expression
    assert takes(outside, "outbound|443||api.partner.example")
    assert not takes(outside, "outbound|443||quay.shop.svc.cluster.local")
    assert not takes(outside, "inbound|8080||")


def test_another_exporters_counter_needs_no_matcher() -> None:
    alert = rising(
        "pilot_x_total",
        ("namespace", "pod"),
        "{pod} in {namespace}: {count} in {window}",
        among={'type!="eds"': "lds"},
        exporter=Exporter.ISTIOD,
        limits=Limits(least=2, window="1h"),
    )
    assert alert.expression == (
        'sum by (namespace, pod) (increase(pilot_x_total{type!="eds"}[1h])) >= 2'
    )
    assert (alert.stats, alert.exporters) == ((), (Exporter.ISTIOD,))
    assert 'type="lds"' in alert.fires[0].series[0][0]


def test_ejections_are_a_part_of_the_endpoints_and_nothing_is_divided() -> None:
    found = ejected(0.5).expression
    assert (
        ">= 0.5 * sum by (namespace, pod, cluster_name) (envoy_cluster_membership_total)" in found
    )


def test_a_gauge_is_asked_for_its_value() -> None:
    alert = standing('__name__="g"', 3, "{pod}", stat="g.", limits=Limits(holds="9m"), at_rest=0)
    assert alert.expression == 'max by (namespace, pod) ({__name__="g"}) == 3'
    assert (alert.stats, alert.holds) == (("g.",), "9m")
    assert unconnected().expression.endswith(
        '({__name__="envoy_control_plane_connected_state"}) == 0'
    )


def test_refusals_are_told_by_proxies_and_by_istiod() -> None:
    alert = not_taken(limits=Limits(least=1, window="15m"))
    assert "envoy_listener_manager_lds_update_rejected[15m]" in alert.expression
    assert "pilot_total_xds_rejects[15m]" in alert.expression
    assert alert.stats == ()


def test_cut_requests_go_with_a_change_of_listeners() -> None:
    found = drained("DC", limits=Limits(least=10)).expression
    assert "envoy_listener_manager_listener_modified[10m]" in found
    assert "offset 15m" in found


def test_the_authorization_filter_is_asked_under_both_of_its_names() -> None:
    found = refused("403", limits=Limits(share=0.05)).expression
    pattern = re.search(r'__name__=~"([^"]+)"', found)
    assert pattern is not None
    for name in ("envoy_http_rbac", "envoy_http_inbound_0_0_0_0_80_rbac_denied"):
        assert re.fullmatch(pattern[1], name)
    assert not re.fullmatch(pattern[1], "envoy_http_inbound_0_0_0_0_80_rbac_shadow_denied")
