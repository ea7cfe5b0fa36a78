import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.mesh.re2 import LONGEST, fault_in


@pytest.mark.parametrize(
    "pattern",
    [
        "/v1/.*",
        r"^/api/v\d+/(?P<name>[^/]+)/?$",
        r"(?i)chrome|(?i-s:fire.fox)",
        r"[]a-z^\d\-.]+",
        r"[[:alpha:]_][[:^space:]]*?",
        r"\pL\p{Lu}\P{Greek}",
        r"\Qa*+(\E*",
        r"a{,3}{ x{2,5}? y{0}",
        r"\x41\x{10FFFF}\012\12\.\_",
        "(?<name>a)()|",
        "(a{10}){100}",
    ],
)
def test_what_re2_takes_is_taken(pattern):
    assert fault_in(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("", "empty"),
        ("a" * (LONGEST + 1), "1024"),
        ("a(?=b)", "look-around"),
        ("(?<!a)b", "(?<!"),
        (r"(a)\1", "back-reference"),
        ("(?P=name)", "group"),
        ("(?>a)", "group"),
        ("a++", "repeats a repetition"),
        ("a{2}{3}", "repeats a repetition"),
        ("*.example.com", "nothing in front"),
        ("a|*", "nothing in front"),
        ("(a", "not closed"),
        ("a)", "closes nothing"),
        ("[a", "a `[` is not closed"),
        ("[a\\", "lone"),
        ("[z-a]", "no range"),
        (r"[a-\d]", "no range"),
        ("[[:letter:]]", "class"),
        (r"\Z", "escape"),
        (r"\p{Alpha}", r"\p{Alpha}"),
        (r"\x{110000}", "escape"),
        ("a\\", "lone"),
        ("a{1001}", "1000"),
        ("(a{100}){11}", "1000"),
        ("a{3,2}", "backwards"),
        ("(?P<n>a)(?P<n>b)", "`n`"),
    ],
)
def test_what_re2_refuses_is_refused_with_the_reason(pattern, word):
    assert word in (fault_in(pattern) or "")


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(pattern):
    assert fault_in(pattern) is None or fault_in(pattern)


@given(st.text(alphabet=r"()[]{}?*+|\^$:<>=!-aPQEdpx19,", max_size=24))
def test_any_heap_of_signs_gets_an_answer(pattern):
    assert fault_in(pattern) is None or fault_in(pattern)
