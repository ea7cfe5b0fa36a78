"""What the expressions say. Whether they fire, promtool says in tests/repair/alerts."""

import re

import pytest

from why503.diagnosis.alert_request import (
    ANYBODY,
    GATEWAY,
    NO_GATEWAY,
    OUTSIDE_HOSTS,
    SERVER,
    TO_NOWHERE,
    Limits,
    answered,
    flagged,
    label_of,
    number,
    only_flagged,
    sent_to,
    series,
)


def matched(expression: str) -> re.Pattern[str]:
    """The first pattern for response flags in an expression."""
    found = re.search(r'response_flags=~"([^"]+)"', expression)
    assert found is not None
    return re.compile(found[1])


@pytest.mark.parametrize("flags", ["UO", "URX,UO", "UO,URX", "A,UO,B"])
def test_a_flag_is_found_alone_and_among_others(flags: str) -> None:
    assert matched(flagged("UO").expression).fullmatch(flags)


@pytest.mark.parametrize("flags", ["-", "UH", "UOX", "XUO", "URX,UOX"])
def test_another_flag_is_not_taken_for_it(flags: str) -> None:
    assert not matched(flagged("UO").expression).fullmatch(flags)


def test_flags_may_be_asked_for_exactly() -> None:
    asked = matched(only_flagged("URX", "URX,UT").expression)
    assert asked.fullmatch("URX")
    assert not asked.fullmatch("URX,UF")


def test_the_caller_is_a_sidecar_a_gateway_or_a_waypoint_and_the_hop_is_named() -> None:
    found = flagged("UT").expression
    assert found.startswith(
        "(sum by (source_workload, source_workload_namespace, destination_service) "
        '(increase(istio_requests_total{reporter=~"source|waypoint", response_flags'
    )
    assert found.count('reporter=~"source|waypoint"') == 2


def test_the_servers_proxy_names_the_application() -> None:
    found = flagged("UF", teller=SERVER).expression
    assert "destination_workload, destination_workload_namespace" in found
    assert 'reporter="destination"' in found
    assert "reporter)" in flagged("UO", teller=ANYBODY).expression


def test_limits_stand_in_the_expression() -> None:
    limits = Limits(least=7, share=0.05, most=0.9, window="10m", holds="1m")
    alert = flagged("UH", limits=limits)
    assert ">= 7)" in alert.expression
    assert "\n> 0.05 * sum" in alert.expression
    assert "\n< 0.9 * sum" in alert.expression
    assert "[10m]" in alert.expression
    assert alert.holds == "1m"
    assert flagged("UH", limits=Limits(share=0)).expression.endswith(">= 5")


def test_what_is_looked_at_is_narrowed_on_both_sides_of_the_comparison() -> None:
    found = flagged("UF", among={OUTSIDE_HOSTS: "api.example"}).expression
    assert found.count(OUTSIDE_HOSTS) == 2


def test_answers_of_the_application_have_no_flag() -> None:
    alert = answered("5..")
    assert 'response_flags="-", response_code=~"5.."' in alert.expression
    assert "5xx" in alert.told


def test_requests_to_nowhere_are_counted_whatever_became_of_them() -> None:
    alert = sent_to({TO_NOWHERE: "BlackHoleCluster"}, limits=Limits(share=0))
    assert TO_NOWHERE in alert.expression
    assert "response_flags" not in alert.expression


@pytest.mark.parametrize(
    ("workload", "is_gateway"),
    [
        ("istio-ingressgateway", True),
        ("front-istio", True),
        ("egress-partner", True),
        ("web", False),
        ("istio-web", False),
    ],
)
def test_gateways_are_known_by_name(workload: str, is_gateway: bool) -> None:
    pattern = GATEWAY.split('"')[1]
    assert bool(re.fullmatch(pattern, workload)) == is_gateway
    assert f'source_workload!~"{pattern}"' == NO_GATEWAY


def test_small_words_of_promql() -> None:
    assert series("up", {"a": "1", "b": "x"}) == 'up{a="1", b="x"}'
    assert [number(value) for value in (1.0, 0.01, 0.95)] == ["1", "0.01", "0.95"]
    names = [label_of(text) for text in ('a="b"', 'a!="b"', 'a=~"b=c"', 'a!~"b"')]
    assert names == ["a", "a", "a", "a"]
