import io

import pytest

from why503.evidence.archive import limit
from why503.evidence.archive.limit import Budget, Exhausted, Metered, StopReading


def drained(stream: Metered) -> int:
    return sum(len(piece) for piece in iter(lambda: stream.read(100), b""))


def test_bytes_within_the_budget_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "TOTAL", 1000)
    budget = Budget(path="a.tgz")
    assert drained(Metered(io.BytesIO(bytes(1000)), budget, "a.tgz!b")) == 1000
    with pytest.raises(Exhausted, match=r"`a\.tgz` unpacks to more than 1000 bytes"):
        budget.spend(1)


def test_a_ratio_ends_one_member_and_not_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "RATIO_FROM", 1000)
    monkeypatch.setattr(limit, "RATIO", 10)
    assert drained(Metered(io.BytesIO(bytes(5000)), Budget(path="a"), "a!b", packed=500)) == 5000
    with pytest.raises(StopReading, match="more than 10 times its size") as stopped:
        drained(Metered(io.BytesIO(bytes(5000)), Budget(path="a"), "a!b", packed=400))
    assert not isinstance(stopped.value, Exhausted)


def test_a_size_that_is_not_known_gives_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "RATIO_FROM", 0)
    assert drained(Metered(io.BytesIO(bytes(5000)), Budget(path="a"), "a!b")) == 5000
