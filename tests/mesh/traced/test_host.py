import pytest

from why503.mesh.traced.host import (
    intersection,
    is_wild,
    matches,
    most_specific,
    short_spellings,
    subset_of,
)


@pytest.mark.parametrize(
    ("one", "other", "fits", "within"),
    [
        ("a.b", "a.b", True, True),
        ("a.b", "*.b", True, True),
        ("*.b", "a.b", True, False),
        ("*.a.b", "*.b", True, True),
        ("*.b", "*.a.b", True, False),
        ("a.b", "c.b", False, False),
        ("*", "a", True, False),
    ],
)
def test_wildcards_cover_as_istio_says(one, other, fits, within):
    assert matches(one, other) is fits
    assert subset_of(one, other) is within


def test_an_intersection_keeps_the_narrower_host():
    assert intersection(["*.b", "x.c"], ["a.b", "*"]) == ("a.b", "*.b", "x.c")


def test_the_most_exact_pattern_wins():
    assert most_specific("x.a.b", ["*", "*.b", "*.a.b"]) == "*.a.b"
    assert most_specific("x.a.b", ["x.a.b", "*.a.b"]) == "x.a.b"
    assert most_specific("x.a.b", ["*.c"]) is None
    assert is_wild("*")


def test_a_bare_name_is_for_the_own_namespace_only():
    assert short_spellings("a.shop.svc.cluster.local", "shop") == ("a", "a.shop.svc", "a.shop")
    assert short_spellings("a.shop.svc.cluster.local", "web") == ("a.shop", "a.shop.svc")
    assert short_spellings("example.com", "web") == ()
