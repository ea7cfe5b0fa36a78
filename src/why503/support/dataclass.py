"""Dataclasses whose methods cost nothing until they are called.

The standard decorator writes and compiles six methods for each class, half a millisecond for each
of some two hundred classes, of which a run makes instances of a few. This one shares what all
classes can share, and writes a constructor when the first instance is made. All else is the
standard library's: `fields`, `replace`, msgspec and type checkers see no difference.
"""

import dataclasses
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

_COMPARISONS = {
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
}


def _dataclass(
    cls: type | None = None,
    /,
    *,
    frozen: bool = False,
    kw_only: bool = False,
    slots: bool = False,
    order: bool = False,
) -> Any:
    """`dataclasses.dataclass`, with the arguments that are used here."""

    def made(given: type) -> Any:
        plain: Any = dataclasses.dataclass(
            init=False, repr=False, eq=False, kw_only=kw_only, slots=slots
        )(given)
        for name, method in _methods(plain, frozen=frozen, slots=slots, order=order):
            if name not in vars(given):
                setattr(plain, name, method)
        return plain

    return made if cls is None else made(cls)


def _methods(
    cls: Any, *, frozen: bool, slots: bool, order: bool
) -> Iterable[tuple[str, Callable[..., Any] | None]]:
    """What the standard decorator would write, by name."""
    values = _values(cls)

    def constructed(self: Any, *given: Any, **named: Any) -> None:
        cls.__init__ = _constructor(cls, frozen=frozen)
        cls.__init__(self, *given, **named)

    yield "__init__", constructed
    yield "__repr__", _shown
    yield "__eq__", _comparison(values, operator.eq)
    if order:
        for name, how in _COMPARISONS.items():
            yield name, _comparison(values, how)
    if not frozen:
        yield "__hash__", None
        return
    yield "__hash__", lambda self: hash(values(self))
    yield "__setattr__", _refused
    yield "__delattr__", _refused
    if slots:
        yield "__getstate__", _state
        yield "__setstate__", _restored


def _values(cls: Any) -> Callable[[Any], Any]:
    """The function that hands out all values of an instance."""
    names = [field.name for field in dataclasses.fields(cls)]
    return operator.attrgetter(*names) if names else lambda _instance: ()


def _comparison(
    values: Callable[[Any], Any], how: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    """The method that compares the values of two instances of one class."""

    def compared(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return how(values(self), values(other))

    return compared


def _shown(self: Any) -> str:
    """The class and its fields, as one would write it."""
    told = [field.name for field in dataclasses.fields(self) if field.repr]
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in told)
    return f"{type(self).__qualname__}({inside})"


def _refused(_self: Any, name: str, *_value: Any) -> None:
    """A frozen instance is neither set nor deleted."""
    raise dataclasses.FrozenInstanceError(f"cannot change field {name!r}")


def _state(self: Any) -> list[Any]:
    """What is pickled of a frozen instance with slots."""
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restored(self: Any, state: list[Any]) -> None:
    """Fills a frozen instance with slots from what was pickled."""
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def _constructor(cls: Any, *, frozen: bool) -> Any:
    """``cls.__init__``, written as the standard decorator writes it."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    leading: list[str] = ["self"]
    named: list[str] = []
    body: list[str] = []
    for field in dataclasses.fields(cls):
        name, value, default = field.name, field.name, ""
        if field.default_factory is not dataclasses.MISSING:
            known[f"_new_{name}"] = field.default_factory
            default = "=_missing"
            value = f"_new_{name}() if {name} is _missing else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            default = f"=_default_{name}"
        (named if field.kw_only else leading).append(name + default)
        body.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    arguments = ", ".join([*leading, *(["*", *named] if named else [])])
    lines = "".join(f"\n  {line}" for line in body or ["pass"])
    exec(f"def __init__({arguments}):{lines}", known)  # noqa: S102 - as the standard one does
    return known["__init__"]


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _dataclass
