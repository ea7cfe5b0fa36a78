"""The page of a cause: all that its module says, asked of a hop of which nothing is known."""

import inspect
from collections.abc import Iterable, Iterator, Sequence

from why503.diagnosis.cause import Cause, Missing, Remedy
from why503.diagnosis.clue import Clue, Weight
from why503.diagnosis.edit_text import patches_of
from why503.diagnosis.hazard import rules_in
from why503.facts import Bundle
from why503.mesh.failure import Family, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass
from why503.support.text import form_for_many

_NOWHERE = Hop(
    family=Family.UNKNOWN,
    role=Role.DOWNSTREAM,
    leg=Place.PROXY_TO_PROXY,
    host="",
    port=None,
    failures=(),
    total=0,
)
"""A hop that fills in no name: commands keep their `<angle brackets>`."""


@dataclass(frozen=True, kw_only=True)
class PagePart:
    """A part of the cause's own text."""

    heading: str
    text: str
    """Markdown: paragraphs, lists, code spans."""


@dataclass(frozen=True, kw_only=True)
class PageClue:
    """A clue that the cause looks for."""

    sign: str
    """`+` for the cause, `-` against it."""
    weight: str
    sentence: str
    """What is filled in from the evidence stands in `<angle brackets>`."""


@dataclass(frozen=True, kw_only=True)
class PageQuestion:
    """Evidence that decides between this cause and others."""

    what: str
    command: str
    decides: tuple[str, ...]
    """Ids of the other causes."""


@dataclass(frozen=True, kw_only=True)
class PageRemedy:
    """A remedy in its general form."""

    kind: str
    disposition: str
    title: str
    patches: tuple[str, ...]
    """YAML, names in `<angle brackets>`."""
    commands: tuple[str, ...]
    risks: tuple[str, ...]
    verify: str
    undo: str


@dataclass(frozen=True, kw_only=True)
class CausePage:
    """All that is known of a cause."""

    id: str
    title: str
    at: str
    """Where it makes its failures: a value of `At`."""
    signs: tuple[str, ...]
    summary: str
    """The first sentence of the cause's own text."""
    parts: tuple[PagePart, ...]
    """What happens, How to tell, What to do, References."""
    clues: tuple[PageClue, ...]
    """Those for the cause first, the heaviest first."""
    questions: tuple[PageQuestion, ...]
    hazards: str
    """What in a configuration arms it, or why nothing there can show it."""
    rules: tuple[tuple[str, str, str, str], ...]
    """Rules of lint: id, severity, sentence, codes of istioctl and Kiali that find the same."""
    remedies: tuple[PageRemedy, ...]
    neighbours: tuple[str, ...]
    """Ids of the causes that are told from this one, in the order of the catalogue."""
    scenario: str = ""
    """Name of the scenario of real Envoys that shows it; ``""`` where there is none."""
    scenario_summary: str = ""


def cause_page(cause: Cause, catalogue: Sequence[Cause]) -> CausePage:
    """The page of ``cause``, one of ``catalogue``."""
    summary, parts = _own_text(inspect.cleandoc(cause.__doc__ or ""))
    scenario = getattr(cause, "SCENARIO", None)
    return CausePage(
        id=cause.ID,
        title=cause.TITLE,
        at=cause.AT.value,
        signs=tuple(sorted(cause.SIGNS)),
        summary=summary,
        parts=parts,
        clues=tuple(_clues(cause)),
        questions=tuple(_question(question, cause.ID) for question in _questions(cause)),
        hazards=" ".join((inspect.getdoc(cause.hazards) or "").split()),
        rules=tuple(
            (f"{cause.ID}/{rule.name}", rule.severity.value, form_for_many(rule.sentence), same)
            for rule in rules_in(cause)
            for same in [", ".join(rule.same_as)]
        ),
        remedies=tuple(_remedy(remedy) for remedy in cause.remedies(_NOWHERE, _empty())),
        neighbours=_neighbours(cause, catalogue),
        scenario=cause.ID if scenario is not None else "",
        scenario_summary=scenario.summary if scenario is not None else "",
    )


def _empty() -> Mesh:
    return Mesh(Bundle())


def _own_text(page: str) -> tuple[str, tuple[PagePart, ...]]:
    """The sentence before the first heading, and what stands below each."""
    first, *rest = f"\n{page}".split("\n## ")
    parts = []
    for part in rest:
        heading, _end, text = part.partition("\n")
        parts.append(PagePart(heading=heading.strip(), text=text.strip()))
    return " ".join(first.split()), tuple(parts)


def _clues(cause: Cause) -> Iterator[PageClue]:
    found = dict.fromkeys(value for value in vars(cause).values() if isinstance(value, Clue))
    for clue in sorted(found, key=lambda clue: _heaviness(clue.weight)):
        yield PageClue(
            sign="+" if clue.weight.favours else "-",
            weight=clue.weight.value,
            sentence=form_for_many(clue.sentence),
        )


def _heaviness(weight: Weight) -> tuple[bool, int]:
    return not weight.favours, -weight.strength


def _questions(cause: Cause) -> Iterable[Missing]:
    """Its questions, one for each command."""
    return {ask.command: ask for ask in cause.missing(_NOWHERE, _empty())}.values()


def _question(question: Missing, own: str) -> PageQuestion:
    others = tuple(other for other in question.decides if other != own)
    return PageQuestion(what=question.what, command=question.command, decides=others)


def _remedy(remedy: Remedy) -> PageRemedy:
    return PageRemedy(
        kind=remedy.kind.value,
        disposition=remedy.disposition.value,
        title=remedy.title,
        patches=tuple(patch.yaml.strip() for patch in patches_of(remedy, _empty())),
        commands=remedy.commands,
        risks=remedy.risks,
        verify=remedy.verify,
        undo=remedy.undo,
    )


def _neighbours(cause: Cause, catalogue: Sequence[Cause]) -> tuple[str, ...]:
    """Causes that its page or its questions name, and that name it in theirs."""
    named = _named(cause)
    return tuple(
        other.ID
        for other in catalogue
        if other.ID != cause.ID and (other.ID in named or cause.ID in _named(other))
    )


def _named(cause: Cause) -> frozenset[str]:
    """What stands in code spans of its page, and what its questions decide between."""
    spans = (cause.__doc__ or "").split("`")[1::2]
    asked = [other for question in _questions(cause) for other in question.decides]
    return frozenset([*spans, *asked])
