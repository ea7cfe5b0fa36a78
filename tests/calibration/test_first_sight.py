import pytest

from calibration.first_sight import keep, kept
from tests.calibration.made import F, H, item
from why503.causes import CATALOGUE


def test_what_is_kept_is_read_back(tmp_path) -> None:
    keep([item(truth="a", accepted=("b",), a=(F, H), b=(H,))], "one", tmp_path)
    (found,) = kept(tmp_path)
    assert found.truth.accepted == {"a", "b"}
    assert found.hops[0].weights == {"a": (F, H), "b": (H,)}
    assert (found.corpus, found.name) == ("first sight", "one/one")


def test_a_first_sight_is_had_once(tmp_path) -> None:
    keep([], "one", tmp_path)
    with pytest.raises(FileExistsError):
        keep([], "one", tmp_path)


def test_the_records_know_the_causes_of_the_catalogue() -> None:
    records = kept()
    known = {cause.ID for cause in CATALOGUE}
    assert len(records) > 300
    assert {cause for item in records for cause in item.truth.accepted} <= known
