import pytest

from tests.mesh.traced.world import call
from why503.mesh.traced.config import RouteMatch, StringMatch
from why503.mesh.traced.matching import fits, takes


def cond(kind, value="", **more):
    return StringMatch(kind=kind, value=value, **more)


@pytest.mark.parametrize(
    ("wanted", "text", "holds"),
    [
        (cond("exact", "/a"), "/a", True),
        (cond("exact", "/A", ignore_case=True), "/a", True),
        (cond("prefix", "/a"), "/ab", True),
        (cond("segments", "/a"), "/ab", False),
        (cond("segments", "/a/"), "/a", True),
        (cond("suffix", "c"), "abc", True),
        (cond("present"), "x", True),
        (cond("present"), None, False),
        (cond("present", negated=True), None, True),
        (cond("regex", "/v[0-9]+/.*"), "/v12/x", True),
        (cond("regex", "/v[0-9]+"), "/v12/x", False),
        (cond("regex", "(a+)+b"), "aaaa", None),
        (cond("regex", "("), "x", None),
        (cond("regex", "(.*a){20}"), "a" * 30, None),
        (cond("regex", "(a|a)*b"), "a" * 30, None),
        (cond("regex", "(a?){30}a{30}"), "a" * 30, None),
        (cond("regex", "(?:/a)?/b"), "/a/b", True),
        (cond("regex", ".*.*.*.*.*x"), "a" * 300, None),
        (cond("regex", r"(a)\1"), "aa", None),
        (cond("regex", "(?i)/A[*+(]{1,2}"), "/a(*", True),
        (cond("regex", "/(v1|v2)/.*"), "/v2/x", True),
        (cond("regex", ".*"), "a" * 3000, None),
    ],
)
def test_each_condition_is_judged_or_left_open(wanted, text, holds):
    assert fits(wanted, text) is holds


def test_method_header_and_query_count():
    match = RouteMatch(
        path=cond("prefix", "/"),
        headers=((":method", cond("exact", "POST")), ("X-User", cond("exact", "jo"))),
        query=(("v", cond("exact", "2")),),
    )
    good = call(method="POST", headers={"x-user": "jo"}, query={"v": "2"})
    assert takes(match, good)
    assert takes(match, call(headers={"x-user": "jo"}, query={"v": "2"})) is False
    assert takes(RouteMatch(), good)
