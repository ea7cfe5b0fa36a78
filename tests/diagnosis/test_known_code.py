from collections import Counter

from why503.causes import CATALOGUE
from why503.diagnosis.known_code import ISTIO, KIALI, Standing, known_codes
from why503.diagnosis.lint import rules_of

KNOWN = {one.code: one for one in known_codes()}
CARRIED = {code for rule in rules_of(CATALOGUE) for code in rule.same_as}


def test_every_known_code_has_a_rule_or_says_why_it_has_none():
    assert [one.code for one in known_codes() if not (one.standing or one.code in CARRIED)] == []


def test_a_code_that_a_rule_carries_says_no_longer_why_it_has_none():
    """Set the standing of these to None: a rule looks for them now."""
    free = {None, Standing.RETIRED}
    assert [code for code in sorted(CARRIED) if KNOWN[code].standing not in free] == []


def test_a_rule_carries_no_code_that_nobody_knows():
    assert CARRIED - set(KNOWN) == set()


def test_codes_stand_once_and_in_order():
    for group, letters in ((ISTIO, "IST"), (KIALI, "KIA")):
        codes = [one.code for one in group]
        assert codes == sorted(codes)
        assert {code[:3] for code in codes} == {letters}
    assert [
        code for code, count in Counter(one.code for one in known_codes()).items() if count > 1
    ] == []


def test_codes_that_users_meet_as_failing_requests_are_never_put_aside():
    failing = {"IST0149", "IST0161", "KIA1401", "KIA1601"}
    aside = {Standing.HARMLESS, Standing.NO_REQUEST}
    assert {code for code in failing if KNOWN[code].standing in aside} == set()
