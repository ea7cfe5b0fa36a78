"""A rule names what arms a cause in a configuration; a hazard is a place where it is met."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

from why503.facts import Source
from why503.mesh.armed.spotted import Spotted
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass
from why503.support.text import filled

__all__ = ["Finder", "Hazard", "Rule", "Severity", "met", "rules_in"]

Finder = Callable[[Mesh], Iterable[Spotted]]
"""What looks for the places where one rule is met."""


class Severity(StrEnum):
    """How bad it is that a rule is met."""

    ERROR = "error"
    """Requests fail, or the object is refused."""
    WARNING = "warning"
    """Requests fail under conditions that come by themselves: idleness, a roll-out, load."""
    NOTE = "note"
    """Sensible in most meshes, a matter of taste in some."""

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Rule:
    """A name, a severity and the sentence that says what is armed, in one object.

    Example: ``Rule("no-probe", Severity.NOTE, _("{workload} has no readinessProbe."))``
    """

    name: str
    """The part of the id behind the slash; the id of the cause stands in front of it."""
    severity: Severity
    sentence: str
    """English, a gettext message with named placeholders: what is armed and when it goes off."""
    same_as: tuple[str, ...] = ()
    """Codes of `istioctl analyze` (IST…) and Kiali (KIA…) that find the same."""

    def at(self, source: Source, *others: Source, **values: object) -> "Hazard":
        """The rule as met at ``source``; ``others``: where the rest of its numbers stand."""
        told = tuple(sorted((key, str(value)) for key, value in values.items()))
        return Hazard(rule=self, source=source, values=told, others=others)

    def each(self, found: Iterable[Spotted]) -> Iterator["Hazard"]:
        """The rule as met at every place that the mesh has found."""
        return (self.at(one.source, *one.others, **one.values) for one in found)


@dataclass(frozen=True, kw_only=True)
class Hazard:
    """A cause that is armed in the configuration; nothing has failed yet."""

    rule: Rule
    source: Source
    values: tuple[tuple[str, str], ...] = ()
    """Values of the sentence's placeholders, by name."""
    others: tuple[Source, ...] = ()
    """Other places that the sentence rests on."""

    @property
    def text(self) -> str:
        """The sentence with its values."""
        return filled(self.rule.sentence, self.values)


def met(rules: Mapping[Finder, Rule], mesh: Mesh) -> Iterator[Hazard]:
    """Every place where a rule of a table is met, by what looks for it."""
    for find, rule in rules.items():
        yield from rule.each(find(mesh))


def rules_in(cause: object) -> tuple[Rule, ...]:
    """The rules of one cause, in the order of its file: constants, or the values of a table."""
    values = [
        one
        for value in vars(cause).values()
        for one in (value.values() if isinstance(value, dict) else [value])
    ]
    return tuple(dict.fromkeys(value for value in values if isinstance(value, Rule)))
