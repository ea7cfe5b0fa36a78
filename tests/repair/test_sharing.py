import pytest

from tests.repair.mending import HERE, append, drop, put, refusal, steps
from why503.repair.change import Put
from why503.repair.patch import patched

SHARED = """# c
base: &pool # shared
  http: {idle: 60s}
one:
  pool: *pool # one
two:
  <<: *pool
  tls: 1
three: &word 60s
four: *word
"""


def test_what_carries_an_anchor_in_use_is_not_changed():
    for path, value in (("base.http.idle", "50s"), ("base.tcp", 1), ("three", 1), ("base", 1)):
        said = refusal(put, SHARED, path, value, overriding=True)
        assert "used again on line" in said, path
    assert "`&pool`, which is used again on line 5" in refusal(drop, SHARED, "base.http")
    assert refusal(drop, SHARED, "base")


def test_an_alias_gives_way_to_a_value_of_its_own():
    assert put(SHARED, "four", "50s") == SHARED.replace("*word", "50s")
    assert drop(SHARED, "one.pool") == SHARED.replace("\n  pool: *pool # one", " {}")


def test_below_an_alias_a_change_is_refused_unless_it_may_be_written_out():
    path = "one.pool.http.idle"
    assert "is the alias `*pool`" in refusal(put, SHARED, path, "50s")
    made = patched(SHARED, [Put(target=HERE, path=steps(path), value="50s")], overriding=True)
    out = "  pool: # one\n    http:\n      idle: 50s\n"
    assert made.text == SHARED.replace("  pool: *pool # one\n", out)
    assert made.notes == ("`one.pool` was the alias `*pool` and is now written out here.",)


def test_a_merged_value_is_set_beside_the_merge_key():
    assert put(SHARED, "two.http", 1) == SHARED.replace("  tls: 1\n", "  tls: 1\n  http: 1\n")


def test_below_a_merged_value_a_change_is_refused_unless_it_may_be_written_out():
    path = "two.http.idle"
    assert "comes from the merge key" in refusal(put, SHARED, path, "50s")
    out = "  tls: 1\n  http:\n    idle: 50s\n"
    assert put(SHARED, path, "50s", overriding=True) == SHARED.replace("  tls: 1\n", out)


def test_a_merged_key_is_not_removed():
    assert "can only be removed where it is written" in refusal(drop, SHARED, "two.http")


@pytest.mark.parametrize("path", ["two.new", "one.new"])
def test_a_new_key_beside_what_is_shared_is_no_matter(path):
    assert "new: 1\n" in put(SHARED, path, 1)


def test_an_anchor_that_nobody_uses_is_no_matter():
    assert append("a: &x\n- 1\n", "a", 2) == "a: &x\n- 1\n- 2\n"
    assert put("a: &x 1 # c\n", "a", 2) == "a: 2 # c\n"


def test_what_holds_both_an_anchor_and_all_its_uses_may_go():
    text = "a:\n  b: &x 1\n  c: *x\nd: 1\n"
    assert drop(text, "a") == "d: 1\n"
    assert refusal(drop, text, "a.b")
