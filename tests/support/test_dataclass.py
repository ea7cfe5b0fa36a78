"""Our dataclasses behave like the standard library's, and cost less."""

import dataclasses
import pickle
from typing import Any

import msgspec
import pytest

from why503.support.dataclass import dataclass

STANDARD = dataclasses.dataclass


def point(decorator: Any, **given: Any) -> Any:
    class Point:
        """Two required numbers, a default, a default that is made anew, one that is not shown."""

        x: int
        y: int
        name: str = "here"
        tags: dict[str, int] = dataclasses.field(default_factory=dict)
        note: str = dataclasses.field(default="", repr=False, metadata={"kept": False})

        @property
        def sum(self) -> int:
            return self.x + self.y

    return decorator(**given)(Point) if given else decorator(Point)


def both(**given: Any) -> list[Any]:
    return [point(dataclass, **given), point(STANDARD, **given)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Slotted:
    """At the top of the module, so that it can be pickled."""

    x: int
    y: tuple[int, ...] = ()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"kw_only": True},
        {"frozen": True},
        {"slots": True},
        {"frozen": True, "kw_only": True, "slots": True},
        {"frozen": True, "order": True},
    ],
)
def test_an_instance_shows_and_compares_itself_as_the_standard_one(given: dict[str, bool]) -> None:
    (ours, ours_too, other), (theirs, *_rest) = (
        [made(x=1, y=2, tags={"a": 1}), made(x=1, y=2, tags={"a": 1}), made(x=1, y=3)]
        for made in both(**given)
    )
    assert repr(ours) == repr(theirs)
    assert ours == ours_too
    assert ours != other
    assert ours != theirs
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert dataclasses.replace(ours, y=3, tags={}) == other
    assert ours.sum == 3


def test_arguments_go_where_the_standard_constructor_takes_them() -> None:
    for made in both():
        assert made(1, 2, "there").name == "there"
        assert made(1, y=2).name == "here"
        assert made(1, 2).tags is not made(1, 2).tags


@pytest.mark.parametrize("given", [{"args": (1, 2)}, {"named": {"x": 1}}, {"named": {"z": 1}}])
def test_wrong_arguments_are_refused_by_the_first_and_by_every_later_call(
    given: dict[str, Any],
) -> None:
    made = point(dataclass, kw_only=True, frozen=True)
    for _call in range(2):
        with pytest.raises(TypeError, match="__init__"):
            made(*given.get("args", ()), **given.get("named", {}))


@pytest.mark.parametrize("slots", [False, True])
def test_a_frozen_instance_is_neither_set_nor_deleted(slots: bool) -> None:
    one = point(dataclass, frozen=True, slots=slots)(1, 2)
    with pytest.raises(dataclasses.FrozenInstanceError, match="x"):
        one.x = 5
    with pytest.raises(dataclasses.FrozenInstanceError, match="y"):
        del one.y
    assert (one.x, one.y) == (1, 2)


def test_only_frozen_instances_are_keys() -> None:
    @dataclass(frozen=True)
    class Key:
        """Hashable."""

        x: int

    @dataclass
    class Open:
        """Not hashable."""

        x: int

    assert {Key(1), Key(1), Key(2)} == {Key(1), Key(2)}
    with pytest.raises(TypeError, match="unhashable"):
        hash(Open(1))


def test_an_order_goes_by_the_fields_and_needs_the_same_class() -> None:
    made, other = both(frozen=True, order=True)
    assert sorted([made(2, 0), made(1, 9), made(1, 3)], key=lambda one: one) == [
        made(1, 3),
        made(1, 9),
        made(2, 0),
    ]
    assert made(1, 2) <= made(1, 2)
    assert made(1, 3) > made(1, 2)
    with pytest.raises(TypeError, match="not supported"):
        _ = made(1, 2) < other(1, 2)


def test_what_a_class_writes_itself_stays() -> None:
    @dataclass(frozen=True)
    class Own:
        """Shows itself in its own way."""

        x: int

        def __repr__(self) -> str:
            return f"<{self.x}>"

    assert repr(Own(1)) == "<1>"


def test_what_is_to_be_done_after_construction_is_done() -> None:
    @dataclass
    class Doubled:
        """Adds to itself."""

        x: int

        def __post_init__(self) -> None:
            self.twice = 2 * self.x

    assert [Doubled(1).twice, Doubled(4).twice] == [2, 8]


def test_a_class_without_fields_can_be_made_and_compared() -> None:
    @dataclass(frozen=True)
    class Nothing:
        """Nothing."""

    assert Nothing() == Nothing()
    assert repr(Nothing()).endswith("Nothing()")


def test_no_constructor_is_written_before_the_first_instance() -> None:
    made = point(dataclass, frozen=True)
    before = made.__init__
    made(1, 2)
    after = made.__init__
    made(3, 4)
    assert before is not after
    assert made.__init__ is after


def test_fields_of_the_class_are_known_before_the_first_instance() -> None:
    ours, theirs = both(frozen=True, kw_only=True)
    told = [
        [(one.name, one.default, one.kw_only, dict(one.metadata)) for one in dataclasses.fields(of)]
        for of in (ours, theirs)
    ]
    assert told[0] == told[1]


def test_a_frozen_instance_with_slots_is_pickled() -> None:
    one = Slotted(x=1, y=(2, 3))
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - written a moment ago
    assert not hasattr(one, "__dict__")


def test_msgspec_writes_and_reads_it() -> None:
    one = Slotted(x=1, y=(2, 3))
    assert msgspec.json.decode(msgspec.json.encode(one), type=Slotted) == one
