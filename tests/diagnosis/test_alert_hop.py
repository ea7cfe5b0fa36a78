"""What the expressions say. Whether they fire, promtool says in tests/repair/alerts."""

from why503.diagnosis.alert_hop import (
    RARE,
    Limits,
    lasting,
    newly,
    one_caller_only,
    slower,
    unknown_to_server,
)


def test_the_boundary_of_a_histogram_is_found_in_both_spellings() -> None:
    assert 'le=~"5([.]0)?"' in lasting("UC", milliseconds=5, quick=True).expression


def test_quick_and_slow_ends_are_told_apart() -> None:
    quick = lasting("UC", milliseconds=5, quick=True, limits=RARE)
    slow = lasting("UC", milliseconds=25, quick=False)
    assert " - " not in quick.expression
    assert " - sum by" in slow.expression
    assert quick.expression.endswith("[1h]))")
    assert "< 0.2 *" in quick.expression


def test_what_the_server_knows_of_is_left_out() -> None:
    found = unknown_to_server("UC", limits=Limits(share=0, most=0.5)).expression
    assert "and on (destination_service)" in found
    assert "unless on (destination_service)" in found


def test_one_caller_is_held_against_the_others() -> None:
    found = one_caller_only("UF", limits=Limits(share=0.95)).expression
    assert "> 0.95 *" in found
    assert 'response_code=~"[1-4].."' in found


def test_what_failed_before_is_not_new() -> None:
    found = newly("NC", before="15m", limits=Limits(most=0.95)).expression
    assert "unless (sum by" in found
    assert "[15m] offset 15m" in found


def test_slowness_is_held_against_the_hour_before() -> None:
    found = slower("DC", milliseconds=1000).expression
    assert found.count("offset 1h") == 2
    assert 'le=~"1000([.]0)?"' in found
