import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.access_log.engine import groups as under_test
from why503.evidence.access_log.engine.groups import ODD, Groups, Known, host_of, key_of

FIELDS = {
    "code": "503",
    "flags": "UC",
    "upstream_cluster": "c",
    "upstream_host": "10.0.0.1:80",
    "time": "-",
}
GOOD = FIELDS | {"code": "200", "flags": "-"}


def test_a_line_with_a_flag_belongs_to_a_failing_group():
    assert key_of("p", FIELDS)[1] is True
    assert key_of("p", GOOD)[1] is False


def test_equal_lines_share_a_group_and_a_closing_flag_is_remembered():
    groups = Groups()

    assert [groups.group("p", one) for one in (GOOD, FIELDS, dict(GOOD))] == [0, 1, 0]
    assert groups.group("q", GOOD) == 2
    assert groups.failing[:3].tolist() == [False, True, False]
    assert groups.closing[:3].tolist() == [False, True, False]


def test_groups_of_one_host_share_it_and_an_untold_host_has_no_hash():
    groups = Groups()
    for one in (GOOD, FIELDS, GOOD | {"upstream_host": "-"}, GOOD | {"upstream_cluster": "d"}):
        groups.group("p", one)

    assert groups.host[:4].tolist() == [0, 0, 1, 2]
    assert groups.hosts == [("p c", "10.0.0.1:80"), ("p c", "-"), ("p d", "10.0.0.1:80")]
    assert groups.hosts_told[:3].tolist() == [True, False, True]
    first, second, third, fourth = groups.upstream[:4].tolist()
    assert first == second != fourth
    assert third == 0


def test_a_host_is_of_its_teller_and_a_missing_one_is_a_dash():
    assert host_of(key_of("p", {"code": "503"})[0]) == ("p -", "-")
    assert host_of(key_of("q", FIELDS)[0]) == ("q c", "10.0.0.1:80")


def test_there_is_room_for_as_many_groups_as_come():
    groups = Groups()
    count = 5000
    for number in range(count):
        failing = FIELDS if number % 2 else GOOD
        groups.group("p", failing | {"upstream_host": f"10.0.0.1:{number}"})

    assert len(groups.keys) == count
    assert groups.failing[:count].tolist() == [bool(number % 2) for number in range(count)]
    assert groups.host[:count].tolist() == list(range(count))
    assert groups.hosts_told[:count].all()
    assert len(set(groups.upstream[:count].tolist())) == count


@pytest.mark.parametrize("slots", [1, 2, 1 << 18])
@given(blocks=st.lists(st.lists(st.integers(1, 12), max_size=30), max_size=6))
def test_hashes_whose_slots_collide_have_their_own_groups_in_order_of_appearance(slots, blocks):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(under_test, "_SLOTS", slots)
        known = Known()
        numbers: dict[int, int] = {}
        for block in blocks:
            hashes = np.array(block, np.uint64) * np.uint64(1 << 40)
            asked: list[int] = []

            def group_at(row: int, block: list[int] = block, asked: list[int] = asked) -> int:
                asked.append(block[row])
                return len(numbers) + len(asked) - 1

            new = list(dict.fromkeys(one for one in block if one not in numbers))
            found = known.groups(hashes, group_at).tolist()
            assert asked == new
            numbers.update({one: len(numbers) + place for place, one in enumerate(new)})
            assert found == [numbers[one] for one in block]


def test_an_odd_line_is_remembered_as_odd():
    known = Known()
    hashes = np.array([7, 9, 7], np.uint64)
    asked: list[int] = []

    def group_at(row: int) -> int:
        asked.append(row)
        return ODD if row == 0 else 4

    assert known.groups(hashes, group_at).tolist() == [ODD, 4, ODD]
    assert known.groups(hashes, group_at).tolist() == [ODD, 4, ODD]
    assert asked == [0, 1]


def test_more_groups_than_are_told_apart_are_one(monkeypatch):
    monkeypatch.setattr(under_test, "MOST_GROUPS", 3)
    groups = under_test.Groups()
    fields = {"code": "200", "flags": "-", "authority": ""}

    found = [groups.group("p", fields | {"authority": str(number)}) for number in range(6)]

    assert found == [0, 1, 2, 3, 3, 3]
    assert groups.keys[3][:3] == ("p", 200, frozenset())
    assert set(groups.keys[3][3:]) == {None}


def test_a_host_that_utf8_cannot_write_does_no_harm():
    groups = under_test.Groups()

    assert groups.group("p", {"code": "503", "flags": "UF", "upstream_host": "\ud800:80"}) == 0
