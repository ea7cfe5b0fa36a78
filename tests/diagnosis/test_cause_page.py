"""A page says all that the cause's module says, without a hop."""

from types import SimpleNamespace

from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Missing,
    Patch,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.diagnosis.cause_page import cause_page


def made(name, *, decides=(), page="", **more):
    """A cause with the shape of a module."""

    def missing(_hop, _mesh):
        yield Missing(what="the log", command="kubectl logs", decides=decides)
        yield Missing(what="the log again", command="kubectl logs", decides=decides)

    def hazards(_mesh):
        """Servers
        that close early.
        """
        yield from ()

    def remedies(_hop, _mesh):
        yield Remedy(
            title="Wait longer",
            kind=RemedyKind.FIX,
            disposition=Disposition.SAFE,
            patches=(Patch(yaml="a: 1\n"),),
            risks=("Slow.",),
        )

    return SimpleNamespace(
        __doc__=page,
        ID=name,
        TITLE=name.title(),
        SIGNS=frozenset({"UF", "UC"}),
        AT=At.LEG,
        missing=missing,
        hazards=hazards,
        remedies=remedies,
        **more,
    )


def test_own_text_is_cut_at_its_headings():
    cause = made("race", page="One\nsentence.\n\n## What happens\nIt ends.\n\n## References\n* A\n")
    page = cause_page(cause, (cause,))
    assert page.summary == "One sentence."
    assert [(part.heading, part.text) for part in page.parts] == [
        ("What happens", "It ends."),
        ("References", "* A"),
    ]


def test_clues_for_it_stand_first_and_the_heaviest_first():
    clues = {
        "AGAINST": Clue(Weight.SPEAKS_AGAINST, "Not {it}."),
        "HINT": Clue(Weight.HINTS, "A {gap}."),
        "PROOF": Clue(Weight.PROVES, "Sure."),
        "OUT": Clue(Weight.RULES_OUT, "Never."),
        "AGAIN": Clue(Weight.PROVES, "Sure."),
    }
    cause = made("race", **clues)
    page = cause_page(cause, (cause,))
    assert [(clue.sign, clue.sentence) for clue in page.clues] == [
        ("+", "Sure."),
        ("+", "A <gap>."),
        ("-", "Never."),
        ("-", "Not <it>."),
    ]


def test_a_command_is_asked_once_and_says_from_whom_it_tells():
    cause = made("race", decides=("race", "reset"))
    (question,) = cause_page(cause, (cause,)).questions
    assert question.decides == ("reset",)


def test_neighbours_are_named_by_either_side():
    asks = made("race", decides=("reset",))
    names = made("crash", page="Not a `race`.")
    page = cause_page(asks, (made("reset"), asks, names, made("other")))
    assert page.neighbours == ("reset", "crash")


def test_hazards_and_remedies_are_told_without_a_hop():
    cause = made("race")
    page = cause_page(cause, (cause,))
    assert page.hazards == "Servers that close early."
    (remedy,) = page.remedies
    assert (remedy.kind, remedy.patches, remedy.risks) == ("fix", ("a: 1",), ("Slow.",))


def test_a_scenario_is_named_where_the_cause_has_one():
    shown = made("race", SCENARIO=SimpleNamespace(summary="It closes."))
    hidden = made("race", SCENARIO=None)
    page = cause_page(shown, (shown,))
    assert (page.scenario, page.scenario_summary) == ("race", "It closes.")
    assert cause_page(hidden, (hidden,)).scenario == ""
